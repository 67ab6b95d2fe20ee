"""An XLSX file, row by row in constant memory, with the kinds of its cells: text, numbers, dates.

openpyxl knows the workbook, its styles and how a row reads. Its own way through a sheet keeps a trace of every row and
ends at the first broken one, so the rows are walked here: each is forgotten once read, and a bad one costs itself.
"""

import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any, BinaryIO
from xml.etree.ElementTree import Element, ParseError

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._reader import DATA_TAG, ROW_TAG, WorkSheetParser
from openpyxl.xml.functions import iterparse

from services.intake.cli.importing.lines import LONGEST, BadFile, BadLine, Cell, Place, Record, bad_line
from services.intake.cli.importing.xlsx_strings import StringsOnDisk

_LARGEST_ROW = 4_000_000
"""Bytes of XML from the end of one row to the end of the next, however well they were packed."""
_LARGEST_PART = 32_000_000
"""Bytes of a part that is held whole: the list of sheets, the styles."""
_LARGEST_STRINGS = 2_000_000_000
_DAMAGED = (
    zipfile.BadZipFile,
    InvalidFileException,
    ParseError,
    zlib.error,
    EOFError,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    NotImplementedError,
    RuntimeError,  # encrypted
    OSError,
)


class XlsxFile:
    """The records of one sheet, in one pass. BadFile: damaged, encrypted, no such sheet, or made to burst."""

    ragged = True

    def __init__(self, file: BinaryIO, path: Path, sheet: str | int = 1) -> None:
        self.width: int | None = None
        self._path = path
        self._strings = StringsOnDisk()
        self._behind = 0
        self._read = 0
        try:
            with self._told():
                self._book = _Book(file, path, self._strings)
                self._target = self._choose(sheet)
                self.epoch: datetime = self._book.wb.epoch
                self._size = self._book.archive.getinfo(self._target).file_size
        except BadFile:
            self.close()
            raise

    def close(self) -> None:
        self._strings.close()
        if hasattr(self, "_book"):
            self._book.archive.close()

    def skip_to(self, place: Place) -> None:
        """Rows up to this place are passed over; a sheet can be read from its beginning only."""
        self._behind = place.line

    @property
    def share(self) -> float:
        """How much of the sheet has been read, from 0 to 1: rows are not counted beforehand."""
        return min(self._read / self._size, 1.0) if self._size else 1.0

    def records(self) -> Iterator[Record | BadLine]:
        """Every row that is not empty, as cells or as bad."""
        with self._told(), self._book.archive.open(self._target) as source:
            workbook = self._book.wb
            parser = WorkSheetParser(
                source,
                self._strings,
                data_only=True,
                epoch=workbook.epoch,
                date_formats=workbook._date_formats,  # noqa: SLF001 - as openpyxl's own reader of sheets does
                timedelta_formats=workbook._timedelta_formats,  # noqa: SLF001
            )
            bounded = _Bounded(source, self._path)
            above: Element | None = None
            for event, node in iterparse(bounded, events=("start", "end")):
                if event == "start":
                    above = node if node.tag == DATA_TAG else above
                elif node.tag == ROW_TAG:
                    bounded.row_ended()
                    self._read = bounded.read_in_all
                    if (record := self._row(parser, node)) is not None:
                        yield record
                    if above is not None:
                        above.clear()

    def _row(self, parser: WorkSheetParser, node: Element) -> Record | BadLine | None:
        number = parser.row_counter + 1
        try:
            number = int(node.get("r") or number)
            if number <= self._behind:
                parser.row_counter = number
                return None
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a date that is none becomes an error value, which is told below
                found = parser.parse_row(node)[1]
            parser.row_dimensions.clear()
        except (ValueError, IndexError, KeyError, TypeError, OverflowError) as error:
            parser.row_counter = number
            place = Place(number)
            vi, en = f"Hàng không đọc được: {error}.", f"The row cannot be read: {error}."
            return bad_line(number, place, "", "", vi, en)
        return _record(number, found)

    def _choose(self, sheet: str | int) -> str:
        names = list(self._book.sheets)
        if isinstance(sheet, int) and 1 <= sheet <= len(names):
            return self._book.sheets[names[sheet - 1]]
        if isinstance(sheet, str) and sheet in names:
            return self._book.sheets[sheet]
        raise BadFile(
            f"Không có trang tính / there is no sheet “{sheet}”: {self._path}.\n"
            f"Có / there are: {', '.join(names)[:500]}"
        )

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except _DAMAGED as error:
            raise BadFile(
                f"Tệp XLSX hỏng hoặc có mật khẩu / damaged or encrypted XLSX: {self._path} ({str(error)[:200]}).\n"
                "Trong Excel: mở và lưu lại .xlsx, hoặc lưu thành CSV UTF-8. / "
                "In Excel: open it and save it as .xlsx again, or save as CSV UTF-8."
            ) from error


class _Book(ExcelReader):  # type: ignore[misc]
    """openpyxl's reader without what is not needed: its worksheets would measure themselves by reading all of it."""

    sheets: dict[str, str]

    def __init__(self, file: BinaryIO, path: Path, strings: StringsOnDisk) -> None:
        # An archive by its content, whatever its name: openpyxl would judge the name.
        super().__init__(file, read_only=True, data_only=True, keep_links=False)
        self._check_sizes(path)
        self.shared_strings = strings
        self.read_manifest()
        self.read_strings()
        self.read_workbook()
        apply_stylesheet(self.archive, self.wb)
        self.sheets = {
            sheet.name: rel.target
            for sheet, rel in self.parser.find_sheets()
            if rel.target in self.valid_files and "chartsheet" not in rel.Type
        }

    def read_strings(self) -> None:
        for name in self.valid_files:
            if name.lower().endswith("sharedstrings.xml"):
                with self.archive.open(name) as source:
                    self.shared_strings.load(source)
                return

    def _check_sizes(self, path: Path) -> None:
        """zipfile gives no more of a part than the archive says it has, so what it says can be relied on."""
        for part in self.archive.infolist():
            name = part.filename.lower()
            streamed = "worksheets/" in name and name.endswith(".xml")
            limit = _LARGEST_STRINGS if name.endswith("sharedstrings.xml") else _LARGEST_PART
            if not streamed and part.file_size > limit and name.endswith((".xml", ".rels")):
                raise BadFile(
                    f"Tệp XLSX có phần lớn bất thường / a part of the XLSX is too large: {path}: "
                    f"{part.filename} ({part.file_size} byte)"
                )


class _Bounded:
    """A sheet's XML; BadFile once more than a row can need comes without the end of a row."""

    def __init__(self, source: IO[bytes], path: Path) -> None:
        self._source = source
        self._path = path
        self._since = 0
        self.read_in_all = 0

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self.read_in_all += len(data)
        self._since += len(data)
        if self._since > _LARGEST_ROW:
            raise BadFile(
                f"Một hàng của trang tính lớn bất thường / a row of the sheet is larger than {_LARGEST_ROW} bytes: "
                f"{self._path}"
            )
        return data

    def row_ended(self) -> None:
        self._since = 0


def _record(number: int, found: list[dict[str, Any]]) -> Record | BadLine | None:
    values: dict[int, Cell] = {cell["column"]: _cell(cell["value"]) for cell in found if cell["value"] is not None}
    if not any(value not in (None, "") for value in values.values()):
        return None
    place = Place(number)
    last = max(values)
    if last > LONGEST:
        vi, en = f"Hàng có quá {LONGEST} ô.", f"The row has more than {LONGEST} cells."
        return bad_line(number, place, "", "", vi, en)
    cells = [values.get(column) for column in range(1, last + 1)]
    text = ",".join("" if value is None else str(value) for value in cells)
    if len(text) > LONGEST:
        vi, en = f"Hàng dài quá {LONGEST} ký tự.", f"The row is longer than {LONGEST} characters."
        return bad_line(number, place, text, "", vi, en)
    return Record(number, text, cells, place)


def _cell(value: object) -> Cell:
    if isinstance(value, str):
        return value.replace("\0", "").strip()
    if isinstance(value, bool | int | float | datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    if isinstance(value, time | timedelta):
        return str(value)
    return None if value is None else str(value)
