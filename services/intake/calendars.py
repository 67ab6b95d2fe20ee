"""The units' calendars, from two texts that people edit: `calendars.toml` (hours) and `days.csv` (national days).

A unit's calendar is the default, changed by its province's section, changed by its own. Units without a section of
their own share one calendar, and with it its index.
"""

import hashlib
import re
import tomllib
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from itertools import pairwise
from typing import Any

from services.intake.data_files import shipped_text
from services.intake.domain import tables
from services.intake.domain.tables import BadData, Fault, Table
from services.worktime.calendar import Calendar, DayException, Hours, Interval, Reason

HOURS_FILE = "calendars.toml"
DAYS_FILE = "days.csv"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SECTION_KEYS = frozenset({*_WEEKDAYS, "weekdays", "source", "confidence", "days"})
_DAY_KEYS = frozenset({"day", "hours", "reason", "note_vi", "note_en", "source"})
_CODES = {"province": re.compile(r"\d{2}", re.ASCII), "unit": re.compile(r"\d{2}|\d{5}", re.ASCII)}
_INTERVAL = re.compile(r"(\d{1,2}):(\d\d)\s*[-–]\s*(\d{1,2}):(\d\d)", re.ASCII)
_YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class NationalDay:
    """A day that is not as its weekday in the whole country. One worked in exchange has the hours of that day."""

    day: date
    worked: bool
    reason: Reason
    instead_of: date | None
    note_vi: str
    note_en: str
    source: str


@dataclass(frozen=True, slots=True)
class Section:
    """What a section of `calendars.toml` says: hours by weekday (0 is Monday), and days of its own."""

    hours: Mapping[int, Hours]
    days: Mapping[date, DayException]
    source: str


@dataclass(frozen=True)
class Calendars:
    """Every unit's calendar."""

    default: Section
    provinces: Mapping[str, Section]
    units: Mapping[str, Section]
    days: tuple[NationalDay, ...]
    _made: dict[tuple[str | None, str | None], Calendar] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def parse(cls, calendars_toml: str, days_csv: str, days_file: str = DAYS_FILE) -> "Calendars":
        """From the two texts. BadData: what is wrong, by file, line or key, and reason; of the hours the first only."""
        document = _document(calendars_toml)
        default = _section("default", document["default"])
        if missing := [name for number, name in enumerate(_WEEKDAYS) if number not in default.hours]:
            raise _bad("default", f"no hours for {', '.join(missing)} (“” for a day off)")
        provinces, units = (_sections(kind, document.get(kind, {})) for kind in ("province", "unit"))
        made = cls(default, provinces, units, _national_days(days_file, days_csv))
        made._check_hours()
        return made

    @classmethod
    def shipped(cls) -> "Calendars":
        """From the files that the package brings."""
        return cls.parse(shipped_text(HOURS_FILE), shipped_text(DAYS_FILE))

    def of(self, unit: str | None = None, province: str | None = None) -> Calendar:
        """A unit's calendar; without one (of its own) its province's, else the default."""
        key = (unit if unit in self.units else None, province if province in self.provinces else None)
        if key not in self._made:
            self._made[key] = self._make(*key)
        return self._made[key]

    def check_codes(self, known: Container[str]) -> None:
        """BadData: a section for a unit or province that there is not."""
        for kind, sections in (("province", self.provinces), ("unit", self.units)):
            for code in sections:
                if code not in known:
                    raise _bad(f"{kind}.{code}", "there is no administrative unit of this code")

    @property
    def covered(self) -> tuple[date, date]:
        """The years that the national days speak of: beyond, deadlines reckon without holidays."""
        years = [each.day.year for each in self.days]
        return date(min(years), 1, 1), date(max(years), 12, 31)

    @property
    def provisional_from(self) -> int:
        """The first year with days that are derived by rule, before the official notice; the year after all if none."""
        years = [each.day.year for each in self.days if "provisional" in each.source]
        return min(years, default=self.covered[1].year + 1)

    def _make(self, unit: str | None, province: str | None) -> Calendar:
        sections = [self.default]
        sections += [self.provinces[province]] if province else []
        sections += [self.units[unit]] if unit else []
        hours = {weekday: each for section in sections for weekday, each in section.hours.items()}
        week = tuple(hours[weekday] for weekday in range(7))
        days = {each.day: exception for each in self.days if (exception := _national(each, week))}
        for section in sections:
            days |= section.days
        return Calendar(_version(unit or province or "VN", week, days), week, days)

    def _check_hours(self) -> None:
        """No section may leave a week without hours, whatever else it is put on."""
        for unit in (None, *self.units):
            for province in (None, *self.provinces):
                try:
                    self._make(unit, province)
                except ValueError as error:
                    name = f"unit.{unit}" if unit else f"province.{province}" if province else "default"
                    raise _bad(name, error) from error


def _version(name: str, week: tuple[Hours, ...], days: Mapping[date, DayException]) -> str:
    """Follows the content, so that no edit goes by without a new version on the cases' deadlines."""
    content = repr((week, sorted(days.items(), key=lambda item: item[0])))
    last = max(days).year if days else "0000"
    return f"{name}-{last}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"


def _national(day: NationalDay, week: tuple[Hours, ...]) -> DayException | None:
    """What a national day means for a week. None: worked in exchange for a day that the unit never works."""
    if not day.worked:
        return DayException((), day.note_vi, day.note_en, day.reason, day.source)
    hours = week[day.instead_of.weekday()] if day.instead_of else ()
    return DayException(hours, day.note_vi, day.note_en, day.reason, day.source) if hours else None


# --- days.csv -----------------------------------------------------------------------------------------------

DAY_COLUMNS = ("day", "kind", "reason", "instead_of", "note_vi", "note_en", "source")


class _Kind(StrEnum):
    OFF = "off"
    WORKED = "worked"


def _national_days(file: str, text: str) -> tuple[NationalDay, ...]:
    table = Table(file, DAY_COLUMNS)
    days: dict[date, NationalDay] = {}
    for row in table.rows(text):
        day = row.take("day", _year_day, date.min)
        kind = row.take("kind", tables.one_of(_Kind), _Kind.OFF)
        reason = row.take("reason", tables.one_of(Reason), Reason.HOLIDAY)
        instead_of = row.take("instead_of", tables.maybe(_year_day), None)
        notes = row.take("note_vi", tables.text, ""), row.take("note_en", tables.text, "")
        source = row.take("source", tables.text, "")
        if row.good and kind is _Kind.WORKED and instead_of is None:
            vi = "thiếu: ngày làm bù có giờ của ngày mà nó bù cho"
            row.wrong("instead_of", vi, "missing: a worked day has the hours of the day that it is worked for")
        if row.good and day in days:
            row.wrong("day", "ngày này đã có", "the day stands there already")
        days[day] = NationalDay(day, kind is _Kind.WORKED, reason, instead_of, *notes, source)
    if not days and not table.faults:
        table.wrong(0, "", "tệp không có ngày nào", "the file has no days")
    table.finish()
    return tuple(days.values())


def _year_day(text: str) -> date:
    day = tables.day(text)
    if day.year not in _YEARS:
        first, last = _YEARS[0], _YEARS[-1]
        raise tables.Wrong(f"năm phải từ {first} đến {last}", f"the year is not from {first} to {last}")
    return day


# --- calendars.toml -------------------------------------------------------------------------------------------


def _bad(key: str, reason: object) -> BadData:
    return BadData([Fault(HOURS_FILE, 0, key, f"sai: {reason}", str(reason))])


def _document(text: str) -> dict[str, Any]:
    try:
        document = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise _bad("", error) from error
    if unknown := document.keys() - {"default", "province", "unit"}:
        raise _bad(min(unknown), "unknown; there are default, province.CODE and unit.CODE")
    if "default" not in document:
        raise _bad("default", "missing")
    return document


def _sections(kind: str, found: object) -> dict[str, Section]:
    if not isinstance(found, dict):
        raise _bad(kind, f"write [{kind}.CODE]")
    for code in found:
        if not _CODES[kind].fullmatch(code):
            raise _bad(f"{kind}.{code}", "no code of such a unit: two digits, or five for a commune")
    return {code: _section(f"{kind}.{code}", section) for code, section in found.items()}


def _section(key: str, found: object) -> Section:
    if not isinstance(found, dict):
        raise _bad(key, "is no section")
    _check_keys(key, found, _SECTION_KEYS)
    hours = {}
    if "weekdays" in found:
        hours = dict.fromkeys(range(5), _hours(f"{key}.weekdays", found["weekdays"]))
    hours |= {n: _hours(f"{key}.{name}", found[name]) for n, name in enumerate(_WEEKDAYS) if name in found}
    days: dict[date, DayException] = {}
    entries = found.get("days", [])
    if not isinstance(entries, list):
        raise _bad(f"{key}.days", f"write [[{key}.days]] before each day")
    for number, entry in enumerate(entries, 1):
        place = f"{key}.days, number {number}"
        day, exception = _own_day(place, entry)
        if day in days:
            raise _bad(place, f"{day.isoformat()} stands here twice")
        days[day] = exception
    return Section(hours, days, _text(key, found, "source"))


def _own_day(place: str, entry: object) -> tuple[date, DayException]:
    if not isinstance(entry, dict):
        raise _bad(place, "is no section")
    _check_keys(place, entry, _DAY_KEYS)
    day = entry.get("day")
    if not isinstance(day, date) or isinstance(day, datetime) or day.year not in _YEARS:
        raise _bad(f"{place}, day", f"write a date such as 2026-03-14, from {_YEARS[0]} to {_YEARS[-1]}, unquoted")
    try:
        reason = Reason(entry.get("reason", Reason.LOCAL))
    except ValueError:
        raise _bad(f"{place}, reason", f"“{entry['reason']}” is none of {', '.join(Reason)}") from None
    hours = _hours(f"{place}, hours", entry.get("hours"))
    notes = _text(place, entry, "note_vi"), _text(place, entry, "note_en")
    return day, DayException(hours, *notes, reason, _text(place, entry, "source"))


def _hours(key: str, text: object) -> Hours:
    """From `07:00-11:30, 13:30-17:00`; none from an empty text."""
    if not isinstance(text, str):
        raise _bad(key, "write hours in quotes, such as “07:00-11:30, 13:30-17:00”, or “” for a day off")
    found = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        match = _INTERVAL.fullmatch(part)
        if match is None:
            raise _bad(key, f"“{part}” are no hours; write 07:00-11:30")
        numbers = [int(each) for each in match.groups()]
        try:
            found.append(Interval(time(numbers[0], numbers[1]), time(numbers[2], numbers[3])))
        except ValueError as error:
            raise _bad(key, f"“{part}”: {error}") from error
    for earlier, later in pairwise(found):
        if later.start < earlier.end:
            raise _bad(key, f"“{text}”: overlapping or out of order")
    return tuple(found)


def _text(key: str, found: Mapping[str, object], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _bad(f"{key}, {name}" if "," in key else f"{key}.{name}", "missing")
    return value


def _check_keys(key: str, found: Mapping[str, object], known: frozenset[str]) -> None:
    if unknown := found.keys() - known:
        raise _bad(f"{key}.{min(unknown)}", f"unknown; there are {', '.join(sorted(known))}")
