"""Reading a table that an administrator edits: CSV as Excel and LibreOffice write it, judged cell by cell.

Comma, semicolon or tab, with or without a byte order mark, days as 2025-07-01 or 01/07/2025. Everything that is wrong
is found at once and told by file, line, column and reason, so that a file is mended in one go.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeVar

from services.intake.domain.spreadsheet import neutral, plain

Parsed = TypeVar("Parsed")
Word = TypeVar("Word", bound=StrEnum)

_LONGEST_CELL = 2_000
_MOST_FAULTS = 1_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a file, and where. Lines count from 1 with the header; line 0: the file as a whole."""

    file: str
    line: int
    column: str
    reason_vi: str
    reason_en: str

    def __str__(self) -> str:
        """One line for logs and developers, in English."""
        return f"{self.place(', line', ', column')}: {self.reason_en}"

    def place(self, line: str, column: str) -> str:
        """Where, in the words given."""
        if not self.line:  # the file as a whole, or a key of it
            return f"{self.file}, {self.column}" if self.column else self.file
        return f"{self.file}{line} {self.line}" + (f"{column} {self.column}" if self.column else "")

    def both(self) -> str:
        """For people, in both languages."""
        return f"{self.place(', dòng/line', ', cột/column')}: {self.reason_vi} / {self.reason_en}"


class BadData(ValueError):
    """A file is wrong; `faults` has all that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


class Wrong(ValueError):
    """A cell cannot be taken, in both languages."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(en)
        self.vi, self.en = vi, en


@dataclass(slots=True)
class Row:
    """A line of a table. Cells that cannot be taken become faults, and are None to the caller."""

    table: "Table"
    line: int
    cells: Mapping[str, str]
    good: bool = True

    def take(self, column: str, convert: Callable[[str], Parsed], default: Parsed) -> Parsed:
        """A cell's value; where it cannot be taken, a fault and the default, and the row is no longer good."""
        text = self.cells[column]
        try:
            return convert(text)
        except Wrong as wrong:
            shown = f"“{text[:60]}”: " if text else ""
            self.wrong(column, shown + wrong.vi, shown + wrong.en)
        return default

    def wrong(self, column: str, vi: str, en: str) -> None:
        """Something that no single cell shows."""
        self.good = False
        self.table.wrong(self.line, column, vi, en)


@dataclass(slots=True)
class Table:
    """A file's text under its header. `optional` columns may be missing, and are then empty."""

    file: str
    columns: tuple[str, ...]
    optional: frozenset[str] = frozenset()
    faults: list[Fault] = field(default_factory=list)

    def wrong(self, line: int, column: str, vi: str, en: str) -> None:
        self.faults.append(Fault(self.file, line, column, vi, en))

    def rows(self, text: str) -> Iterator[Row]:
        """The lines that are not empty. Without a usable header there are none, only faults."""
        reader = _reader(text)
        names: list[str] | None = None
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                self.wrong(line, "", f"không đọc được CSV ({error})", f"cannot be read as CSV ({error})")
                break
            if not any(cell.strip() for cell in cells):
                continue
            if names is None:
                names = [cell.strip().lower() for cell in cells]
                if not self._header(line, names):
                    return
            elif row := self._row(line, names, cells):
                yield row
            if len(self.faults) >= _MOST_FAULTS:
                self.wrong(line, "", "quá nhiều lỗi, dừng ở đây", "too many faults; the rest was not read")
                return
        if names is None:
            self.wrong(0, "", "tệp trống", "the file is empty")

    def _header(self, line: int, names: Sequence[str]) -> bool:
        before = len(self.faults)
        known = set(self.columns)
        for name in known - set(names) - self.optional:
            self.wrong(line, name, "thiếu cột này", "the column is missing")
        for position, name in enumerate(names, 1):
            if name not in known:
                allowed = ", ".join(self.columns)
                self.wrong(line, name or str(position), f"cột lạ; dùng {allowed}", f"unknown column; use {allowed}")
            elif name in names[: position - 1]:
                self.wrong(line, name, "cột lặp lại", "the column appears twice")
        return len(self.faults) == before

    def _row(self, line: int, names: Sequence[str], cells: Sequence[str]) -> Row | None:
        filled = len(cells)
        while filled > len(names) and not cells[filled - 1].strip():
            filled -= 1
        if filled > len(names):
            en = f"one too many: “{cells[len(names)][:60]}” (is a separator unquoted?)"
            self.wrong(line, str(len(names) + 1), "thừa ô; ô có dấu phân cách phải đặt trong ngoặc kép", en)
            return None
        if len(cells) < len(names):
            self.wrong(line, names[len(cells)], "thiếu ô này và các ô sau", "this cell and those after it are missing")
            return None
        row = dict.fromkeys(self.columns, "")
        row.update((name, plain(cell.strip())) for name, cell in zip(names, cells, strict=False))
        return Row(self, line, row)

    def check_no_overlap(self, versions: Iterable[tuple[int, date, date | None]], column: str) -> None:
        """Faults where versions (line, first day, last day) of one code are in force on the same day."""
        ordered = sorted(versions, key=lambda version: (version[1], version[0]))
        for (first_line, _, last), (line, begins, _) in pairwise(ordered):
            if last is None or begins <= last:
                self.wrong(
                    line,
                    column,
                    f"trùng thời gian với dòng {first_line}; hãy ghi ngày cuối ở dòng đó",
                    f"in force at the same time as line {first_line}; give that one its last day",
                )

    def finish(self) -> None:
        """BadData: something was wrong."""
        if self.faults:
            raise BadData(sorted(self.faults, key=lambda fault: fault.line))


def _reader(text: str) -> Any:
    """Over a table's lines, whatever separates its cells; a line break within quotes belongs to its cell."""
    text = text.removeprefix("\ufeff")
    return csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)


def _separator(text: str) -> str:
    header, _, _ = text.partition("\n")
    return max(",;\t", key=header.count)


def neutral_table(text: str) -> str:
    """A table as it may be opened in a spreadsheet; the same, byte for byte, if no cell of it could be a formula."""
    rows = list(_reader(text))
    if all(neutral(cell) == cell for cells in rows for cell in cells):
        return text
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    output = io.StringIO(newline="")
    writer = csv.writer(output, delimiter=_separator(text), lineterminator="\n")
    writer.writerows([neutral(cell) for cell in cells] for cells in rows)
    return mark + output.getvalue()


def plain_rows(text: str) -> Iterator[dict[str, str]]:
    """The lines of a table that was judged good, by the names in its own header."""
    names: list[str] | None = None
    for cells in _reader(text):
        if any(cell.strip() for cell in cells):
            if names is None:
                names = [cell.strip().lower() for cell in cells]
            else:
                yield {name: plain(cell.strip()) for name, cell in zip(names, cells, strict=False)}


def text(cell: str) -> str:
    """Words. Wrong: none, or more than a page of them."""
    if not cell:
        raise Wrong("không được trống", "must not be empty")
    return words(cell)


def words(cell: str) -> str:
    """Words, or none."""
    if len(cell) > _LONGEST_CELL:
        raise Wrong(f"dài quá {_LONGEST_CELL} ký tự", f"longer than {_LONGEST_CELL} characters")
    return cell


def matching(pattern: str, vi: str, en: str) -> Callable[[str], str]:
    """A code of a form."""
    compiled = re.compile(pattern, re.ASCII)

    def convert(cell: str) -> str:
        if not compiled.fullmatch(cell):
            raise Wrong(vi, en)
        return cell

    return convert


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def convert(cell: str) -> int:
        if not re.fullmatch(r"\d{1,12}", cell, re.ASCII) or not lowest <= int(cell) <= highest:
            raise Wrong(f"cần số nguyên {lowest}–{highest}", f"a whole number from {lowest} to {highest} is needed")
        return int(cell)

    return convert


def one_of(kind: type[Word]) -> Callable[[str], Word]:
    """A word of a list."""

    def convert(cell: str) -> Word:
        try:
            return kind(cell)
        except ValueError:
            allowed = ", ".join(kind)
            raise Wrong(f"chỉ dùng {allowed}", f"use {allowed}") from None

    return convert


def maybe(convert: Callable[[str], Parsed]) -> Callable[[str], Parsed | None]:
    """An empty cell is None."""
    return lambda cell: convert(cell) if cell else None


def yes_or_no(cell: str) -> bool:
    """`true`, `yes` or `1`; `false`, `no`, `0` or nothing."""
    lowered = cell.lower()
    if lowered in {"true", "yes", "1"}:
        return True
    if lowered in {"false", "no", "0", ""}:
        return False
    raise Wrong("chỉ dùng true hoặc false", "use true or false")


@lru_cache(maxsize=4_096)  # a register of thousands of lines has a handful of days
def day(cell: str) -> date:
    """A day as programs write it, or as people in Vietnam do (and Excel there)."""
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(cell, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise Wrong("không phải ngày; ví dụ 2025-07-01 hoặc 01/07/2025", "no day; write 2025-07-01 or 01/07/2025")


def month_day(cell: str) -> tuple[int, int]:
    """A day of any year: `09-01`, month first, or `01/09`, day first."""
    if found := re.fullmatch(r"(\d{2})-(\d{2})", cell, re.ASCII):
        month, number = int(found[1]), int(found[2])
    elif found := re.fullmatch(r"(\d{1,2})/(\d{1,2})", cell, re.ASCII):
        month, number = int(found[2]), int(found[1])
    else:
        raise Wrong("cần tháng-ngày, ví dụ 09-01", "a month and day are needed, such as 09-01")
    try:
        date(2025, month, number)  # not a leap year: a season that begins on 29 February would often have no beginning
    except ValueError:
        raise Wrong("không có ngày này trong mọi năm", "there is no such day in every year") from None
    return month, number
