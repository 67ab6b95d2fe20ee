"""Reading a commune's case log: a CSV file in UTF-8, judged line by line, however broken it is.

Bytes that are no UTF-8, a wrong number of columns, quotes that never close, a last line cut off: each costs its own
line only. The file is read in pieces and never held whole; a line longer than `_LONGEST` is not taken into memory.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from contracts.intake.commands.importing import LogRow, RejectedRow

COLUMNS = (
    "case_code",
    "unit",
    "deciding_unit",
    "procedure",
    "channel",
    "submitted_at",
    "accepted_at",
    "completed_at",
    "returned_at",
)
_LONGEST = 10_000
_SHOWN = 300
_OTHER_SEPARATORS = (";", "\t", "|")


class BadFile(Exception):
    """The file as a whole cannot be a case log; the message says why, in both languages."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no row: its text as far as it is kept, and why."""

    text: str
    rejected: RejectedRow


@dataclass(frozen=True, slots=True)
class GoodLine:
    """A line that could be read as a row; whether it is true is for intake to judge."""

    text: str
    row: LogRow


def read(path: Path) -> Iterator[GoodLine | BadLine]:
    """The lines behind the header. BadFile: unreadable, empty, or a header that lacks columns or has unknown ones."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise BadFile(f"Không mở được tệp / cannot open {path}: {error.strerror}") from error
    with file:
        order = _header(file, path)
        yield from _rows(file, order)


def count_lines(path: Path) -> int:
    """Lines behind the header, for a progress bar."""
    with path.open("rb") as file:
        return max(sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b"")) - 1, 0)


def _header(file: BinaryIO, path: Path) -> list[str]:
    raw = file.readline(_LONGEST)
    if not raw.strip():
        raise BadFile(f"Tệp trống / the file is empty: {path}")
    try:
        names = [name.strip() for name in next(csv.reader([raw.decode("utf-8-sig")], strict=True))]
    except (UnicodeDecodeError, csv.Error, StopIteration) as error:
        raise BadFile(
            f"Dòng 1 không phải UTF-8 CSV / line 1 is no UTF-8 CSV: {path}.\n"
            "Trong Excel: Lưu thành › CSV UTF-8 / in Excel: save as CSV UTF-8."
        ) from error
    if len(names) == 1 and (separator := next((each for each in _OTHER_SEPARATORS if each in names[0]), None)):
        raise BadFile(
            f"Các cột phải cách nhau bằng dấu phẩy, không phải “{separator}” / "
            f"columns must be separated by commas, not “{separator}”: {path}"
        )
    missing = [name for name in COLUMNS if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if missing or unknown or doubled:
        parts = [
            f"thiếu cột / missing: {', '.join(missing)}" if missing else "",
            f"cột lạ / unknown: {', '.join(unknown)[:_SHOWN]}" if unknown else "",
            f"cột lặp / doubled: {', '.join(doubled)[:_SHOWN]}" if doubled else "",
        ]
        raise BadFile(
            f"Dòng tiêu đề sai / wrong header in {path}: {'; '.join(filter(None, parts))}.\n"
            f"Cần đúng các cột / expected: {','.join(COLUMNS)}"
        )
    return names


def _rows(file: BinaryIO, order: list[str]) -> Iterator[GoodLine | BadLine]:
    for number, (raw, whole) in enumerate(_lines(file), 2):
        if not raw.strip():
            continue
        yield _line(number, raw, whole, order)


def _lines(file: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Each line, and whether it is whole; of an over-long one the beginning only."""
    while raw := file.readline(_LONGEST):
        if raw.endswith(b"\n"):
            yield raw.rstrip(b"\r\n"), True
            continue
        rest, ended = 0, False
        while piece := file.readline(1 << 16):
            rest += len(piece)
            if ended := piece.endswith(b"\n"):
                break
        # Without a line end: the file's last line. With one: a line longer than any row can be.
        yield raw, not rest and not ended


def _line(number: int, raw: bytes, whole: bool, order: list[str]) -> GoodLine | BadLine:
    shown = raw[:_SHOWN].decode(errors="replace")

    def bad(column: str, vi: str, en: str) -> BadLine:
        return BadLine(shown, RejectedRow(line=number, column=column, code="invalid", message_vi=vi, message_en=en))

    if not whole:
        return bad("", f"Dòng dài quá {_LONGEST} byte.", f"The line is longer than {_LONGEST} bytes.")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        place = error.start + 1
        return bad("", f"Không phải UTF-8 tại byte {place}.", f"Not UTF-8 at byte {place}.")
    try:
        values = next(csv.reader([text], strict=True))
    except (csv.Error, StopIteration) as error:
        return bad("", f"Không đọc được CSV: {error}.", f"No readable CSV: {error}.")
    if len(values) != len(order):
        return bad(
            order[len(values)] if len(values) < len(order) else "",
            f"Có {len(values)} cột, cần {len(order)} (dòng bị cắt?).",
            f"{len(values)} columns instead of {len(order)} (a line cut off?).",
        )
    fields = {name: value.strip() for name, value in zip(order, values, strict=True)}
    return GoodLine(text, LogRow(line=number, **fields))
