"""When a case is due: the instant by arithmetic, and on request the steps that led there, each with its article.

Rules are versioned data: a case keeps those it was accepted under. Shipped: Decree 118/2025/NĐ-CP, whose silence on
the day of acceptance is filled by the Civil Code (2015, Art 147-148): it is not counted, and a last day off moves on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from services.worktime.calendar import Calendar
from services.worktime.clock import ZONE, local
from services.worktime.limits import DECREE_118, DeadlineRules, ProcessingTime, Season, Unit
from services.worktime.steps import Step, steps_of_pauses, steps_to

__all__ = [
    "DECREE_118",
    "Deadline",
    "DeadlineRules",
    "ProcessingTime",
    "Season",
    "Step",
    "Unit",
    "compute",
    "compute_quickly",
    "end_of_days",
    "paused",
]

DECISION_766 = "QD-766"
"""The version of a paused reading: how Decision 766/QĐ-TTg counts (2.1), beside the law's restart."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A due instant, the versions it was computed under, and (if asked for) the steps that led there."""

    due_at: datetime
    rule_version: str
    calendar_version: str
    steps: tuple[Step, ...] = ()


def compute(
    accepted_at: datetime, limit: ProcessingTime, calendar: Calendar, rules: DeadlineRules, *, restarted: bool = False
) -> Deadline:
    """The deadline of a case accepted at an instant, explained. ValueError: an instant without a zone.

    `restarted`: the instant is that of the completed supplement, from which the limit counts anew (Art 19.5).
    A limit in days counts from the day of acceptance, also where that is a day off or outside office hours: online
    cases are accepted at any time, and the law moves the start of hours and same-day limits only.
    """
    at = local(accepted_at)
    due = _due(at, limit, calendar, rules)
    steps = steps_to(due, at, limit, calendar, rules, restarted=restarted)
    return Deadline(due, rules.version, calendar.version, steps)


def compute_quickly(accepted_at: datetime, limit: ProcessingTime, calendar: Calendar, rules: DeadlineRules) -> Deadline:
    """The same deadline without its steps, for imports: a day's cases share one computation."""
    at = local(accepted_at)
    if limit.unit in _BY_DAY:
        due = _due_of_day(at.date(), at.time() > rules.cutoff, limit, calendar, rules)
    else:
        due = _due(at, limit, calendar, rules)
    return Deadline(due, rules.version, calendar.version)


def paused(due: datetime, pauses: Sequence[tuple[datetime, datetime]], calendar: Calendar) -> Deadline:
    """The due instant where the clock stood still while the citizen supplemented, explained.

    It moves on by the working time in the pauses; what two of them share counts once. Each is the request of a
    supplement and its completion. ValueError: a pause that ends before it begins, or an instant without a zone.
    """
    at = local(due)
    apart = _apart([(local(start), local(end)) for start, end in pauses])
    parts = [(start, end, calendar.working_time_between(start, end)) for start, end in apart]
    total = sum((amount for _, _, amount in parts), timedelta())
    moved = calendar.add_working_time(at, total) if total else at
    return Deadline(moved, DECISION_766, calendar.version, steps_of_pauses(at, parts, moved))


def end_of_days(start: datetime, days: int, calendar: Calendar) -> datetime:
    """The close of the `days`th day after the day of an instant, or of the next working day where that is off.

    For limits that the law gives in plain days, such as 15 days to complete a case (Civil Code Art 147.2, 148.5).
    """
    return calendar.close_of(calendar.this_or_next_working_day(local(start).date() + timedelta(days=days)))


_BY_DAY = frozenset({Unit.WORKING_DAYS, Unit.CALENDAR_DAYS, Unit.SAME_DAY})
"""These depend on the day only, and on which side of the cut-off the case came."""


@lru_cache(maxsize=65_536)
def _due_of_day(
    day: date, after_cutoff: bool, limit: ProcessingTime, calendar: Calendar, rules: DeadlineRules
) -> datetime:
    return _due(datetime.combine(day, time.max if after_cutoff else time.min, ZONE), limit, calendar, rules)


def _due(at: datetime, limit: ProcessingTime, calendar: Calendar, rules: DeadlineRules) -> datetime:
    match limit.unit:
        case Unit.WORKING_DAYS:
            return calendar.close_of(calendar.add_working_days(at.date(), limit.amount))
        case Unit.WORKING_HOURS:
            return calendar.add_working_time(at, timedelta(hours=limit.amount))
        case Unit.CALENDAR_DAYS:
            return end_of_days(at, limit.amount, calendar)
        case Unit.SAME_DAY:
            today = calendar.is_working_day(at.date()) and at.time() <= rules.cutoff
            return _close_today_or_next(at.date(), calendar, today=today)
        case Unit.IMMEDIATE:
            today = calendar.is_working_day(at.date()) and at <= calendar.close_of(at.date())
            return _close_today_or_next(at.date(), calendar, today=today)
        case Unit.SEASON:
            return _season(at, limit, calendar)


def _close_today_or_next(day: date, calendar: Calendar, *, today: bool) -> datetime:
    return calendar.close_of(day if today else calendar.next_working_day(day))


def _season(at: datetime, limit: ProcessingTime, calendar: Calendar) -> datetime:
    """The close of the first season that is not over at an instant."""
    if limit.season is None:
        raise ValueError("a limit in seasons needs its season")
    closes = (
        calendar.close_of(calendar.this_or_next_working_day(last)) for _, last in limit.season.ends_from(at.date())
    )
    return next(close for close in closes if at <= close)


def _apart(pauses: Sequence[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """In order, with those that overlap made one."""
    merged: list[tuple[datetime, datetime]] = []
    for start, end in sorted(pauses):
        if end < start:
            raise ValueError(f"a pause ends at {end.isoformat()}, before it begins at {start.isoformat()}")
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
