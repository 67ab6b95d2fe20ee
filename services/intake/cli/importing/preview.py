"""Looking at a log without sending it: its first rows as they are understood, what is bad and how often."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contracts.intake.commands.importing import LogRow
from contracts.intake.refusals import IntakeRefusal
from contracts.personal import MASK
from contracts.refusals import Refused
from services.intake.cli.importing.case_log import open_log
from services.intake.cli.importing.lines import COLUMNS, FIELDS, PERSONAL, BadLine
from services.intake.cli.importing.mapping import Mapping
from services.intake.log_rows import BY_REFERENCE, COLUMN_OF, judge
from services.intake.reference import Reference
from services.worktime.clock import Clock, SystemClock

_ROWS = 10
_PROBLEMS = 20
_NAMED = frozenset({IntakeRefusal.UNKNOWN_UNIT, IntakeRefusal.UNKNOWN_PROCEDURE})


class Problems:
    """How many lines for each column and reason, and the first of them; no more reasons than a page holds."""

    def __init__(self) -> None:
        self.lines = 0
        self._times: Counter[tuple[str, str, str]] = Counter()
        self._first: dict[tuple[str, str, str], int] = {}

    def add(self, line: int, column: str, vi: str, en: str) -> None:
        key = (column, vi, en)
        if key not in self._times and len(self._times) >= _PROBLEMS:
            key = ("…", "lý do khác", "other reasons")
        self.lines += 1
        self._times[key] += 1
        self._first.setdefault(key, line)

    def told(self, lang: str) -> list[dict[str, str | int]]:
        """The most frequent first."""
        return [
            {"column": key[0], "reason": key[1] if lang == "vi" else key[2], "lines": count, "first": self._first[key]}
            for key, count in self._times.most_common()
        ]


@dataclass
class Look:
    """What a log would be imported as: its lines are good, bad, or not known to the reference data shipped."""

    heads: dict[str, str]
    rows: list[LogRow] = field(default_factory=list)
    good: int = 0
    bad: Problems = field(default_factory=Problems)
    unknown: Problems = field(default_factory=Problems)


def look(path: Path, mapping: Mapping | None, clock: Clock | None = None) -> Look:
    """Reads all of the file, and judges what can be judged without a stack: what each row tells by itself, and by the
    reference data that the package brings. BadFile."""
    reference, now = Reference.shipped(), (clock or SystemClock()).now()
    with open_log(path, mapping) as log:
        found = Look(log.columns.heads)
        for line in log.lines():
            if isinstance(line, BadLine):
                why = line.rejected
                vi, en = _without_quotes(why.message_vi), _without_quotes(why.message_en)
                found.bad.add(why.line, why.column, vi, en)
                continue
            try:
                judge(line.row, reference, now)
            except Refused as refused:
                _count(found, line.row, refused)
                if refused.refusal.code not in BY_REFERENCE:
                    continue
            else:
                found.good += 1
            if len(found.rows) < _ROWS:
                found.rows.append(line.row)
    return found


def _count(found: Look, row: LogRow, refused: Refused) -> None:
    """Reasons that differ in what they quote only are one; but of codes that are unknown, each is named."""
    why = refused.refusal
    name = COLUMN_OF.get(why.field or "", why.field or "")
    vi, en = why.message_vi, why.message_en
    if why.code not in _NAMED:
        vi, en = _without_quotes(vi), _without_quotes(en)
    problems = found.unknown if why.code in BY_REFERENCE else found.bad
    problems.add(row.line, found.heads.get(name, name), vi, en)


def _without_quotes(text: str) -> str:
    before, mark, rest = text.partition("“")
    return f"{before}“…”{rest.partition('”')[2]}" if mark else "".join("#" if each.isdigit() else each for each in text)


def show(found: Look, lang: str, *, as_json: bool) -> None:
    """The look as a table, or as JSON; personal data is masked in both."""
    rows = [_shown(row) for row in found.rows]
    problems, unknowns = found.bad.told(lang), found.unknown.told(lang)
    if as_json:
        counts = {"good": found.good, "bad": found.bad.lines, "unknown": found.unknown.lines}
        click.echo(json.dumps(counts | {"rows": rows, "problems": problems, "unknowns": unknowns}))
        return
    console = Console()
    table = Table("trường / field", "cột / column", *(str(row["line"]) for row in rows[:3]))
    for name in FIELDS:
        if any(row[name] for row in rows) or name in COLUMNS:
            table.add_row(name, *map(escape, (found.heads.get(name, "—"), *(str(row[name]) for row in rows[:3]))))
    console.print(table)
    for mark, listed in (("✗", problems), ("?", unknowns)):
        for each in listed:
            column, reason = escape(str(each["column"])), escape(str(each["reason"]))
            place = f"(dòng / line {each['first']})"
            console.print(f"{mark} {each['lines']} × [bold]{column}[/] {reason} {place}", highlight=False)
    if unknown := found.unknown.lines:
        console.print(
            f"? {unknown} dòng chưa có trong dữ liệu kèm theo phần mềm / "
            f"{unknown} lines are unknown in the shipped data.",
            highlight=False,
        )
    console.print(
        f"{found.good} dòng đọc được, {found.bad.lines} dòng không; chưa gửi gì. / "
        f"{found.good} lines can be read, {found.bad.lines} cannot; nothing was sent."
    )
    console.print(
        "Đã xét theo đơn vị, thủ tục, mã cơ quan kèm theo phần mềm; khi nhập, dữ liệu đã công bố trên hệ thống quyết "
        "định. / Judged by the units, procedures and agencies' codes shipped; at the import, what the installation "
        "has published decides.",
        style="dim",
        highlight=False,
    )


def _shown(row: LogRow) -> dict[str, object]:
    fields = dict.fromkeys(FIELDS, "") | row.model_dump()
    return {name: MASK if name in PERSONAL and value else value for name, value in fields.items()}
