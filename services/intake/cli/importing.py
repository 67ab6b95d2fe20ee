"""`tiepsuc import`: a commune's case log into the running stack."""

import asyncio
import csv
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, TextIO

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from contracts.intake.commands.importing import CasesImported, ImportCases, LogRow, RejectedRow
from contracts.refusals import CommonRefusal, Refused
from services.chassis.client import Caller
from services.chassis.connect import operator
from services.chassis.ids import uuid7
from services.intake.cli.case_log import BadFile, BadLine, GoodLine, count_lines, read

_PIECE = 500
_STREAM = Path("-")


@dataclass
class Summary:
    """What became of a file's rows."""

    rows: int = 0
    imported: int = 0
    advanced: int = 0
    already_present: int = 0
    rejected: int = 0
    rejects_file: str | None = None


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--rejects", type=click.Path(path_type=Path), default=None, help="Tệp dòng bị từ chối / rejects file; -: stdout"
)
@click.option(
    "--lang", type=click.Choice(["vi", "en"]), default="vi", envvar="TIEPSUC_LANG", help="Ngôn ngữ / language"
)
@click.option("--json", "as_json", is_flag=True, help="In JSON / print JSON")
def import_log(file: Path, rejects: Path | None, lang: str, as_json: bool) -> None:
    """Nhập sổ hồ sơ CSV của một xã (-: đọc stdin) / import a commune's case log (-: from standard input).

    Dòng bị từ chối được ghi cạnh tệp gốc, hoặc ra màn hình nếu không ghi được ở đó. /
    Rejected lines are written beside the file, or to the output where that cannot be written.
    """
    place = _rejects_place(file, rejects)
    console = Console(stderr=as_json or place is None, quiet=as_json)
    try:
        with _on_disk(file) as log:
            output = sys.stderr if as_json else sys.stdout
            summary = asyncio.run(run(log, place or output, lang, console))
    except BadFile as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(asdict(summary)))
    else:
        show(summary, console)
    if summary.rejected:
        raise SystemExit(3)


def _rejects_place(file: Path, wanted: Path | None) -> Path | None:
    """Where rejected lines go; None: to the output. It is settled before anything is sent."""
    if wanted == _STREAM or (wanted is None and file == _STREAM):
        return None
    if file.is_dir():
        raise click.ClickException(f"Là thư mục, không phải tệp / a folder, not a file: {file}")
    place = wanted or file.with_suffix(".rejects.csv")
    if place.exists() and file.exists() and place.samefile(file):
        raise click.ClickException(f"--rejects không được trùng với sổ hồ sơ / may not be the log itself: {place}")
    if place.is_dir():
        raise click.ClickException(f"--rejects là thư mục / is a folder: {place}")
    if os.access(place.parent, os.W_OK):
        return place
    if wanted is None:  # a read-only place, such as a container's samples
        return None
    raise click.ClickException(f"Không ghi được / cannot write in {place.parent} (--rejects)")


@contextmanager
def _on_disk(file: Path) -> Iterator[Path]:
    """The file itself; a copy of what comes from standard input, for it is read twice."""
    if file != _STREAM:
        yield file
        return
    with NamedTemporaryFile(suffix=".csv") as copy:
        try:
            shutil.copyfileobj(sys.stdin.buffer, copy)
            copy.flush()
        except OSError as error:
            raise BadFile(f"Không đọc được stdin / cannot read standard input: {error.strerror}") from error
        yield Path(copy.name)


async def run(file: Path, rejects: Path | TextIO, lang: str, console: Console) -> Summary:
    """Sends the file in pieces. Bad lines land in `rejects` as they are found; without any, there is no such file."""
    summary = Summary()
    writer = _Rejects(rejects, lang)
    with writer, _progress(console) as progress:
        lines = read(file)
        first = next(lines, None)  # the header is judged before anything is shown
        task = progress.add_task("Nhập hồ sơ / importing", total=count_lines(file) if first else 0)
        async with operator() as (_, caller):
            writer.begin()
            for piece in _pieces(_chain(first, lines)):
                await _send(caller, piece, summary, writer)
                progress.update(task, completed=summary.rows)
        progress.update(task, total=summary.rows, completed=summary.rows)
    summary.rejects_file = str(rejects) if summary.rejected and isinstance(rejects, Path) else None
    return summary


async def _send(caller: Caller, piece: list[GoodLine | BadLine], summary: Summary, writer: "_Rejects") -> None:
    good = {line.row.line: line for line in piece if isinstance(line, GoodLine)}
    refused: list[tuple[str, RejectedRow]] = [(bad.text, bad.rejected) for bad in piece if isinstance(bad, BadLine)]
    async for answer in _answers(caller, [line.row for line in good.values()]):
        summary.imported += answer.imported
        summary.advanced += answer.advanced
        summary.already_present += answer.already_present
        refused += [(good[row.line].text, row) for row in answer.rejected]
    for text, row in sorted(refused, key=lambda pair: pair[1].line):
        writer.add(text, row)
    summary.rows += len(piece)
    summary.rejected += len(refused)


async def _answers(caller: Caller, rows: list[LogRow]) -> AsyncIterator[CasesImported]:
    """Intake's answer to these rows; to each half, where they or what is to be said of them are too much at once."""
    if not rows:
        return
    try:
        yield await caller.call("intake", ImportCases(rows=rows), CasesImported, id=uuid7(), timeout=60)
    except Refused as refused:
        if refused.refusal.code != CommonRefusal.TOO_LARGE or len(rows) == 1:
            raise
        middle = len(rows) // 2
        for half in (rows[:middle], rows[middle:]):
            async for answer in _answers(caller, half):
                yield answer


def show(summary: Summary, console: Console) -> None:
    """The counts, in both languages."""
    console.print(
        f"Đã đọc {summary.rows} dòng: {summary.imported} mới, {summary.advanced} cập nhật, "
        f"{summary.already_present} đã có, {summary.rejected} bị từ chối."
    )
    console.print(
        f"[dim]{summary.rows} rows: {summary.imported} new, {summary.advanced} advanced, "
        f"{summary.already_present} already there, {summary.rejected} rejected.[/]"
    )
    if summary.rejects_file:
        console.print(
            f"Dòng bị từ chối và lý do / rejected lines and reasons: [bold]{summary.rejects_file}[/]\n"
            "Sửa trong tệp gốc rồi nhập lại; chỉ phần còn thiếu được nhập. / "
            "Mend them in the file and import it again; only what is missing is taken."
        )


class _Rejects:
    """The rejects file, made when the first row is rejected. One of an earlier run is taken away by `begin`."""

    def __init__(self, place: Path | TextIO, lang: str) -> None:
        self._path = place if isinstance(place, Path) else None
        self._file = None if isinstance(place, Path) else place
        self._lang = lang
        self._writer: Any = None

    def __enter__(self) -> "_Rejects":
        return self

    def begin(self) -> None:
        """Once the log is known to be one and the stack is there: what an earlier run told is out of date now."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def add(self, text: str, row: RejectedRow) -> None:
        if self._file is None and self._path is not None:
            # With a byte order mark, without which Excel takes Vietnamese for something else.
            self._file = self._path.open("w", encoding="utf-8-sig", newline="")
        if self._writer is None and self._file is not None:
            self._writer = csv.writer(self._file)
            self._writer.writerow(("line", "column", "code", "reason", "text"))
        reason = row.message_vi if self._lang == "vi" else row.message_en
        self._writer.writerow((row.line, row.column, row.code, reason, text))

    def __exit__(self, *_: object) -> None:
        if self._path is not None and self._file is not None:
            self._file.close()


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
    )


def _chain(first: GoodLine | BadLine | None, rest: Iterable[GoodLine | BadLine]) -> Iterator[GoodLine | BadLine]:
    if first is not None:
        yield first
    yield from rest


def _pieces(lines: Iterator[GoodLine | BadLine]) -> Iterator[list[GoodLine | BadLine]]:
    while piece := list(islice(lines, _PIECE)):
        yield piece
