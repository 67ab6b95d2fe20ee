"""A cell as the text that a row of a case log has: dates in any writing, codes a spreadsheet took for numbers."""

import re
from datetime import datetime, time, timedelta
from typing import Final

from services.intake.cli.importing.lines import CODES, INSTANTS, SHOWN, Cell
from services.intake.cli.importing.mapping import EXCEL, ISO, Mapping
from services.intake.cli.importing.names import fold
from services.intake.domain.spreadsheet import plain_in_line

_SERIAL: Final = re.compile(r"\d{1,6}(\.\d{1,16})?", re.ASCII)
_DATE_ONLY: Final = re.compile(r"\d{4}-?\d\d-?\d\d", re.ASCII)
_HOURS: Final = re.compile(r"%[HIcXsT]")
_COMMUNE: Final = 10_000
"""From here on a commune's code has its five digits, also as a number."""


class BadCell(Exception):
    """A cell that cannot be what it should, in both languages."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(en)
        self.vi, self.en = vi, en


class Cells:
    """Cells as text, the way a mapping wants them; `plain`: text stays as it is, and intake judges it."""

    def __init__(self, mapping: Mapping, epoch: datetime, *, plain: bool) -> None:
        self._mapping = mapping
        self._epoch = epoch
        self._plain = plain
        self._words = {
            field: {fold(word): value for word, value in words.items()} for field, words in mapping.values.items()
        }

    def text(self, field: str, cell: Cell) -> str:
        """The field's text. BadCell."""
        if cell is None:
            return ""
        if isinstance(cell, str):
            text = plain_in_line(cell.strip())
            if not text or self._plain:
                return text
            return self._instant(field, text) if field in INSTANTS else self._word(field, text)
        if field in INSTANTS:
            return self._date(field, cell)
        if isinstance(cell, datetime):
            raise BadCell("Là ngày tháng, không phải chữ.", "A date stands where a text should.")
        if isinstance(cell, bool):
            return self._word(field, str(cell))
        return self._number(field, cell)

    def defaults(self) -> dict[str, str]:
        """What stands for an empty cell: a word of the column, or what it stands for."""
        told = self._mapping.defaults
        return {field: text if field in INSTANTS else self._word(field, text) for field, text in told.items()}

    def _word(self, field: str, text: str) -> str:
        if words := self._words.get(field):
            text = words.get(fold(text), text)
        if (digits := self._mapping.digits.get(field)) and text.isascii() and text.isdigit():
            text = text.zfill(digits)
        return text

    def _number(self, field: str, number: float) -> str:
        """A number in the field of a code: a spreadsheet has dropped the zeros at its beginning or end."""
        if decimals := self._mapping.decimals.get(field):
            return f"{number:.{decimals}f}"
        whole = int(number) if number == int(number) else None
        if whole is None:
            if field in CODES:
                raise BadCell(
                    f"Mã bị lưu thành số {number}; có thể mất số 0 ở cuối. Thêm decimals.{field} vào tệp ánh xạ.",
                    f"The code was stored as the number {number}; zeros at its end may be lost. "
                    f"Give the mapping decimals.{field}.",
                )
            return repr(number)
        digits = self._mapping.digits.get(field)
        if digits is None and field in CODES and not (field in {"unit", "deciding_unit"} and whole >= _COMMUNE):
            raise BadCell(
                f"Mã bị lưu thành số {whole}; có thể mất số 0 ở đầu. Thêm digits.{field} vào tệp ánh xạ.",
                f"The code was stored as the number {whole}; zeros at its beginning may be lost. "
                f"Give the mapping digits.{field}.",
            )
        return self._word(field, str(whole))

    def _date(self, field: str, cell: float | datetime) -> str:
        if isinstance(cell, datetime):
            return self._zoned(field, cell, has_time=cell.time() != time())
        if EXCEL in (() if self._plain else self._mapping.dates) and not isinstance(cell, bool):
            return self._serial(field, cell)
        raise BadCell(
            f'Là số {cell}, không phải thời điểm; nếu là ngày của Excel, thêm "excel" vào dates.',
            f'The number {cell} is no instant; if it is a date of Excel\'s, add "excel" to dates.',
        )

    def _serial(self, field: str, number: float) -> str:
        """Excel's count of days since 1900, or 1904 in a workbook that says so."""
        from openpyxl.utils.datetime import from_excel

        try:
            at = from_excel(number, self._epoch)
        except (OverflowError, ValueError):
            at = None
        if not isinstance(at, datetime) or not 1 <= number < 2_958_466:
            raise BadCell(f"Số {number} không phải ngày của Excel.", f"The number {number} is no date of Excel's.")
        return self._zoned(field, at, has_time=number != int(number))

    def _instant(self, field: str, text: str) -> str:
        for format_ in self._mapping.dates:
            if format_ == EXCEL:
                if _SERIAL.fullmatch(text):
                    return self._serial(field, float(text))
                continue
            try:
                if format_ == ISO:
                    at, has_time = datetime.fromisoformat(text), not _DATE_ONLY.fullmatch(text)
                else:
                    at, has_time = datetime.strptime(text, format_), bool(_HOURS.search(format_))  # noqa: DTZ007
            except ValueError:
                continue
            return self._zoned(field, at, has_time=has_time)
        formats = ", ".join(self._mapping.dates)
        raise BadCell(
            f"“{text[:SHOWN]}” không đúng dạng nào của dates: {formats}.",
            f"“{text[:SHOWN]}” is in none of the forms of dates: {formats}.",
        )

    def _zoned(self, field: str, at: datetime, *, has_time: bool) -> str:
        """The instant in the mapping's zone, unless it brings an offset; a bare date gets the mapping's time of day."""
        if not has_time:
            at = at.replace(hour=0, minute=0, second=0, microsecond=0)
            clock = None if self._plain else self._mapping.times.get(field)
            if clock is None:
                raise BadCell(
                    f"{at:%d/%m/%Y} không có giờ; thêm times.{field} vào tệp ánh xạ.",
                    f"{at:%Y-%m-%d} has no time of day; give the mapping times.{field}.",
                )
            at = datetime.combine(at.date(), clock, at.tzinfo)
        elif at.microsecond:  # of a day's fraction in a float
            at = (at + timedelta(microseconds=500_000)).replace(microsecond=0)
        if at.tzinfo is None:
            zone = None if self._plain else self._mapping.zone
            if zone is None:
                raise BadCell(
                    f"{at:%d/%m/%Y %H:%M} không có múi giờ; đặt zone trong tệp ánh xạ.",
                    f"{at:%Y-%m-%d %H:%M} has no offset; the mapping has to name a zone.",
                )
            at = at.replace(tzinfo=zone)
        try:
            return at.isoformat()
        except (ValueError, OverflowError):
            raise BadCell(f"{at} ngoài lịch.", f"{at} is outside of the calendar.") from None
