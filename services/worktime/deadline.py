"""When a case is due, and why: the steps from acceptance to the due instant, each with its article of law.

Rules are versioned data: a case keeps those it was accepted under. Shipped: Decree 118/2025/NĐ-CP, whose silence on
the day of acceptance is filled by the Civil Code (2015, Art 147-148): it is not counted, and a last day off moves on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from services.worktime.calendar import Calendar
from services.worktime.clock import ZONE


class Unit(StrEnum):
    """What a processing time is counted in."""

    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    SAME_DAY = "same_day"
    IMMEDIATE = "immediate"


_LONGEST = 3_650
"""No limit is longer, in whatever unit: ten years. A slip in a catalogue must not become a deadline."""


@dataclass(frozen=True, slots=True)
class ProcessingTime:
    """A procedure's limit. `amount` is 0 for the same day. ValueError: it makes no sense."""

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if (self.amount == 0) != (self.unit in {Unit.SAME_DAY, Unit.IMMEDIATE}) or not 0 <= self.amount <= _LONGEST:
            raise ValueError(f"a limit of {self.amount} {self.unit} makes no sense")


@dataclass(frozen=True, slots=True)
class DeadlineRules:
    """A version of the rules. `cutoff`: paper received after it counts from the next working day (Art 18.2)."""

    version: str
    effective_from: date
    cutoff: time


DECREE_118 = DeadlineRules("ND-118/2025", date(2025, 7, 1), time(15, 0))


@dataclass(frozen=True, slots=True)
class Step:
    """One step towards the due instant."""

    kind: str
    at: datetime
    note_vi: str
    note_en: str
    article: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """A due instant, the versions it was computed under, and (if asked for) the steps that led there."""

    due_at: datetime
    rule_version: str
    calendar_version: str
    steps: tuple[Step, ...] = ()


_Note = Callable[[str, datetime, str, str, str], None]


def compute(accepted_at: datetime, limit: ProcessingTime, calendar: Calendar, rules: DeadlineRules) -> Deadline:
    """The deadline of a case accepted at an instant, explained. ValueError: an instant without a zone.

    A limit in days counts from the day of acceptance, also where that is a day off or outside office hours: online
    cases are accepted at any time, and the law moves the start of hours and same-day limits only.
    """
    steps: list[Step] = []

    def note(kind: str, at: datetime, vi: str, en: str, article: str) -> None:
        steps.append(Step(kind, at, vi, en, article))

    due = _due(_local(accepted_at), limit, calendar, rules, note)
    return Deadline(due, rules.version, calendar.version, tuple(steps))


def compute_quickly(accepted_at: datetime, limit: ProcessingTime, calendar: Calendar, rules: DeadlineRules) -> Deadline:
    """The same deadline without its steps, for imports: a day's cases share one computation."""
    local = _local(accepted_at)
    if limit.unit is Unit.WORKING_HOURS:
        due = _due(local, limit, calendar, rules, _silent)
    else:
        due = _due_of_day(local.date(), local.time() > rules.cutoff, limit, calendar, rules)
    return Deadline(due, rules.version, calendar.version)


def _local(instant: datetime) -> datetime:
    """In Vietnam's zone. Python would take one without a zone for the machine's own time."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no zone: a deadline counts from an instant")
    return instant.astimezone(ZONE)


@lru_cache(maxsize=65_536)
def _due_of_day(
    day: date, after_cutoff: bool, limit: ProcessingTime, calendar: Calendar, rules: DeadlineRules
) -> datetime:
    """All but hours depend on the day only, and on which side of the cut-off the case came."""
    representative = datetime.combine(day, time.max if after_cutoff else time.min, ZONE)
    return _due(representative, limit, calendar, rules, _silent)


def _silent(_: str, __: datetime, ___: str, ____: str, _____: str) -> None:
    return None


def _due(at: datetime, limit: ProcessingTime, calendar: Calendar, rules: DeadlineRules, note: _Note) -> datetime:
    note("accepted", at, "Tiếp nhận hồ sơ đầy đủ, hợp lệ", "The complete, valid case is accepted", "NĐ 118/2025 Đ17.3")
    match limit.unit:
        case Unit.WORKING_HOURS:
            due = _working_hours(at, limit.amount, calendar, note)
        case Unit.WORKING_DAYS:
            due = _working_days(at, limit.amount, calendar, note)
        case Unit.CALENDAR_DAYS:
            due = _calendar_days(at, limit.amount, calendar, note)
        case _:
            due = _same_day(at, calendar, rules, note)
    note("due", due, "Hạn trả kết quả", "The result is due", "NĐ 118/2025 Đ17.3")
    return due


def _working_hours(at: datetime, hours: int, calendar: Calendar, note: _Note) -> datetime:
    opening = calendar.opening_at_or_after(at)
    if opening != at:
        note("opening", opening, "Ngoài giờ làm việc: tính từ giờ mở cửa", "Out of hours: from the opening", "")
    return calendar.add_working_time(opening, timedelta(hours=hours))


def _working_days(at: datetime, days: int, calendar: Calendar, note: _Note) -> datetime:
    note("first_day", at, "Ngày tiếp nhận không tính", "The day of acceptance is not counted", "BLDS 2015 Đ147.2")
    day = at.date()
    for number in range(1, days + 1):
        following = calendar.next_working_day(day)
        _note_days_off(day, following, calendar, note)
        day = following
        note(
            "working_day",
            calendar.close_of(day),
            f"Ngày làm việc thứ {number}: {day:%d/%m/%Y}",
            f"Working day {number}: {day.isoformat()}",
            "",
        )
    return calendar.close_of(day)


def _calendar_days(at: datetime, days: int, calendar: Calendar, note: _Note) -> datetime:
    note("first_day", at, "Ngày tiếp nhận không tính", "The day of acceptance is not counted", "BLDS 2015 Đ147.2")
    last = at.date() + timedelta(days=days)
    day = calendar.this_or_next_working_day(last)
    if day != last:
        note(
            "moved",
            calendar.close_of(day),
            f"Ngày cuối {last:%d/%m/%Y} là ngày nghỉ: chuyển sang {day:%d/%m/%Y}",
            f"The last day {last.isoformat()} is off: moved to {day.isoformat()}",
            "BLDS 2015 Đ148.5",
        )
    return calendar.close_of(day)


def _same_day(at: datetime, calendar: Calendar, rules: DeadlineRules, note: _Note) -> datetime:
    day = at.date()
    if calendar.is_working_day(day) and at.time() <= rules.cutoff:
        return calendar.close_of(day)
    following = calendar.next_working_day(day)
    note(
        "cutoff",
        calendar.close_of(following),
        f"Sau {rules.cutoff:%H:%M} hoặc ngày nghỉ: sang ngày làm việc kế tiếp",
        f"After {rules.cutoff:%H:%M}, or a day off: the next working day",
        "NĐ 118/2025 Đ18.2",
    )
    return calendar.close_of(following)


def _note_days_off(day: date, following: date, calendar: Calendar, note: _Note) -> None:
    """Names the holidays stepped over; ordinary weekends need no explanation."""
    for ahead in range(1, (following - day).days):
        off = day + timedelta(days=ahead)
        if exception := calendar.exceptions.get(off):
            at = datetime.combine(off, time.min, ZONE)
            note(
                "day_off",
                at,
                f"Nghỉ {off:%d/%m/%Y}: {exception.note_vi}",
                f"Off {off}: {exception.note_en}",
                "BLLĐ Đ112",
            )
    if (exception := calendar.exceptions.get(following)) and exception.hours:
        at = datetime.combine(following, time.min, ZONE)
        note(
            "swapped",
            at,
            f"Làm bù {following:%d/%m/%Y}: {exception.note_vi}",
            f"Worked {following}: {exception.note_en}",
            "",
        )
