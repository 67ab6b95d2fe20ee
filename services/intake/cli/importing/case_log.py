"""Reading a commune's case log, CSV or XLSX, as it is or through a mapping; each line judged by itself.

The header is the first of the first lines that has the columns needed: exports put titles above it.
"""

import codecs
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from services.intake.cli.importing.csv_file import CsvFile
from services.intake.cli.importing.layout import Columns, WrongHeader, expected
from services.intake.cli.importing.lines import COLUMNS, BadFile, BadLine, GoodLine, Place, Record
from services.intake.cli.importing.mapping import Mapping

if TYPE_CHECKING:
    from services.intake.cli.importing.xlsx_file import XlsxFile

__all__ = ["COLUMNS", "BadFile", "BadLine", "CaseLog", "GoodLine", "Place", "open_log", "read"]

_HEADER_WITHIN = 30
_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HINT = (
    "Trong Excel: Lưu thành › CSV UTF-8 hoặc .xlsx / in Excel: save as CSV UTF-8, or as .xlsx.\n"
    "Hoặc đặt encoding trong tệp ánh xạ / or name the encoding in a mapping: utf-16, windows-1258"
)


class CaseLog:
    """An open case log, its header understood. BadFile: there is no header that would do."""

    def __init__(self, source: "CsvFile | XlsxFile", mapping: Mapping | None, path: Path) -> None:
        self._source = source
        self._records = source.records()
        self.columns = self._find_header(mapping, path)
        source.width = len(self.columns.names)

    def skip_to(self, place: Place) -> None:
        """Goes on behind a line that `lines` gave before, of the same file."""
        self._source.skip_to(place)

    def lines(self) -> Iterator[GoodLine | BadLine]:
        """The lines behind the header, or behind the place skipped to."""
        for record in self._records:
            yield record if isinstance(record, BadLine) else self.columns.line(record)

    def total(self, rows: int, counted: int) -> int | None:
        """About how many lines there are, for a progress bar: `counted` in text, estimated from `rows` in a sheet."""
        if isinstance(self._source, CsvFile):
            return counted
        return round(rows / self._source.share) if self._source.share else None

    def _find_header(self, mapping: Mapping | None, path: Path) -> Columns:
        nearest: WrongHeader | None = None
        wanted = mapping.header_row if mapping else None
        looked = 0
        for record in self._records:
            if wanted is not None and record_line(record) < wanted:
                continue
            if isinstance(record, BadLine):
                reason = f"{record.rejected.message_vi} / {record.rejected.message_en}"
                raise BadFile(
                    f"Dòng tiêu đề không phải UTF-8 CSV / the header is no UTF-8 CSV: {path}: {reason}\n{_HINT}"
                )
            try:
                return Columns(record.cells, mapping, ragged=self._source.ragged, epoch=self._source.epoch)
            except WrongHeader as wrong:
                nearest = wrong if nearest is None or wrong.known > nearest.known else nearest
            looked += 1
            if looked == _HEADER_WITHIN or wanted is not None:
                break
        if nearest is None:
            raise BadFile(f"Tệp trống / the file is empty: {path}")
        raise BadFile(f"Dòng tiêu đề sai / wrong header in {path}: {nearest}.\n{expected(mapping)}")


def record_line(record: Record | BadLine) -> int:
    """Where a record begins."""
    return record.rejected.line if isinstance(record, BadLine) else record.line


@contextmanager
def open_source(path: Path, mapping: Mapping | None = None) -> "Iterator[CsvFile | XlsxFile]":
    """The records of a file, of whichever format it is. BadFile: it cannot be opened, or is of neither."""
    with ExitStack() as stack:
        try:
            file: BinaryIO = stack.enter_context(path.open("rb"))
        except OSError as error:
            raise BadFile(f"Không mở được tệp / cannot open {path}: {error.strerror}") from error
        magic = file.read(4)
        file.seek(0)
        if magic == _ZIP:
            from services.intake.cli.importing.xlsx_file import XlsxFile

            book = XlsxFile(file, path, mapping.sheet if mapping else 1)
            stack.callback(book.close)
            yield book
            return
        yield CsvFile(
            *_text_of(file, magic, path, mapping, stack), lossy=mapping is not None and mapping.encoding == "utf-16"
        )


def _text_of(
    file: BinaryIO, magic: bytes, path: Path, mapping: Mapping | None, stack: ExitStack
) -> tuple[BinaryIO, str, str | None]:
    if magic == _OLD_EXCEL:
        raise BadFile(f"Định dạng Excel cũ (.xls) / the old format of Excel: {path}.\n{_HINT}")
    encoding = mapping.encoding if mapping else "utf-8"
    separator = mapping.separator if mapping else None
    if encoding == "utf-16":
        return cast("BinaryIO", stack.enter_context(_as_utf_8(file))), "utf-8", separator
    if magic.startswith(UTF_16):
        raise BadFile(f"Tệp là UTF-16, không phải UTF-8 / the file is UTF-16, not UTF-8: {path}.\n{_HINT}")
    return file, {"windows-1258": "cp1258"}.get(encoding, encoding), separator


def _as_utf_8(file: BinaryIO) -> IO[bytes]:
    """A copy of a UTF-16 file on disk, in which a line ends where a byte says so; the same for the same file."""
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    shutil.copyfileobj(codecs.EncodedFile(file, "utf-8", "utf-16", errors="replace"), copy)
    copy.seek(0)
    return copy


@contextmanager
def open_log(path: Path, mapping: Mapping | None = None) -> Iterator[CaseLog]:
    """A case log. BadFile: unreadable, empty, or a header that lacks columns or has unknown ones."""
    with open_source(path, mapping) as source:
        yield CaseLog(source, mapping, path)


def read(path: Path, mapping: Mapping | None = None) -> Iterator[GoodLine | BadLine]:
    """The lines behind the header. BadFile, as `open_log`."""
    with open_log(path, mapping) as log:
        yield from log.lines()
