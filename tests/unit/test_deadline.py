"""Deadlines, by examples from the calendar and by properties."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.reference import Reference
from services.worktime.clock import ZONE
from services.worktime.deadline import (
    DECREE_118,
    Deadline,
    ProcessingTime,
    Season,
    Unit,
    compute,
    compute_quickly,
    end_of_days,
    paused,
)

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
        ("2026-02-13T16:30", 1, Unit.WORKING_HOURS, "2026-02-23T07:30"),  # across Tết, to the minute
        ("2026-02-13T15:01", 0, Unit.SAME_DAY, "2026-02-23T17:00"),  # after the cut-off of the last day before Tết
        ("2025-12-31T15:01", 0, Unit.SAME_DAY, "2026-01-05T17:00"),  # 1 January, the swapped day, a weekend
        ("2026-01-10T14:00", 0, Unit.SAME_DAY, "2026-01-10T17:00"),  # the Saturday that is worked has full hours
        ("2026-01-09T16:00", 3, Unit.WORKING_HOURS, "2026-01-10T09:00"),
        ("2025-12-03T09:00", 30, Unit.CALENDAR_DAYS, "2026-01-05T17:00"),  # the 30th day is the swapped 2 January
        ("2025-08-29T09:00", 1, Unit.WORKING_DAYS, "2025-09-03T17:00"),  # 1 and 2 September 2025
        ("2026-08-21T09:00", 1, Unit.WORKING_DAYS, "2026-08-22T17:00"),  # worked for 31 August
        ("2026-08-28T09:00", 1, Unit.WORKING_DAYS, "2026-09-03T17:00"),  # 31 August to 2 September 2026
        ("2026-11-23T09:00", 1, Unit.WORKING_DAYS, "2026-11-25T17:00"),  # 24 November, since 2026
        ("2025-11-21T09:00", 1, Unit.WORKING_DAYS, "2025-11-24T17:00"),  # but a working day in 2025
        ("2026-04-24T09:00", 1, Unit.WORKING_DAYS, "2026-04-28T17:00"),  # Hùng Kings on a Sunday: Monday too
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


REVIEW = ProcessingTime(0, Unit.SEASON, Season.parse("09-01..12-14"))
AT_ONCE = ProcessingTime(0, Unit.IMMEDIATE)


@pytest.mark.parametrize(
    ("accepted", "limit", "due", "kinds"),
    [
        ("2025-07-01T09:00", AT_ONCE, "2025-07-01T17:00", ["immediate"]),
        ("2025-07-01T17:00", AT_ONCE, "2025-07-01T17:00", ["immediate"]),  # the cut-off is of paper that is handed on
        ("2025-07-04T17:01", AT_ONCE, "2025-07-07T17:00", ["immediate", "closed"]),
        ("2025-07-05T09:00", AT_ONCE, "2025-07-07T17:00", ["immediate", "moved"]),
        ("2026-09-10T09:00", REVIEW, "2026-12-14T17:00", ["season"]),
        ("2026-03-10T09:00", REVIEW, "2026-12-14T17:00", ["season"]),
        ("2025-09-10T09:00", REVIEW, "2025-12-15T17:00", ["season", "moved"]),  # 14 December 2025 is a Sunday
        ("2025-12-15T17:00", REVIEW, "2025-12-15T17:00", ["season", "moved"]),
        ("2025-12-15T17:01", REVIEW, "2026-12-14T17:00", ["season_over", "season"]),
        ("2025-12-31T09:00", REVIEW, "2026-12-14T17:00", ["season_over", "season"]),
    ],
)
def test_immediate_results_and_seasons(accepted: str, limit: ProcessingTime, due: str, kinds: list[str]) -> None:
    explained = compute(at(accepted), limit, CALENDAR, DECREE_118)
    assert explained.due_at == at(due)
    assert [step.kind for step in explained.steps[1:-1]] == kinds
    assert compute_quickly(at(accepted), limit, CALENDAR, DECREE_118).due_at == at(due)


def test_the_steps_of_the_example_with_their_articles() -> None:
    explained = compute(at("2025-08-29T16:20"), ProcessingTime(7, Unit.WORKING_DAYS), CALENDAR, DECREE_118)
    told = [(step.kind, step.at.date().isoformat(), step.article) for step in explained.steps]
    assert told == [
        ("accepted", "2025-08-29", "NĐ 118/2025 Đ17.3"),
        ("first_day", "2025-08-29", "BLDS 2015 Đ147.2"),
        ("day_off", "2025-09-01", "BLLĐ 2019 Đ112"),
        ("day_off", "2025-09-02", "BLLĐ 2019 Đ112"),
        ("working_day", "2025-09-03", ""),
        ("working_day", "2025-09-04", ""),
        ("working_day", "2025-09-05", ""),
        ("working_day", "2025-09-08", ""),
        ("working_day", "2025-09-09", ""),
        ("working_day", "2025-09-10", ""),
        ("working_day", "2025-09-11", ""),
        ("due", "2025-09-11", "NĐ 118/2025 Đ17.3"),
    ]


def test_the_steps_of_a_limit_in_hours_add_up() -> None:
    explained = compute(at("2026-02-13T15:00"), ProcessingTime(8, Unit.WORKING_HOURS), CALENDAR, DECREE_118)
    notes = [step.note_en for step in explained.steps if step.kind == "hours"]
    assert notes == [
        "Working hours of 2026-02-13: 2 h, 2 h so far",
        "Working hours of 2026-02-23: 6 h, 8 h so far",
    ]
    assert explained.due_at == at("2026-02-23T15:00")


def test_a_restart_says_so() -> None:
    limit = ProcessingTime(3, Unit.WORKING_DAYS)
    first = compute(at("2025-07-08T09:00"), limit, CALENDAR, DECREE_118, restarted=True).steps[0]
    assert (first.kind, first.article) == ("restarted", "NĐ 118/2025 Đ19.5")


def test_a_pause_moves_the_due_instant_by_its_working_time_counted_once() -> None:
    pauses = [  # the second lies within the first, over a weekend; the third is out of hours
        (at("2025-07-03T15:00"), at("2025-07-08T08:00")),
        (at("2025-07-04T09:00"), at("2025-07-07T09:00")),
        (at("2025-07-09T18:00"), at("2025-07-09T19:00")),
    ]
    moved = paused(at("2025-07-10T17:00"), pauses, CALENDAR)
    assert moved.due_at == at("2025-07-15T10:00")  # 2 h + 8 h + 8 h + 1 h: Friday 11, Monday 14, and 3 h of the 15th
    assert [step.kind for step in moved.steps] == ["due_before", "paused", "paused", "due"]


def test_a_pause_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        paused(at("2025-07-10T17:00"), [(at("2025-07-04T09:00"), at("2025-07-03T09:00"))], CALENDAR)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2025-07-01T16:59", 15, "2025-07-16T17:00"),
        ("2025-07-04T09:00", 15, "2025-07-21T17:00"),  # the 15th day is a Saturday
        ("2026-02-03T09:00", 15, "2026-02-23T17:00"),  # ... or in Tết
        ("2025-07-01T23:00", 1, "2025-07-02T17:00"),
    ],
)
def test_limits_in_plain_days_end_at_a_close(start: str, days: int, end: str) -> None:
    assert end_of_days(at(start), days, CALENDAR) == at(end)


@pytest.mark.parametrize("text", ["09-01", "9-1..12-14", "02-29..03-01", "13-01..12-14", "09-01..12-32", ""])
def test_a_season_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"season|every year"):
        Season.parse(text)


def test_a_season_is_written_as_it_is_read() -> None:
    assert str(Season.parse("09-01..12-14")) == "09-01..12-14"


@pytest.mark.parametrize("way", [compute, compute_quickly])
def test_an_instant_without_a_zone_is_refused(way: Callable[..., Deadline]) -> None:
    naive = datetime(2025, 7, 1, 9)  # noqa: DTZ001
    with pytest.raises(ValueError, match="no zone"):
        way(naive, ProcessingTime(1, Unit.WORKING_DAYS), CALENDAR, DECREE_118)


@pytest.mark.parametrize(
    ("amount", "unit"),
    [
        (0, Unit.WORKING_DAYS),
        (-1, Unit.WORKING_HOURS),
        (1, Unit.SAME_DAY),
        (1, Unit.IMMEDIATE),
        (3_651, Unit.CALENDAR_DAYS),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(amount: int, unit: Unit) -> None:
    with pytest.raises(ValueError, match="makes no sense"):
        ProcessingTime(amount, unit)


def test_only_a_season_has_a_season() -> None:
    with pytest.raises(ValueError, match="needs its season"):
        ProcessingTime(0, Unit.SEASON)
    with pytest.raises(ValueError, match="has no season"):
        ProcessingTime(0, Unit.SAME_DAY, Season.parse("09-01..12-14"))


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
