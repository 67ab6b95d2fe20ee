"""An import that is killed at any point and started again ends as one that was not: counts, effects, rejects."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from rich.console import Console

from contracts.envelope import Refusal
from contracts.intake.commands.importing import (
    CasesImported,
    ImportCases,
    ImportRemark,
    LogRow,
    RejectedRow,
    RemarkedRow,
)
from contracts.refusals import CommonRefusal, Refused
from services.intake.cli.importing import command, sending
from services.intake.cli.importing.case_log import COLUMNS, BadFile
from services.intake.cli.importing.command import Summary
from services.intake.cli.importing.journal import Journal, alone
from services.intake.cli.importing.mapping import MappingFile, parse
from services.intake.cli.importing.row_file import RowFile

HEADER = ",".join(COLUMNS)
PIECE = 5


class Killed(Exception):
    """The process ends here."""


class Intake:
    """Remembers cases and first answers, as the service does; a case is the row that was told of it last."""

    def __init__(self) -> None:
        self.cases: dict[str, list[str]] = {}
        self.first: dict[UUID, tuple[str, CasesImported]] = {}
        self.effects = 0
        self.at: Callable[[], None] = lambda: None
        self.together = 0
        self.most = 0
        self.largest = 1_000

    async def call(self, _: str, data: Any, result: Any, *, id: UUID, timeout: float) -> Any:
        self.together += 1
        self.most = max(self.most, self.together)
        try:
            return self._answer(data, id)
        finally:
            self.together -= 1

    def _answer(self, data: ImportCases, id: UUID) -> CasesImported:
        self.at()
        if len(data.rows) > self.largest:
            raise Refused(Refusal(code=CommonRefusal.TOO_LARGE, message_vi="lớn", message_en="large"))
        text = data.model_dump_json()
        if id not in self.first:
            self.first[id] = (text, self._take(data.rows))
        assert self.first[id][0] == text, "an id names one command"
        self.at()
        return self.first[id][1]

    def _take(self, rows: list[LogRow]) -> CasesImported:
        counts: dict[str, Any] = {"imported": 0, "advanced": 0, "already_present": 0}
        rejected, remarks = [], []
        for row in rows:
            self.effects += 1
            known, told = self.cases.get(row.case_code), [row.accepted_at, row.completed_at, row.returned_at]
            if row.unit != "31570" or (known and any(a and b and a != b for a, b in zip(known, told, strict=True))):
                rejected.append(
                    RejectedRow(line=row.line, column="unit", code="no", message_vi="không", message_en="no")
                )
                continue
            what = (
                "imported"
                if known is None
                else "advanced"
                if sum(map(bool, told)) > sum(map(bool, known))
                else "already_present"
            )
            counts[what] += 1
            self.cases[row.case_code] = told if what != "already_present" else known or told
            if row.line % 4 == 0:
                remarks.append(
                    RemarkedRow(
                        line=row.line,
                        column="unit",
                        code=list(ImportRemark)[row.line % 3],
                        message_vi="xem",
                        message_en="look",
                        case_id=UUID(int=row.line),
                    )
                )
        return CasesImported(**counts, rejected=rejected, remarks=remarks)


@pytest.fixture
def intake(monkeypatch: pytest.MonkeyPatch) -> Intake:
    found = Intake()

    @asynccontextmanager
    async def operator() -> AsyncIterator[tuple[None, Intake]]:
        yield None, found

    monkeypatch.setattr(command, "operator", operator)
    monkeypatch.setattr(command, "deployment", lambda: "stack A")
    monkeypatch.setattr(sending, "PIECE", PIECE)
    return found


def log(folder: Path, rows: int = 23) -> Path:
    """Rows of which some are broken, some refused, some of a case that stands above already."""
    lines = [HEADER]
    for number in range(rows):
        code, unit, done = f"c{number}", "31570", ""
        if number % 7 == 3:
            unit = "99999"
        if number % 5 == 4:  # the case above, moved on
            code, done = f"c{number - 1}", "2025-07-02"
        if number % 11 == 6:
            code, done = f"c{number - 4}", ""  # the case of an earlier piece, as it was
        lines.append("broken" if number % 6 == 5 else f"{code},{unit},31570,p,direct,2025-07-01,2025-07-01,{done},")
    file = folder / "log.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


async def run(file: Path, **options: Any) -> Summary:
    rejects = options.pop("rejects", file.with_suffix(".rejects.csv"))
    return await command.run(file, rejects, "en", Console(quiet=True), **options)


def killing(monkeypatch: pytest.MonkeyPatch, intake: Intake, point: int) -> Callable[[], int]:
    """Everything that writes or sends is a point, before and after it; at the given one the process ends for good.

    But for the last: once the journal is gone the import is complete.
    """
    passed = 0

    def at() -> None:
        nonlocal passed
        passed += 1
        if passed >= point:
            raise Killed

    def around(owner: type, name: str) -> None:
        real = getattr(owner, name)

        def method(self: Any, *arguments: Any) -> Any:
            at()
            result = real(self, *arguments)
            if name != "remove":
                at()
            return result

        monkeypatch.setattr(owner, name, method)

    for owner, name in (
        (RowFile, "begin"),
        (RowFile, "add"),
        (RowFile, "settle"),
        (RowFile, "finish"),
        (Journal, "begin"),
        (Journal, "save"),
        (Journal, "remove"),
    ):
        around(owner, name)
    intake.at = at
    return lambda: passed


def told(folder: Path) -> list[bytes]:
    return [(folder / f"log.{name}.csv").read_bytes() for name in ("rejects", "remarks")]


async def test_killed_at_every_point_it_ends_the_same(tmp_path: Path, intake: Intake, monkeypatch: Any) -> None:
    wanted = await run(log(tmp_path))
    files = told(tmp_path)
    assert (wanted.rows, wanted.advanced > 0, wanted.already_present > 0, wanted.rejected > 3) == (23, True, True, True)
    assert (wanted.possible_duplicates > 0, wanted.other_applicants > 0) == (True, True)
    assert len(files[1].splitlines()) == 1 + wanted.possible_duplicates + wanted.other_applicants
    cases, effects = intake.cases, intake.effects
    points = 0
    for point in range(1, 1_000):
        intake.__init__()  # type: ignore[misc]
        with monkeypatch.context() as patch:
            count = killing(patch, intake, point)
            try:
                await run(log(tmp_path))
            except Killed:
                points = count()
            else:
                break
        intake.at = lambda: None
        found = await run(log(tmp_path))
        found.continued_behind = None
        assert found == wanted, f"killed at point {point}"
        assert intake.cases == cases
        assert intake.effects == effects, "what was answered is not done again"
        assert told(tmp_path) == files
        assert not [each.name for each in tmp_path.iterdir() if "import" in each.name]
    assert points > 50


@pytest.mark.parametrize("damage", ["cut", "zeros", "noise"])
@pytest.mark.parametrize("which", ["log.csv.import.json", "log.rejects.csv", "log.remarks.csv"])
async def test_what_a_power_failure_took_from_the_end_is_sent_again_and_counted_once(
    tmp_path: Path, intake: Intake, monkeypatch: Any, which: str, damage: str
) -> None:
    """While rows are sent only the journal's first line is forced to the disk: files may have lost their ends."""
    file = log(tmp_path)
    wanted = await run(file)
    files, cases, effects = told(tmp_path), intake.cases, intake.effects
    intake.__init__()  # type: ignore[misc]
    await interrupted(file, intake, monkeypatch, 60)
    first = len((tmp_path / "log.csv.import.json").read_bytes().splitlines(keepends=True)[0])
    left = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    state = dict(intake.__dict__)
    places: set[int] = set()
    least = first if "import" in which else 0
    whole = left[which]
    assert len(whole) > least + 100
    for kept in range(least, len(whole), 7):
        for name, content in left.items():
            (tmp_path / name).write_bytes(content)
        lost = len(whole) - kept
        end = {"cut": b"", "zeros": bytes(lost), "noise": b"{[x" * lost}[damage]
        (tmp_path / which).write_bytes(whole[:kept] + end)
        intake.__dict__.update(state | {"cases": dict(state["cases"]), "first": dict(state["first"])})
        found = await run(file)
        places.add(found.continued_behind or 0)
        found.continued_behind = None
        assert found == wanted, f"{kept} bytes were left"
        assert (intake.cases, intake.effects, told(tmp_path)) == (cases, effects, files)
    assert len(places) > 1, "it goes on from as far as the files tell"


async def test_the_disk_is_not_waited_for_with_each_piece(
    tmp_path: Path, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = 0
    real = os.fsync

    def fsync(descriptor: int) -> None:
        nonlocal waits
        waits += 1
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    counted = []
    for rows in (23, 1_000):
        before = waits
        await run(log(tmp_path, rows))
        counted.append(waits - before)
    assert counted == [4, 4], "the journal's first line and its folder; in the end both files of lines"


async def interrupted(file: Path, intake: Intake, monkeypatch: Any, point: int = 30, **options: Any) -> None:
    with monkeypatch.context() as patch:
        killing(patch, intake, point)
        with pytest.raises(Killed):
            await run(file, **options)
    intake.at = lambda: None


async def test_it_goes_on_where_it_was(tmp_path: Path, intake: Intake, monkeypatch: Any) -> None:
    await interrupted(log(tmp_path), intake, monkeypatch)
    last = json.loads((tmp_path / "log.csv.import.json").read_text().splitlines()[-1])
    assert last["place"]["line"] > 1
    done = await run(log(tmp_path))
    assert (done.continued_behind, done.rows) == (last["place"]["line"], 23)


@pytest.mark.parametrize("change", ["file", "mapping", "stack", "restart", "rejects", "journal"])
async def test_of_other_rows_nothing_is_continued(
    tmp_path: Path, intake: Intake, monkeypatch: Any, change: str
) -> None:
    file = log(tmp_path)
    await interrupted(file, intake, monkeypatch)
    options: dict[str, Any] = {}
    if change == "file":
        with file.open("a") as more:
            more.write("c99,31570,31570,p,direct,2025-07-01,2025-07-01,,\n")
    elif change == "mapping":
        text = "[columns]\n" + "".join(f'{name} = "{name}"\n' for name in COLUMNS)
        text = text.replace('accepted_at = "accepted_at"\n', "").replace('submitted_at = "submitted_at"\n', "")
        text = f'ignore = ["*"]\n{text}[constants]\nsubmitted_at = "2025-07-01"\naccepted_at = "2025-07-01"\n'
        text = text.replace('completed_at = "completed_at"\n', "").replace('returned_at = "returned_at"\n', "")
        options["mapping"] = MappingFile(parse(text), "digest")
    elif change == "stack":
        monkeypatch.setattr(command, "deployment", lambda: "stack B")
    elif change == "restart":
        options["restart"] = True
    elif change == "rejects":
        options["rejects"] = file.with_suffix(".others.csv")
    else:
        (tmp_path / "log.csv.import.json").write_bytes(b'{"format": 3')
    done = await run(file, **options)
    assert done.continued_behind is None
    assert done.rows == (24 if change == "file" else 23)
    assert done.already_present > 2, "what was taken before is counted as such"


async def test_another_import_of_the_same_file_asks_anew(tmp_path: Path, intake: Intake) -> None:
    first, second = await run(log(tmp_path)), await run(log(tmp_path))
    assert (second.imported, second.rejected) == (0, first.rejected)
    assert second.already_present + second.rejected + second.advanced == 23


async def test_two_imports_of_one_file_at_once_are_refused(tmp_path: Path, intake: Intake) -> None:
    file = log(tmp_path)
    with alone(file), pytest.raises(BadFile, match="already"):
        await run(file)


async def test_pieces_go_out_together_but_never_two_with_one_case(
    tmp_path: Path, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_way: list[set[str]] = []
    most = 0

    async def call(_: str, data: ImportCases, result: Any, *, id: UUID, timeout: float) -> Any:
        nonlocal most
        codes = {row.case_code for row in data.rows}
        assert all(codes.isdisjoint(others) for others in under_way)
        under_way.append(codes)
        most = max(most, len(under_way))
        await asyncio.sleep(0.005)
        under_way.remove(codes)
        return intake._take(data.rows)

    monkeypatch.setattr(intake, "call", call)
    file = log(tmp_path, 200)
    done = await run(file)
    assert (done.rows, most) == (200, 3)


async def test_what_is_too_large_goes_in_halves_and_counts_the_same(tmp_path: Path, intake: Intake) -> None:
    wanted = await run(log(tmp_path))
    intake.__init__()  # type: ignore[misc]
    intake.largest = 1
    assert await run(log(tmp_path)) == wanted
