"""Looking at a log without sending it: its first rows as they are understood, what is bad and how often; a mapping
to begin with."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contracts.intake.commands.importing import LogRow, RejectedRow
from contracts.personal import MASK
from services.intake.cli.importing.case_log import UTF_16, open_log, open_source
from services.intake.cli.importing.lines import COLUMNS, FIELDS, PERSONAL, BadFile, BadLine, Cell, Record
from services.intake.cli.importing.mapping import OPEN, Mapping
from services.intake.cli.importing.names import CHANNEL_WORDS, STATUS_NAMES, SYNONYMS, fold

_ROWS = 10
_PROBLEMS = 20
_WORDS = 30
_OPEN_NOTE = "không thấy cột: điền mã, hoặc thêm vào [columns] / no column found: a code, or a line in [columns]"
_LOOKED_AT = 2_000
"""Rows from which the words of a status column are gathered."""


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
    """Reads all of the file. BadFile."""
    with open_log(path, mapping) as log:
        found = Look(log.columns.heads)
        for line in log.lines():
            if isinstance(line, BadLine):
                found.bad += 1
                _count(found, line.rejected)
                continue
            found.good += 1
            if len(found.rows) < _ROWS:
                found.rows.append(line.row)
    return found


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
    told = row.model_dump()
    told = dict.fromkeys(FIELDS, "") | told
    return {name: MASK if name in PERSONAL and value else value for name, value in told.items()}


def suggestion(path: Path, mapping: Mapping | None) -> str:
    """A mapping to begin with, from the names in the header. BadFile: no line has a name that is known."""
    known = {fold(word): name for name, words in SYNONYMS.items() for word in (name, *words)}
    if mapping is None and path.is_file() and _begins(path).startswith(UTF_16):
        mapping = Mapping.model_construct(columns={}, encoding="utf-16")
    encoding = mapping.encoding if mapping else "utf-8"
    with open_source(path, mapping) as source:
        records = source.records()
        head = [record for record in islice(records, 30) if isinstance(record, Record)]
        header = max(head, key=lambda record: _hits(record, known), default=None)
        if header is None or not _hits(header, known):
            raise BadFile(f"Không nhận ra dòng tiêu đề nào / no line looks like a header: {path}")
        names = [" ".join(str(cell or "").split()) for cell in header.cells]
        status = next((place for place, name in enumerate(names) if fold(name) in map(fold, STATUS_NAMES)), None)
        rows = [record for record in head if record.line > header.line]
        rows += [record for record in islice(records, _LOOKED_AT) if isinstance(record, Record)]
    text = _toml(path, header, names, known, _words(rows, status), status)
    return text if encoding == "utf-8" else text.replace("header_row", f'encoding = "{encoding}"\nheader_row', 1)


def _begins(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(2)


def _hits(record: Record, known: dict[str, str]) -> int:
    return len({known[fold(str(cell))] for cell in record.cells if cell is not None and fold(str(cell)) in known})


def _words(rows: Sequence[Record], place: int | None) -> list[str]:
    if place is None:
        return []
    words = Counter(_text(record.cells[place]) for record in rows if place < len(record.cells))
    return [word for word, _ in words.most_common(_WORDS) if word]


def _toml(
    path: Path, header: Record, names: Sequence[str], known: dict[str, str], words: Sequence[str], status: int | None
) -> str:
    columns: dict[str, str] = {}
    for name in names:
        field_ = known.get(fold(name))
        if field_ and field_ not in columns:
            columns[field_] = name
    rest = [name for place, name in enumerate(names) if name and name not in columns.values() and place != status]
    out = [
        f"# Gợi ý cho / suggested for {path.name}. Xem lại từng dòng, rồi / look at each line, then:",
        "#   tiepsuc import --mapping M.toml --dry-run FILE",
        f"header_row = {header.line}",
        'zone = "Asia/Ho_Chi_Minh"',
        'dates = ["%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "excel", "iso"]',
        f"ignore = [{', '.join(map(_quoted, rest))}]",
        "",
        "[columns]",
        *(f"{name} = {_quoted(columns[name])}" for name in FIELDS if name in columns),
    ]
    missing = [name for name in COLUMNS[:7] if name not in columns]
    out += ["", "[constants]", *(f'{name} = "{OPEN}"  # {_OPEN_NOTE}' for name in missing)]
    out += ["", "[values.channel]", *(f"{_quoted(word)} = {_quoted(value)}" for word, value in CHANNEL_WORDS.items())]
    if status is not None:
        out += ["", "[status]", f"column = {_quoted(names[status])}", "", "[status.words]"]
        out += [f'{_quoted(word)} = {{}}  # {{ field = "withdrawn_at", from = "…" }}' for word in words]
    return "\n".join(out) + "\n"


def _text(cell: Cell) -> str:
    return "" if cell is None else " ".join(str(cell).split())


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
