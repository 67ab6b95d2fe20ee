"""XLSX files for tests: written by openpyxl, or by hand where a file has to be odd."""

import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

HEAD = [
    "Số hồ sơ",
    "Mã TTHC",
    "Hình thức tiếp nhận",
    "Ngày tiếp nhận",
    "Ngày kết thúc xử lý",
    "Ngày trả kết quả",
    "Trạng thái",
]
MORNING = datetime(2025, 7, 1, 8, 30)  # noqa: DTZ001 - as Excel has it


def case(number: int, *rest: Any) -> list[Any]:
    """A row under `HEAD`."""
    return [f"H13.57-250701-{number:04}", "2.000815", "Trực tiếp", MORNING, *rest]


def workbook(path: Path, rows: Iterable[Sequence[Any]], *, epoch_1904: bool = False, title: str = "Danh sách") -> Path:
    """A workbook with these rows on its first sheet, and another behind it."""
    book = Workbook()
    if epoch_1904:
        book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    book.create_sheet("Trang khác").append(["không có gì"])
    book.save(path)
    return path


_PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="worksheets/sheet1.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/></Relationships>',
}
_START = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


def by_hand(path: Path, rows: Iterable[str], strings: Iterable[str] | None = None, before: str = "") -> Path:
    """An archive with these rows of XML, written as they come; `before`: what stands before the sheet's root."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _PARTS.items():
            archive.writestr(name, text)
        if strings is not None:
            with archive.open("xl/sharedStrings.xml", "w") as part:
                part.write(b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">')
                for each in strings:
                    part.write(f"<si><t>{each}</t></si>".encode())
                part.write(b"</sst>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            part.write((before + _START).encode())
            for row in rows:
                part.write(row.encode())
            part.write(b"</sheetData></worksheet>")
    return path


def text_row(number: int, *cells: str) -> str:
    """A row of inline text."""
    inside = "".join(f'<c t="inlineStr"><is><t>{each}</t></is></c>' for each in cells)
    return f'<row r="{number}">{inside}</row>'
