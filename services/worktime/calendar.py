"""When a unit works: weekly hours with breaks, holidays, and days swapped in and out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from services.worktime.clock import ZONE

_LONGEST_CLOSURE = 400


@dataclass(frozen=True, slots=True)
class Interval:
    """Working hours within one day, the end excluded. ValueError: it does not end after it starts."""

    start: time
    end: time

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"working hours {self.start}-{self.end} do not end after they start")


Hours = tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class DayException:
    """A day that is not as its weekday: closed (no hours), or worked at its own hours."""

    hours: Hours
    note_vi: str
    note_en: str


@dataclass(frozen=True)
class Calendar:
    """A version of a unit's working calendar; `week` has the hours of Monday to Sunday.

    ValueError: hours that overlap or are out of order, or a week without any.
    """

    version: str
    week: tuple[Hours, ...]
    exceptions: Mapping[date, DayException] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError(f"a week has 7 days, not {len(self.week)}")
        if not any(self.week):
            raise ValueError("the calendar has no working hours at all")
        for hours in (*self.week, *(exception.hours for exception in self.exceptions.values())):
            if any(later.start < earlier.end for earlier, later in pairwise(hours)):
                raise ValueError(f"working hours overlap or are out of order: {hours}")

    def hours_on(self, day: date) -> Hours:
        """The working hours of a day, none if it is off."""
        exception = self.exceptions.get(day)
        return self.week[day.weekday()] if exception is None else exception.hours

    def is_working_day(self, day: date) -> bool:
        return bool(self.hours_on(day))

    def next_working_day(self, day: date) -> date:
        """The first working day after `day`. ValueError: none within 400 days."""
        for ahead in range(1, _LONGEST_CLOSURE + 1):
            if self.hours_on(day + timedelta(days=ahead)):
                return day + timedelta(days=ahead)
        raise ValueError(f"calendar {self.version} has no working day within {_LONGEST_CLOSURE} days after {day}")

    def this_or_next_working_day(self, day: date) -> date:
        return day if self.is_working_day(day) else self.next_working_day(day)

    def close_of(self, day: date) -> datetime:
        """The end of a working day's last hours."""
        return datetime.combine(day, self.hours_on(day)[-1].end, ZONE)

    def opening_at_or_after(self, instant: datetime) -> datetime:
        """The instant itself if it is in working hours, else when they next begin."""
        local = instant.astimezone(ZONE)
        day = local.date()
        for interval in self.hours_on(day):
            if local.time() < interval.end:
                return max(local, datetime.combine(day, interval.start, ZONE))
        day = self.next_working_day(day)
        return datetime.combine(day, self.hours_on(day)[0].start, ZONE)

    def add_working_time(self, instant: datetime, amount: timedelta) -> datetime:
        """`amount` of working hours after an instant, across breaks and days off.

        What ends exactly at a closing falls there, not at the next opening.
        """
        at = self.opening_at_or_after(instant)
        while True:
            end = next(datetime.combine(at.date(), i.end, ZONE) for i in self.hours_on(at.date()) if at.time() < i.end)
            if amount <= end - at:
                return at + amount
            amount -= end - at
            at = self.opening_at_or_after(end)

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """Working hours from one instant to another; none if the second is not later."""
        total, at = timedelta(), start.astimezone(ZONE)
        while at < end:
            at = self.opening_at_or_after(at)
            closing = next(
                datetime.combine(at.date(), i.end, ZONE) for i in self.hours_on(at.date()) if at.time() < i.end
            )
            total += max(min(closing, end) - at, timedelta())
            at = closing
        return total
