"""Deadlines a second beside `numpy.busday_offset` (days) and `businesstimedelta` (hours), taking turns in one run.

They have the same calendar: the shipped one without its swapped Saturdays, which neither can express. First all are
asked the same, and have to agree.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytz
from businesstimedelta import BusinessTimeDelta, HolidayRule, LunchTimeRule, Rules, WorkDayRule

from services.intake.reference import Reference
from services.worktime.calendar import Calendar
from services.worktime.clock import ZONE
from services.worktime.deadline import DECREE_118, ProcessingTime, Unit, compute, compute_quickly

_DAYS, _HOURS = 7, 20
_SAMPLE = 300


@dataclass(frozen=True, slots=True)
class Size:
    """Rounds of so many deadlines each; of the slow peer so many only."""

    deadlines: int
    slow: int
    rounds: int


FULL = Size(200_000, 1_000, 5)
SMALL = Size(5_000, 50, 2)


class Scene:
    """A calendar told to all three, and the instants to start from: half of 2025 to the end of 2026, at any time."""

    def __init__(self, size: Size) -> None:
        shipped = Reference.shipped().calendar
        self.off = [day for day, exception in shipped.exceptions.items() if not exception.hours]
        self.calendar = Calendar("off only", shipped.week, {day: shipped.exceptions[day] for day in self.off})
        chance = random.Random(118)
        first = datetime(2025, 7, 1, tzinfo=ZONE)
        self.starts = [first + timedelta(minutes=chance.randrange(540 * 24 * 60)) for _ in range(size.deadlines)]
        self.days = [start.date() for start in self.starts]
        self.busdays = np.busdaycalendar(holidays=self.off)
        self.array = np.array(self.days, dtype="datetime64[D]")
        zone = pytz.timezone(str(ZONE))
        morning, noon = shipped.week[0]
        rules = Rules(
            [
                WorkDayRule(morning.start, noon.end, tz=zone),
                LunchTimeRule(morning.end, noon.start, tz=zone),
                HolidayRule(self.off, tz=zone),
            ],
            tz=zone,
        )
        self.peer_hours = BusinessTimeDelta(rules, hours=_HOURS)
        self.slow_starts = [start.astimezone(UTC) for start in self.starts[: size.slow]]

    def check(self) -> None:
        """AssertionError: the peers answer otherwise than we do."""
        offset = np.busday_offset(self.array, _DAYS, "backward", busdaycal=self.busdays)
        ours = [self.calendar.add_working_days(day, _DAYS) for day in self.days]
        assert offset.astype(object).tolist() == ours
        for start in self.slow_starts[:_SAMPLE]:
            assert start + self.peer_hours == self.calendar.add_working_time(start, timedelta(hours=_HOURS)), start

    def ways(self) -> dict[str, Callable[[], int]]:
        """Each does its work once and says how many it did."""
        calendar, busdays = self.calendar, self.busdays
        days, hours = ProcessingTime(_DAYS, Unit.WORKING_DAYS), ProcessingTime(_HOURS, Unit.WORKING_HOURS)
        amount = timedelta(hours=_HOURS)

        def each(starts: list[Any], work: Callable[[Any], object]) -> Callable[[], int]:
            def run() -> int:
                for start in starts:
                    work(start)
                return len(starts)

            return run

        def scalar(day: date) -> object:
            return np.busday_offset(day, _DAYS, "backward", busdaycal=busdays)

        def vectorised() -> int:
            return len(np.busday_offset(self.array, _DAYS, "backward", busdaycal=busdays))

        slow = self.starts[: max(len(self.slow_starts), len(self.starts) // 20)]
        return {
            "days": each(self.days, lambda day: calendar.add_working_days(day, _DAYS)),
            "days, deadline": each(self.starts, lambda at: compute_quickly(at, days, calendar, DECREE_118)),
            "days, deadline explained": each(slow, lambda at: compute(at, days, calendar, DECREE_118)),
            "days, numpy one by one": each(self.days, scalar),
            "days, numpy vectorised": vectorised,
            "hours": each(self.starts, lambda at: calendar.add_working_time(at, amount)),
            "hours, deadline": each(self.starts, lambda at: compute_quickly(at, hours, calendar, DECREE_118)),
            "hours, businesstimedelta": each(self.slow_starts, lambda at: at + self.peer_hours),
        }


RATIOS = {
    "days": "days, numpy one by one",
    "days, deadline": "days, numpy one by one",
    "days, numpy vectorised": "days",
    "hours": "hours, businesstimedelta",
    "hours, deadline": "hours, businesstimedelta",
}
"""What is compared to what."""


def measure(size: Size, say: Callable[[str], None]) -> dict[str, Any]:
    """Medians in deadlines a second, and of the ratios within a round."""
    scene = Scene(size)
    scene.check()
    ways = scene.ways()
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(size.rounds):
        say(f"working time, round {number + 1}")
        for name in ways if number % 2 else reversed(ways):
            started = time.perf_counter()
            done = ways[name]()
            rates[name].append(done / (time.perf_counter() - started))
    return {
        "deadlines_per_round": size.deadlines,
        "rounds": size.rounds,
        "per_second": {name: statistics.median(each) for name, each in rates.items()},
        "ratio": {
            name: statistics.median(a / b for a, b in zip(rates[name], rates[peer], strict=True))
            for name, peer in RATIOS.items()
        },
    }
