"""A mapping to begin with, from the names in an export's header and the words in its columns."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from services.intake.cli.importing.case_log import UTF_16, open_source
from services.intake.cli.importing.lines import COLUMNS, FIELDS, BadFile, Cell, Record
from services.intake.cli.importing.mapping import OPEN, Mapping
from services.intake.cli.importing.names import CHANNEL_WORDS, STATUS_NAMES, SYNONYMS, fold, turn_of
from services.intake.reference import Reference

_HEADER_WITHIN: Final = 30
_LOOKED_AT: Final = 2_000
"""Rows from which the words of a column are gathered."""
_WORDS: Final = 100
_PROCEDURE: Final = re.compile(r"(?<![\d.])(\d\.\d{6})(?!\d)", re.ASCII)
_NO_COLUMN: Final = "không thấy cột: điền mã, hoặc thêm vào [columns] / no column found: a code, or a line in [columns]"


def suggestion(path: Path, mapping: Mapping | None) -> str:
    """The text of a mapping; `mapping` tells of the file's format only. BadFile: no line has a name that is known."""
    known = {fold(word): name for name, words in SYNONYMS.items() for word in (name, *words)}
    if mapping is None and path.is_file() and _begins(path).startswith(UTF_16):
        mapping = Mapping.model_construct(columns={}, encoding="utf-16")
    encoding = mapping.encoding if mapping else "utf-8"
    with open_source(path, mapping) as source:
        records = source.records()
        head = [record for record in islice(records, _HEADER_WITHIN) if isinstance(record, Record)]
        header = max(head, key=lambda record: _hits(record, known), default=None)
        if header is None or not _hits(header, known):
            raise BadFile(f"Không nhận ra dòng tiêu đề nào / no line looks like a header: {path}")
        rows = [record for record in head if record.line > header.line]
        rows += [record for record in islice(records, _LOOKED_AT) if isinstance(record, Record)]
    text = "\n".join(_toml(path, header, rows)) + "\n"
    return text if encoding == "utf-8" else text.replace("header_row", f'encoding = "{encoding}"\nheader_row', 1)


def _begins(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(2)


def _hits(record: Record, known: dict[str, str]) -> int:
    return len({known[fold(str(cell))] for cell in record.cells if cell is not None and fold(str(cell)) in known})


def _toml(path: Path, header: Record, rows: Sequence[Record]) -> Iterator[str]:
    names = [_text(cell) for cell in header.cells]
    folded = [fold(name) for name in names]
    status = next((place for place, name in enumerate(folded) if name in map(fold, STATUS_NAMES)), None)
    columns = {
        field: names[folded.index(word)]
        for field, words in SYNONYMS.items()
        if (word := next((each for each in map(fold, (field, *words)) if each in folded), None))
    }
    taken = {*columns.values(), names[status] if status is not None else ""}
    yield f"# Gợi ý cho / suggested for {path.name}. Xem lại từng dòng, rồi / look at each line, then:"
    yield "#   tiepsuc import --mapping M.toml --dry-run FILE"
    yield f"header_row = {header.line}"
    yield 'zone = "Asia/Ho_Chi_Minh"'
    yield 'dates = ["%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "excel", "iso"]'
    yield f"ignore = [{', '.join(_quoted(name) for name in names if name and name not in taken)}]"
    yield "\n[columns]"
    if "submitted_at" not in columns and "accepted_at" in columns:  # what is handed in at a counter is accepted there
        columns["submitted_at"] = columns["accepted_at"]
    yield from (f"{field} = {_quoted(columns[field])}" for field in FIELDS if field in columns)
    yield "\n[constants]"
    yield from (f'{field} = "{OPEN}"  # {_NO_COLUMN}' for field in COLUMNS[:7] if field not in columns)
    yield "\n[values.channel]"
    yield from (f"{_quoted(word)} = {_quoted(value)}" for word, value in CHANNEL_WORDS.items())
    if "procedure" in columns:
        yield from _procedures(_words(rows, names.index(columns["procedure"])))
    if status is not None:
        yield from _status(names[status], _words(rows, status), columns)


def _procedures(words: Sequence[str]) -> Iterator[str]:
    """Where a column names procedures, or gives their codes with more around them: which code each word stands for."""
    words = [word for word in words if not _PROCEDURE.fullmatch(word) and not _is_number(word)]
    if not words:
        return
    entries = [entry for versions in Reference.shipped().catalogue.by_code.values() for entry in versions]
    by_name: dict[str, set[str]] = {}
    for entry in entries:
        by_name.setdefault(fold(entry.name), set()).add(entry.code)
    yield "\n[values.procedure]  # thiếu thì dòng bị từ chối / a word without a code rejects its rows"
    for word in words:
        codes = set(_PROCEDURE.findall(word)) or by_name.get(fold(word), set())
        yield f'{_quoted(word)} = "{codes.pop()}"' if len(codes) == 1 else f'# {_quoted(word)} = "{OPEN}"'


def _status(name: str, words: Sequence[str], columns: dict[str, str]) -> Iterator[str]:
    """A hint where a word says that a date means something else than its column, which only such a row shows."""
    yield f"\n[status]\ncolumn = {_quoted(name)}\n\n[status.words]"
    end = columns.get("completed_at") or columns.get("returned_at") or "…"
    for word in words:
        field = turn_of(word)
        hint = f'  # {{ field = "{field}", from = {_quoted(end)} }}' if field and field not in columns else ""
        yield f"{_quoted(word)} = {{}}{hint}"


def _words(rows: Sequence[Record], place: int) -> list[str]:
    words = Counter(_text(record.cells[place]) for record in rows if place < len(record.cells))
    return [word for word, _ in words.most_common(_WORDS) if word]


def _is_number(word: str) -> bool:
    """A code that a spreadsheet took for a number is for `decimals` to mend."""
    return re.fullmatch(r"\d+(\.\d+)?", word, re.ASCII) is not None


def _text(cell: Cell) -> str:
    return "" if cell is None else " ".join(str(cell).split())


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
