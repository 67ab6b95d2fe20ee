"""Working time against a slow oracle that steps minute by minute over its own reading of the hours, and by its laws."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.worktime.calendar import Calendar, DayException, Hours, Interval
from services.worktime.clock import ZONE
from services.worktime.deadline import DECREE_118, ProcessingTime, Season, Unit, compute, compute_quickly, paused

MINUTE = timedelta(minutes=1)
FIRST, LAST = date(2025, 1, 1), date(2027, 12, 31)

# --- calendars: breaks, Saturdays, closures, swaps ------------------------------------------------------------

CUTS = st.lists(st.integers(6 * 4, 20 * 4), min_size=2, max_size=6, unique=True).map(sorted)


def _hours(cuts: list[int]) -> Hours:
    """Hours between pairs of quarters of an hour, so that breaks may be any, or none."""
    at = [time(cut // 4, cut % 4 * 15) for cut in cuts]
    return tuple(Interval(*pair) for pair in zip(at[::2], at[1::2], strict=False))


OPEN = CUTS.map(_hours)
WEEKS = st.tuples(OPEN, *[st.one_of(OPEN, st.just(())) for _ in range(6)])
DAYS = st.dates(FIRST, LAST)
EXCEPTIONS = st.dictionaries(DAYS, st.one_of(st.just(()), OPEN), max_size=25).map(
    lambda found: {day: DayException(hours, "a", "b") for day, hours in found.items()}
)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    exceptions = dict(draw(EXCEPTIONS))
    first, length = draw(DAYS), draw(st.integers(0, 40))  # a long closure
    exceptions |= {first + timedelta(days=n): DayException((), "c", "d") for n in range(length)}
    return Calendar("random", draw(WEEKS), exceptions)


INSTANTS = st.datetimes(datetime(2024, 10, 1), datetime(2028, 3, 1), timezones=st.just(ZONE))  # noqa: DTZ001
MINUTES = INSTANTS.map(lambda at: at.replace(second=0, microsecond=0))
AMOUNTS = st.timedeltas(timedelta(0), timedelta(hours=400))
LIMITS = st.one_of(
    st.sampled_from([ProcessingTime(0, Unit.SAME_DAY), ProcessingTime(0, Unit.IMMEDIATE)]),
    st.builds(
        ProcessingTime,
        st.integers(1, 60),
        st.sampled_from([Unit.WORKING_HOURS, Unit.WORKING_DAYS, Unit.CALENDAR_DAYS]),
    ),
    st.sampled_from(["09-01..12-14", "11-15..01-31", "01-01..12-31"]).map(
        lambda text: ProcessingTime(0, Unit.SEASON, Season.parse(text))
    ),
)

# --- the oracle ------------------------------------------------------------------------------------------------


def _read(calendar: Calendar, day: date) -> Hours:
    """A day's hours from the calendar's fields, not by its methods."""
    return calendar.exceptions[day].hours if day in calendar.exceptions else calendar.week[day.isoweekday() - 1]


def _open_minutes(calendar: Calendar, day: date) -> frozenset[int]:
    """The minutes of a day, from midnight, during which work goes on."""

    def minute_of(at: time) -> int:
        return at.hour * 60 + at.minute

    spans = [(minute_of(each.start), minute_of(each.end)) for each in _read(calendar, day)]
    return frozenset(minute for minute in range(24 * 60) if any(opens <= minute < closes for opens, closes in spans))


def _minutes(calendar: Calendar, start: datetime) -> Iterator[tuple[datetime, bool]]:
    """Each minute from a whole minute on: its start, and whether it is worked."""
    open_on = lru_cache(maxsize=None)(lambda day: _open_minutes(calendar, day))
    at = start
    while True:
        yield at, at.hour * 60 + at.minute in open_on(at.date())
        at += MINUTE


@settings(max_examples=40, deadline=None)
@given(calendars(), MINUTES, st.integers(1, 9_000))
def test_adding_equals_stepping_minute_by_minute(calendar: Calendar, start: datetime, minutes: int) -> None:
    left = minutes
    for at, worked in _minutes(calendar, start):
        left -= worked
        if not left:
            assert calendar.add_working_time(start, minutes * MINUTE) == at + MINUTE
            break


@settings(max_examples=10, deadline=None)
@given(calendars(), MINUTES, st.integers(0, 3 * 366 * 24 * 60))
def test_years_of_calendar_hold_the_minutes_that_the_oracle_counts(
    calendar: Calendar, start: datetime, length: int
) -> None:
    end = start + length * MINUTE
    worked = 0
    for at, is_worked in _minutes(calendar, start):
        if at >= end:
            break
        worked += is_worked
    assert calendar.working_time_between(start, end) == worked * MINUTE


@settings(max_examples=60, deadline=None)
@given(calendars(), DAYS, st.integers(1, 200))
def test_working_days_equal_counting_one_by_one(calendar: Calendar, first: date, count: int) -> None:
    day, left = first, count
    while left:
        day += timedelta(days=1)
        left -= bool(_read(calendar, day))
    assert calendar.add_working_days(first, count) == day
    assert calendar.working_days_between(first, day) == count
    assert calendar.working_days_between(day, first) == -count


# --- laws ------------------------------------------------------------------------------------------------------


@given(calendars(), INSTANTS, AMOUNTS, AMOUNTS)
def test_working_time_is_additive(calendar: Calendar, start: datetime, one: timedelta, other: timedelta) -> None:
    between = calendar.add_working_time(start, one)
    assert calendar.add_working_time(between, other) == calendar.add_working_time(start, one + other)
    assert calendar.working_time_between(start, between) == one


@given(calendars(), INSTANTS, INSTANTS, INSTANTS)
def test_working_time_between_is_additive_whatever_the_order(
    calendar: Calendar, a: datetime, b: datetime, c: datetime
) -> None:
    way = calendar.working_time_between
    assert way(a, b) + way(b, c) == way(a, c)


@given(calendars(), INSTANTS, AMOUNTS)
def test_what_is_added_and_subtracted_is_back_where_it_was(calendar: Calendar, at: datetime, amount: timedelta) -> None:
    opening, closing = calendar.opening_at_or_after(at), calendar.closing_at_or_before(at)
    assert calendar.subtract_working_time(calendar.add_working_time(opening, amount), amount) == opening or not amount
    assert calendar.add_working_time(calendar.subtract_working_time(closing, amount), amount) == closing or not amount
    assert closing <= at <= opening
    assert calendar.working_time_between(closing, opening) == timedelta(0)


@given(calendars(), DAYS, st.integers(1, 300))
def test_working_days_back_and_forth(calendar: Calendar, day: date, count: int) -> None:
    there = calendar.add_working_days(day, count)
    assert calendar.is_working_day(there)
    back = calendar.subtract_working_days(there, count)
    assert back == day if calendar.is_working_day(day) else back < day
    assert calendar.add_working_days(back, count) == there


@given(calendars(), INSTANTS, AMOUNTS)
def test_what_is_reached_is_open(calendar: Calendar, start: datetime, amount: timedelta) -> None:
    assert calendar.is_open(calendar.add_working_time(start, amount))
    assert calendar.is_open(calendar.subtract_working_time(start, amount))


@given(calendars(), INSTANTS, INSTANTS, LIMITS)
def test_deadlines_are_monotone_in_the_start(
    calendar: Calendar, one: datetime, other: datetime, limit: ProcessingTime
) -> None:
    first, second = sorted((one, other))
    due = [compute(at, limit, calendar, DECREE_118).due_at for at in (first, second)]
    assert due[0] <= due[1]


@given(calendars(), INSTANTS, LIMITS)
def test_deadlines_fall_in_open_time_on_or_after_the_day_of_acceptance(
    calendar: Calendar, at: datetime, limit: ProcessingTime
) -> None:
    explained = compute(at, limit, calendar, DECREE_118)
    due = explained.due_at
    assert any(each.start < due.time() <= each.end for each in calendar.hours_on(due.date()))
    assert due.date() >= at.date()
    assert compute_quickly(at, limit, calendar, DECREE_118).due_at == due
    assert explained.steps[0].at == at
    assert explained.steps[-1].at == due
    counted = [step.kind for step in explained.steps].count("working_day")
    assert counted == (limit.amount if limit.unit is Unit.WORKING_DAYS else 0)


@given(calendars(), INSTANTS, st.lists(st.tuples(INSTANTS, AMOUNTS), max_size=4))
def test_a_paused_clock_moves_the_due_instant_by_the_working_time_of_its_pauses(
    calendar: Calendar, due: datetime, found: list[tuple[datetime, timedelta]]
) -> None:
    due = calendar.add_working_time(due, timedelta(0))
    pauses = [(start, start + length) for start, length in found]
    moved = paused(due, pauses, calendar)
    edges = sorted({edge for pause in pauses for edge in pause})
    covered = sum(  # between two neighbouring edges, either all or nothing is paused
        (
            calendar.working_time_between(a, b)
            for a, b in pairwise(edges)
            if any(start <= a and b <= end for start, end in pauses)
        ),
        timedelta(0),
    )
    assert calendar.working_time_between(due, moved.due_at) == covered
    assert moved.steps[-1].at == moved.due_at
    assert moved.due_at == due or covered


@given(calendars(), INSTANTS, AMOUNTS)
def test_the_zone_that_an_instant_is_written_in_changes_nothing(
    calendar: Calendar, at: datetime, amount: timedelta
) -> None:
    utc = at.astimezone(UTC)
    assert calendar.add_working_time(utc, amount) == calendar.add_working_time(at, amount)
    assert calendar.add_working_time(utc, amount).tzinfo is ZONE


def test_two_calendars_of_one_version_are_not_confused() -> None:
    week = ((Interval(time(7), time(17)),),) * 5 + ((), ())
    plain = Calendar("same", week)
    other = Calendar("same", week, {date(2025, 7, 2): DayException((), "a", "b")})
    accepted = datetime(2025, 7, 1, 9, tzinfo=ZONE)
    days = [
        compute_quickly(accepted, ProcessingTime(1, Unit.WORKING_DAYS), each, DECREE_118).due_at.day
        for each in (plain, other, Calendar("same", week))
    ]
    assert days == [2, 3, 2]
    assert hash(plain) == hash(other)
    assert plain != other


@pytest.mark.parametrize("way", ["add_working_time", "subtract_working_time"])
def test_a_negative_amount_is_refused(way: str) -> None:
    calendar = Calendar("plain", ((Interval(time(7), time(17)),),) * 7)
    with pytest.raises(ValueError, match="negative"):
        getattr(calendar, way)(datetime(2025, 7, 1, tzinfo=ZONE), -MINUTE)
