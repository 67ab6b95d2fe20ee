"""How long a procedure may take, and the rules by which that becomes a due instant, versioned by effective date."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Self


class Unit(StrEnum):
    """What a processing time is counted in."""

    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    SAME_DAY = "same_day"
    IMMEDIATE = "immediate"  # the result while the citizen waits, without a receipt (Decree 118/2025 Art 17.4)
    SEASON = "season"  # everybody's result by the end of a season of the year


UNCOUNTED = frozenset({Unit.SAME_DAY, Unit.IMMEDIATE, Unit.SEASON})
"""Units whose amount is 0."""

_LONGEST = 3_650
"""No limit is longer, in whatever unit: ten years. A slip in a catalogue must not become a deadline."""

_SEASON = re.compile(r"(\d\d)-(\d\d)\.\.(\d\d)-(\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Season:
    """Part of every year, by month and day, both ends included; one that ends before it begins ends a year later.

    ValueError: a day that not every year has.
    """

    first: tuple[int, int]
    last: tuple[int, int]

    def __post_init__(self) -> None:
        for month, day in (self.first, self.last):
            try:
                date(2001, month, day)
            except ValueError:
                raise ValueError(f"{month:02}-{day:02} is no day that every year has") from None

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `09-01..12-14`, month before day. ValueError: written otherwise."""
        found = _SEASON.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"“{text}” is no season; write MM-DD..MM-DD, such as 09-01..12-14")
        numbers = [int(each) for each in found.groups()]
        return cls((numbers[0], numbers[1]), (numbers[2], numbers[3]))

    def ends_from(self, day: date) -> Iterator[tuple[date, date]]:
        """First and last day of each season, from the one that ends in the year before a day."""
        for year in range(max(day.year - 1, 2), date.max.year):
            yield date(year - (self.last < self.first), *self.first), date(year, *self.last)

    def __str__(self) -> str:
        return f"{self.first[0]:02}-{self.first[1]:02}..{self.last[0]:02}-{self.last[1]:02}"


@dataclass(frozen=True, slots=True)
class ProcessingTime:
    """A procedure's limit. `amount` is 0 where nothing is counted; only a season has one. ValueError: no sense."""

    amount: int
    unit: Unit
    season: Season | None = None

    def __post_init__(self) -> None:
        if (self.amount == 0) != (self.unit in UNCOUNTED) or not 0 <= self.amount <= _LONGEST:
            raise ValueError(f"a limit of {self.amount} {self.unit} makes no sense")
        if (self.unit is Unit.SEASON) != (self.season is not None):
            raise ValueError(f"a limit in {self.unit} {'needs its' if self.season is None else 'has no'} season")

    def words(self) -> tuple[str, str]:
        """The limit as people say it, in Vietnamese and English."""
        n, s = self.amount, "" if self.amount == 1 else "s"
        match self.unit:
            case Unit.WORKING_HOURS:
                return f"{n} giờ làm việc", f"{n} working hour{s}"
            case Unit.WORKING_DAYS:
                return f"{n} ngày làm việc", f"{n} working day{s}"
            case Unit.CALENDAR_DAYS:
                return f"{n} ngày", f"{n} day{s}"
            case Unit.SAME_DAY:
                return "trong ngày", "the same day"
            case Unit.IMMEDIATE:
                return "giải quyết ngay", "at once"
            case Unit.SEASON:
                first, last = (self.season.first, self.season.last) if self.season else ((1, 1), (12, 31))
                return (
                    f"theo đợt {first[1]}/{first[0]}–{last[1]}/{last[0]} hằng năm",
                    f"yearly season from {first[1]}/{first[0]} to {last[1]}/{last[0]} (day/month)",
                )


@dataclass(frozen=True, slots=True)
class DeadlineRules:
    """A version of the rules. `cutoff`: paper received after it counts from the next working day (Art 18.2)."""

    version: str
    effective_from: date
    cutoff: time


DECREE_118 = DeadlineRules("ND-118/2025", date(2025, 7, 1), time(15, 0))
