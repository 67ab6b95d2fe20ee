"""Deadlines, by examples from the calendar and by properties."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.reference import Reference
from services.worktime.clock import ZONE
from services.worktime.deadline import DECREE_118, Deadline, ProcessingTime, Unit, compute, compute_quickly

CALENDAR = Reference.shipped().calendar
LIMITS = st.one_of(
    st.just(ProcessingTime(0, Unit.SAME_DAY)),
    st.builds(
        ProcessingTime,
        st.integers(1, 40),
        st.sampled_from([Unit.WORKING_HOURS, Unit.WORKING_DAYS, Unit.CALENDAR_DAYS]),
    ),
)
INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 9, 1), timezones=st.just(ZONE))  # noqa: DTZ001


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("accepted", "amount", "unit", "due"),
    [
        ("2025-08-29T16:20", 7, Unit.WORKING_DAYS, "2025-09-11T17:00"),  # across National Day
        ("2025-04-25T09:00", 1, Unit.WORKING_DAYS, "2025-04-26T17:00"),  # a Saturday that is worked
        ("2025-12-31T09:00", 1, Unit.WORKING_DAYS, "2026-01-05T17:00"),  # 2 January 2026 is off
        ("2026-01-09T09:00", 1, Unit.WORKING_DAYS, "2026-01-10T17:00"),  # worked for 2 January
        ("2026-02-13T09:00", 2, Unit.WORKING_DAYS, "2026-02-24T17:00"),  # across Tết
        ("2025-07-01T14:59", 0, Unit.SAME_DAY, "2025-07-01T17:00"),
        ("2025-07-01T15:00", 0, Unit.SAME_DAY, "2025-07-01T17:00"),  # the decree says: after 15:00
        ("2025-07-01T15:00:00.000001", 0, Unit.SAME_DAY, "2025-07-02T17:00"),
        ("2025-07-04T15:01", 0, Unit.SAME_DAY, "2025-07-07T17:00"),
        ("2025-07-04T21:00", 1, Unit.WORKING_DAYS, "2025-07-07T17:00"),  # accepted on Friday night counts from Friday
        ("2025-07-05T09:00", 0, Unit.SAME_DAY, "2025-07-07T17:00"),  # a Saturday
        ("2025-07-03T10:00", 30, Unit.CALENDAR_DAYS, "2025-08-04T17:00"),  # the 30th day is a Saturday
        ("2025-07-01T11:00", 1, Unit.WORKING_HOURS, "2025-07-01T14:00"),  # across the midday break
        ("2025-07-01T16:00", 8, Unit.WORKING_HOURS, "2025-07-02T16:00"),
        ("2025-07-01T09:00", 8, Unit.WORKING_HOURS, "2025-07-02T09:00"),
        ("2025-07-01T07:00", 8, Unit.WORKING_HOURS, "2025-07-01T17:00"),  # exactly at the close
    ],
)
def test_due_instant(accepted: str, amount: int, unit: Unit, due: str) -> None:
    assert compute(at(accepted), ProcessingTime(amount, unit), CALENDAR, DECREE_118).due_at == at(due)


@pytest.mark.parametrize("way", [compute, compute_quickly])
def test_an_instant_without_a_zone_is_refused(way: Callable[..., Deadline]) -> None:
    naive = datetime(2025, 7, 1, 9)  # noqa: DTZ001
    with pytest.raises(ValueError, match="no zone"):
        way(naive, ProcessingTime(1, Unit.WORKING_DAYS), CALENDAR, DECREE_118)


@pytest.mark.parametrize(
    ("amount", "unit"),
    [(0, Unit.WORKING_DAYS), (-1, Unit.WORKING_HOURS), (1, Unit.SAME_DAY), (3_651, Unit.CALENDAR_DAYS)],
)
def test_a_limit_that_makes_no_sense_is_refused(amount: int, unit: Unit) -> None:
    with pytest.raises(ValueError, match="makes no sense"):
        ProcessingTime(amount, unit)


CUTOFFS = INSTANTS.map(lambda day: day.replace(hour=15, minute=0, second=0, microsecond=0))


@given(CUTOFFS, LIMITS)
def test_the_quick_way_agrees_at_the_cut_off(accepted: datetime, limit: ProcessingTime) -> None:
    for instant in (accepted, accepted + timedelta(microseconds=1)):
        explained = compute(instant, limit, CALENDAR, DECREE_118)
        assert compute_quickly(instant, limit, CALENDAR, DECREE_118).due_at == explained.due_at


@given(INSTANTS, LIMITS)
def test_the_quick_way_agrees_with_the_explained_one(accepted: datetime, limit: ProcessingTime) -> None:
    explained = compute(accepted, limit, CALENDAR, DECREE_118)
    assert compute_quickly(accepted, limit, CALENDAR, DECREE_118).due_at == explained.due_at
    assert explained.steps[-1].at == explained.due_at


@given(INSTANTS, LIMITS)
def test_due_in_working_hours_and_never_before_acceptance(accepted: datetime, limit: ProcessingTime) -> None:
    due = compute(accepted, limit, CALENDAR, DECREE_118).due_at
    assert any(i.start < due.time() <= i.end for i in CALENDAR.hours_on(due.date()))
    assert due.date() >= accepted.date()


@given(INSTANTS, st.integers(1, 40))
def test_working_days_counted_one_by_one(accepted: datetime, days: int) -> None:
    day: date = accepted.date()
    left = days
    while left:
        day += timedelta(days=1)
        left -= CALENDAR.is_working_day(day)
    limit = ProcessingTime(days, Unit.WORKING_DAYS)
    assert compute(accepted, limit, CALENDAR, DECREE_118).due_at == CALENDAR.close_of(day)
