"""When a unit works: weekly hours with breaks, holidays, and days swapped in and out; and arithmetic on that.

A closing belongs to the hours before it: what ends exactly at a closing falls there, not at the next opening, and an
instant at a closing is not yet out of hours. Going back, what starts exactly at an opening falls there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import pairwise

from services.worktime.clock import ZONE, local
from services.worktime.timeline import Stretch, Table, Timeline

_DAY = 86_400_000_000  # microseconds, the unit of the timeline of hours
_WEEK = 7
_ORIGIN = datetime(1, 1, 1, tzinfo=ZONE)


@dataclass(frozen=True, slots=True)
class Interval:
    """Working hours within one day, the end excluded. ValueError: it does not end after it starts."""

    start: time
    end: time

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"working hours {self.start}-{self.end} do not end after they start")


Hours = tuple[Interval, ...]


class Reason(StrEnum):
    """Why a day is not as its weekday."""

    HOLIDAY = "holiday"
    SUBSTITUTE = "substitute"  # a holiday on a day off, taken on the next working day
    SWAPPED = "swapped"  # off or worked in exchange for another day
    LOCAL = "local"  # the unit's own


@dataclass(frozen=True, slots=True)
class DayException:
    """A day that is not as its weekday: closed (no hours), or worked at its own hours.

    `source`: who says so, e.g. a notice with its date, or the package that it was taken from.
    """

    hours: Hours
    note_vi: str
    note_en: str
    reason: Reason = Reason.HOLIDAY
    source: str = ""


@dataclass(frozen=True)
class Calendar:
    """A version of a unit's working calendar; `week` has the hours of Monday to Sunday.

    Instants may be in any zone and are answered in Vietnam's. Days go from year 1 to 9999; beyond, and for an instant
    without a zone, every method raises ValueError or OverflowError.
    ValueError: hours that overlap or are out of order, or a week without any.
    """

    version: str
    week: tuple[Hours, ...]
    exceptions: Mapping[date, DayException] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.week) != _WEEK:
            raise ValueError(f"a week has 7 days, not {len(self.week)}")
        if not any(self.week):
            raise ValueError("the calendar has no working hours at all")
        object.__setattr__(self, "exceptions", dict(self.exceptions))  # what is indexed below must not change
        for hours in (*self.week, *(exception.hours for exception in self.exceptions.values())):
            if any(later.start < earlier.end for earlier, later in pairwise(hours)):
                raise ValueError(f"working hours overlap or are out of order: {hours}")

    def __hash__(self) -> int:
        """Cheap, for caches. Calendars of one version that differ in their days are told apart by comparing."""
        return self._hash

    # --- days --------------------------------------------------------------------------------------------------

    def hours_on(self, day: date) -> Hours:
        """The working hours of a day, none if it is off."""
        exception = self.exceptions.get(day)
        return self.week[day.weekday()] if exception is None else exception.hours

    def is_working_day(self, day: date) -> bool:
        return bool(self.hours_on(day))

    def next_working_day(self, day: date) -> date:
        """The first working day after `day`."""
        return self.add_working_days(day, 1)

    def this_or_next_working_day(self, day: date) -> date:
        return day if self.is_working_day(day) else self.add_working_days(day, 1)

    def add_working_days(self, day: date, count: int) -> date:
        """The `count`th working day after `day`, itself not counted. ValueError: `count` under 1."""
        if count < 1:
            raise ValueError(f"{count} working days: at least one is needed")
        days = self._days
        return date.fromordinal(days.ending(days.before(day.toordinal() + 1) + count) - 1)

    def subtract_working_days(self, day: date, count: int) -> date:
        """The `count`th working day before `day`, itself not counted. ValueError: `count` under 1."""
        if count < 1:
            raise ValueError(f"{count} working days: at least one is needed")
        days = self._days
        return date.fromordinal(days.starting(days.before(day.toordinal()) - count))

    def working_days_between(self, first: date, last: date) -> int:
        """How many working days lie after `first`, up to and with `last`; negative if `last` comes before."""
        return self._days.before(last.toordinal() + 1) - self._days.before(first.toordinal() + 1)

    # --- instants ----------------------------------------------------------------------------------------------

    def open_of(self, day: date) -> datetime:
        """The beginning of a working day's first hours. ValueError: it is off."""
        return datetime.combine(day, self._hours_of(day)[0].start, ZONE)

    def close_of(self, day: date) -> datetime:
        """The end of a working day's last hours. ValueError: it is off."""
        return datetime.combine(day, self._hours_of(day)[-1].end, ZONE)

    def is_open(self, instant: datetime) -> bool:
        """Whether it lies in working hours; the instant of closing does."""
        at = local(instant)
        return any(hours.start <= at.time() <= hours.end for hours in self.hours_on(at.date()))

    def opening_at_or_after(self, instant: datetime) -> datetime:
        """The instant itself if work goes on after it, else when working hours next begin."""
        at = local(instant)
        return _instant(max(_point(at), self._time.starting(self._time.before(_point(at)))))

    def closing_at_or_before(self, instant: datetime) -> datetime:
        """The instant itself if work went on before it, else when working hours last ended."""
        at = local(instant)
        return _instant(min(_point(at), self._time.ending(self._time.before(_point(at)))))

    def next_closing(self, instant: datetime) -> datetime:
        """The end of the working hours that go on at an instant, or else of the next ones."""
        opening = self.opening_at_or_after(instant)
        ends = next(hours.end for hours in self.hours_on(opening.date()) if opening.time() < hours.end)
        return datetime.combine(opening.date(), ends, ZONE)

    def add_working_time(self, instant: datetime, amount: timedelta) -> datetime:
        """`amount` of working hours after an instant, across breaks and days off, exact to the microsecond.

        Nothing added to an instant out of hours is the next opening. ValueError: a negative amount.
        """
        at = local(instant)
        steps = _steps(amount)
        if steps > 0:
            timeline = self._time
            return _instant(timeline.ending(timeline.before(_point(at)) + steps))
        if steps < 0:
            raise ValueError(f"{amount} is negative: subtract_working_time goes back")
        return at if self.is_open(at) else self.opening_at_or_after(at)

    def subtract_working_time(self, instant: datetime, amount: timedelta) -> datetime:
        """The way back: where to start for `amount` of working hours to be done at an instant.

        Nothing taken from an instant out of hours is the last closing. ValueError: a negative amount.
        """
        at = local(instant)
        steps = _steps(amount)
        if steps > 0:
            timeline = self._time
            return _instant(timeline.starting(timeline.before(_point(at)) - steps))
        if steps < 0:
            raise ValueError(f"{amount} is negative: add_working_time goes forward")
        return at if self.is_open(at) else self.closing_at_or_before(at)

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """The working hours from one instant to another; negative if `end` comes first."""
        timeline = self._time
        return timedelta(microseconds=timeline.before(_point(local(end))) - timeline.before(_point(local(start))))

    # --- the indices, made when first asked for ------------------------------------------------------------------

    def _hours_of(self, day: date) -> Hours:
        hours = self.hours_on(day)
        if not hours:
            raise ValueError(f"{day.isoformat()} is a day off in calendar {self.version}")
        return hours

    @cached_property
    def _hash(self) -> int:
        return hash((self.version, self.week))

    @cached_property
    def _written_out(self) -> tuple[int, int]:
        """The first and (excluded) last day of the weeks that differ from the pattern."""
        if not self.exceptions:
            return 1, 1
        first, last = min(self.exceptions).toordinal(), max(self.exceptions).toordinal()
        return first - (first - 1) % _WEEK, last + _WEEK - (last - 1) % _WEEK  # day 1 was a Monday

    @cached_property
    def _days(self) -> Timeline:
        first, last = self._written_out
        table = Table((day, day + 1) for day in range(first, last) if self._hours_at(day))
        week = Table((day, day + 1) for day in range(_WEEK) if self.week[day])
        return Timeline(table, week, first, last, _WEEK)

    @cached_property
    def _time(self) -> Timeline:
        first, last = self._written_out
        table = Table(each for day in range(first, last) for each in _stretches(day - 1, self._hours_at(day)))
        week = Table(each for day in range(_WEEK) for each in _stretches(day, self.week[day]))
        return Timeline(table, week, (first - 1) * _DAY, (last - 1) * _DAY, _WEEK * _DAY)

    def _hours_at(self, ordinal: int) -> Hours:
        """As `hours_on`, also for the days after 31 December 9999 that end a week."""
        week = self.week[(ordinal - 1) % _WEEK]
        return self.hours_on(date.fromordinal(ordinal)) if ordinal <= date.max.toordinal() else week


def _stretches(day: int, hours: Hours) -> Iterator[Stretch]:
    for each in hours:
        yield day * _DAY + _of_day(each.start), day * _DAY + _of_day(each.end)


def _of_day(at: time) -> int:
    return ((at.hour * 60 + at.minute) * 60 + at.second) * 1_000_000 + at.microsecond


def _steps(amount: timedelta) -> int:
    return amount.days * _DAY + amount.seconds * 1_000_000 + amount.microseconds


def _point(at: datetime) -> int:
    """Where a local instant lies on the timeline: its date and time as the clock on the wall shows them."""
    return _steps(at - _ORIGIN)


def _instant(point: int) -> datetime:
    days, rest = divmod(point, _DAY)
    return _ORIGIN + timedelta(days, 0, rest)
