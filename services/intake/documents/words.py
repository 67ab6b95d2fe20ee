"""Instants and amounts as people read them in Vietnamese."""

from datetime import date, datetime

from services.worktime.clock import ZONE, written

_WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_SCALES = ("", " nghìn", " triệu")
_LARGEST = 10**18 - 1


def instant(at: datetime) -> str:
    """E.g. `17 giờ 00, thứ Năm ngày 11 tháng 9 năm 2025`. ValueError: an instant without a zone."""
    local = _local(at)
    return f"{local:%H} giờ {local:%M}, {_WEEKDAYS[local.weekday()]} {day(local.date())}"


def day(on: date) -> str:
    """E.g. `ngày 11 tháng 9 năm 2025`; days below 10 and the months 1 and 2 get a 0, as Decree 30/2020 has it."""
    month = f"{on.month:02}" if on.month < 3 else str(on.month)
    return f"ngày {on.day:02} tháng {month} năm {on.year}"


def short(at: datetime) -> str:
    """E.g. `17:00 11/09/2025`. ValueError: an instant without a zone."""
    return written(_local(at))


def dong(amount: int) -> str:
    """E.g. `1.250.000 đồng`."""
    return f"{amount:,} đồng".replace(",", ".")


def dong_in_words(amount: int) -> str:
    """E.g. `Một triệu hai trăm năm mươi nghìn đồng`. ValueError: negative, or 10^18 and more."""
    if not 0 <= amount <= _LARGEST:
        raise ValueError(f"{amount} is no amount of money that can be written out")
    words = number(amount) + " đồng"
    return words[0].upper() + words[1:]


def number(value: int) -> str:
    """A whole number from 0 in words. Nine digits at a time: above a billion the same words begin anew (nghìn tỷ)."""
    if value == 0:
        return _DIGITS[0]
    billions, rest = divmod(value, 10**9)
    words = [number(billions) + " tỷ"] if billions else []
    for index in (2, 1, 0):
        group = rest // 1000**index % 1000
        if group:
            words.append(_three_digits(group, full=bool(words)) + _SCALES[index])
    return " ".join(words)


def _three_digits(group: int, *, full: bool) -> str:
    """1 to 999. `full`: hundreds are spoken also where there are none, for something stands before them."""
    hundreds, tens, ones = group // 100, group // 10 % 10, group % 10
    words = [_DIGITS[hundreds], "trăm"] if hundreds or full else []
    if tens == 0 and ones and words:
        words.append("lẻ")
    elif tens == 1:
        words.append("mười")
    elif tens:
        words += [_DIGITS[tens], "mươi"]
    if ones == 1 and tens > 1:
        words.append("mốt")
    elif ones == 5 and tens:
        words.append("lăm")
    elif ones:
        words.append(_DIGITS[ones])
    return " ".join(words)


def _local(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no zone: a form tells an instant")
    return at.astimezone(ZONE)
