"""Looking at a log without sending it: its first rows as they are understood, what is bad and how often."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contracts.intake.commands.importing import LogRow, RejectedRow
from contracts.personal import MASK
from contracts.refusals import Refused
from services.intake.cli.importing.case_log import open_log
from services.intake.cli.importing.lines import COLUMNS, FIELDS, PERSONAL, BadLine, GoodLine
from services.intake.cli.importing.mapping import Mapping
from services.intake.domain import told

_ROWS = 10
_PROBLEMS = 20


@dataclass
class Look:
    """What a log would be imported as."""

    heads: dict[str, str]
    rows: list[LogRow] = field(default_factory=list)
    good: int = 0
    bad: int = 0
    problems: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """How many lines for each column and reason, of which the first example is kept."""
    examples: dict[tuple[str, str, str], int] = field(default_factory=dict)


def look(path: Path, mapping: Mapping | None) -> Look:
    """Reads all of the file, and judges what can be judged without a stack: what each row tells by itself. BadFile."""
    with open_log(path, mapping) as log:
        found = Look(log.columns.heads)
        for line in log.lines():
            rejected = line.rejected if isinstance(line, BadLine) else _rejected(line.row, found.heads)
            if rejected is not None:
                found.bad += 1
                _count(found, rejected)
                continue
            found.good += 1
            if len(found.rows) < _ROWS and isinstance(line, GoodLine):
                found.rows.append(line.row)
    return found


def _rejected(row: LogRow, heads: dict[str, str]) -> RejectedRow | None:
    """Why intake would not take the row, whatever else it knows."""
    try:
        told.read(row)
    except Refused as refused:
        why = refused.refusal
        column = heads.get(why.field or "", why.field or "")
        return RejectedRow(
            line=row.line, column=column, code=why.code, message_vi=why.message_vi, message_en=why.message_en
        )
    return None


def _count(found: Look, row: RejectedRow) -> None:
    """Reasons that differ in what they quote only are one; there cannot be more of them than a page holds."""
    key = (row.column, _without_quotes(row.message_vi), _without_quotes(row.message_en))
    if key not in found.problems and len(found.problems) >= _PROBLEMS:
        key = ("…", "lý do khác", "other reasons")
    found.problems[key] += 1
    found.examples.setdefault(key, row.line)


def _without_quotes(text: str) -> str:
    before, mark, rest = text.partition("“")
    return f"{before}“…”{rest.partition('”')[2]}" if mark else "".join("#" if each.isdigit() else each for each in text)


def show(found: Look, lang: str, *, as_json: bool) -> None:
    """The look as a table, or as JSON; personal data is masked in both."""
    rows = [_shown(row) for row in found.rows]
    if as_json:
        problems = [
            {
                "column": column,
                "reason": vi if lang == "vi" else en,
                "lines": count,
                "first": found.examples[column, vi, en],
            }
            for (column, vi, en), count in found.problems.most_common()
        ]
        click.echo(json.dumps({"good": found.good, "bad": found.bad, "rows": rows, "problems": problems}))
        return
    console = Console()
    table = Table("trường / field", "cột / column", *(str(row["line"]) for row in rows[:3]))
    for name in FIELDS:
        if any(row[name] for row in rows) or name in COLUMNS:
            table.add_row(name, *map(escape, (found.heads.get(name, "—"), *(str(row[name]) for row in rows[:3]))))
    console.print(table)
    for (column, vi, en), count in found.problems.most_common():
        first = found.examples[column, vi, en]
        reason = escape(vi if lang == "vi" else en)
        console.print(f"✗ {count} × [bold]{escape(column)}[/] {reason} (dòng / line {first})", highlight=False)
    console.print(
        f"{found.good} dòng đọc được, {found.bad} dòng không; chưa gửi gì. / "
        f"{found.good} lines can be read, {found.bad} cannot; nothing was sent."
    )


def _shown(row: LogRow) -> dict[str, object]:
    fields = dict.fromkeys(FIELDS, "") | row.model_dump()
    return {name: MASK if name in PERSONAL and value else value for name, value in fields.items()}
