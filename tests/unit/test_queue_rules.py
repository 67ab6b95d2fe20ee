"""The queue: its order is fair, and a ticket moves as its table says."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.intake.assistance import Need
from contracts.intake.counter import TICKET_MOVES, Purpose, Series, TicketAct, TicketState
from contracts.intake.events import queue as events
from contracts.refusals import Refused
from services.intake.domain import queue
from services.intake.domain.limits import CounterLimits
from services.intake.domain.queue import Step, Ticket
from services.worktime.clock import ZONE

MORNING = datetime(2025, 7, 2, 8, tzinfo=ZONE)
LIMITS = CounterLimits(priority_limit=15, ordinary_limit=30, head_start=60, source="inferred")
HEAD_START = timedelta(minutes=LIMITS.head_start)


def issued(
    minute: float, series: Series = Series.ORDINARY, serial: int = 1, purpose: Purpose = Purpose.RECEIVE
) -> Ticket:
    at = MORNING + timedelta(minutes=minute)
    return queue.issue(uuid4(), ("31570", "92"), (series, serial), purpose, at, LIMITS)[0]


@st.composite
def days(draw: st.DrawFn) -> list[Ticket]:
    """The tickets of a day as they are issued: serials rise with time in each series."""
    minutes = sorted(draw(st.lists(st.integers(0, 540), min_size=1, max_size=40)))
    last = dict.fromkeys(Series, 0)
    tickets = []
    for minute in minutes:
        series = draw(st.sampled_from(Series))
        last[series] += 1
        tickets.append(issued(minute, series, last[series], draw(st.sampled_from(Purpose))))
    return tickets


def called_in_order(tickets: list[Ticket], *, every: int, reserved: bool = False) -> list[tuple[Ticket, datetime]]:
    """Who is called when, by one counter that calls somebody each so many minutes."""
    calls: list[tuple[Ticket, datetime]] = []
    now, waiting = MORNING, list(tickets)
    while waiting:
        here = [each for each in waiting if each.issued_at <= now]
        if (ticket := queue.next_ticket(here, (), reserved=reserved)) is not None:
            calls.append((ticket, now))
            waiting.remove(ticket)
        now += timedelta(minutes=every)
    return calls


@given(days(), st.integers(1, 30), st.booleans())
def test_everybody_is_called_once(tickets: list[Ticket], every: int, reserved: bool) -> None:
    called = [ticket.id for ticket, _ in called_in_order(tickets, every=every, reserved=reserved)]
    assert len(called) == len(set(called))
    assert set(called) == {ticket.id for ticket in tickets}


@given(days(), st.integers(1, 30))
def test_an_ordinary_number_is_overtaken_only_by_priority_within_the_head_start(
    tickets: list[Ticket], every: int
) -> None:
    order = [ticket for ticket, _ in called_in_order(tickets, every=every)]
    for place, ticket in enumerate(order):
        overtaking = [each for each in order[:place] if each.issued_at > ticket.issued_at]
        if ticket.series is Series.PRIORITY:
            assert overtaking == []
        for each in overtaking:
            assert each.series is Series.PRIORITY
            assert each.issued_at <= ticket.issued_at + HEAD_START


@given(days(), st.integers(1, 30))
def test_priority_never_waits_longer_than_in_a_queue_without_priority(tickets: list[Ticket], every: int) -> None:
    alike = [replace(ticket, rank_at=ticket.issued_at) for ticket in tickets]
    first_come = {ticket.id: at for ticket, at in called_in_order(alike, every=every)}
    for ticket, at in called_in_order(tickets, every=every):
        if ticket.series is Series.PRIORITY:
            assert at <= first_come[ticket.id]


@given(days(), st.integers(1, 30))
def test_priority_is_called_before_all_who_came_within_the_head_start(tickets: list[Ticket], every: int) -> None:
    calls = called_in_order(tickets, every=every)
    for ticket, at in calls:
        if ticket.series is Series.ORDINARY:
            for other, other_at in calls:
                if other.series is Series.PRIORITY and other.issued_at <= at < other_at:
                    assert ticket.issued_at < other.issued_at - HEAD_START


@given(days(), st.integers(1, 30))
def test_a_reserved_counter_calls_no_other_while_priority_waits(tickets: list[Ticket], every: int) -> None:
    calls = called_in_order(tickets, every=every, reserved=True)
    for ticket, at in calls:
        if ticket.series is Series.ORDINARY:
            assert not any(o.series is Series.PRIORITY and o.issued_at <= at < when for o, when in calls)


@given(days(), st.sets(st.sampled_from(Purpose), min_size=1))
def test_a_counter_calls_only_whom_it_can_serve(tickets: list[Ticket], purposes: set[Purpose]) -> None:
    ticket = queue.next_ticket(tickets, purposes, reserved=False)
    assert (ticket is None) == all(each.purpose not in purposes for each in tickets)
    assert ticket is None or ticket.purpose in purposes


@pytest.mark.parametrize("need", Need)
def test_who_comes_first(need: Need) -> None:
    assert (queue.series_for([need]) is Series.PRIORITY) == (need is not Need.ETHNIC_MINORITY)
    assert queue.series_for([]) is Series.ORDINARY


NOW = MORNING + timedelta(minutes=10)


ACTS: dict[TicketAct, Callable[[Ticket], Step]] = {
    TicketAct.CALL: lambda ticket: queue.call(ticket, 2, NOW),
    TicketAct.CALL_AGAIN: lambda ticket: queue.call_again(ticket, NOW),
    TicketAct.START: lambda ticket: queue.start(ticket, NOW),
    TicketAct.FINISH: lambda ticket: queue.finish(ticket, NOW),
    TicketAct.NO_SHOW: lambda ticket: queue.no_show(ticket, NOW),
    TicketAct.LEAVE: lambda ticket: queue.leave(ticket, NOW),
    TicketAct.MOVE: lambda ticket: queue.move(ticket, Purpose.GUIDE, NOW),
    TicketAct.EXPIRE: lambda ticket: queue.expire(ticket, NOW),
}

_S, _A, _E = TicketState, TicketAct, events
ALLOWED: dict[tuple[TicketState, TicketAct], tuple[TicketState, type[events.TicketFact]]] = {
    (_S.WAITING, _A.CALL): (_S.CALLED, _E.TicketCalled),
    (_S.WAITING, _A.LEAVE): (_S.LEFT, _E.TicketLeft),
    (_S.WAITING, _A.MOVE): (_S.WAITING, _E.TicketRouted),
    (_S.WAITING, _A.EXPIRE): (_S.EXPIRED, _E.TicketLeft),
    (_S.CALLED, _A.CALL_AGAIN): (_S.CALLED, _E.TicketCalled),
    (_S.CALLED, _A.START): (_S.SERVING, _E.TicketStarted),
    (_S.CALLED, _A.NO_SHOW): (_S.NO_SHOW, _E.TicketLeft),
    (_S.CALLED, _A.LEAVE): (_S.LEFT, _E.TicketLeft),
    (_S.CALLED, _A.MOVE): (_S.WAITING, _E.TicketRouted),
    (_S.CALLED, _A.EXPIRE): (_S.EXPIRED, _E.TicketLeft),
    (_S.SERVING, _A.FINISH): (_S.DONE, _E.TicketServed),
    (_S.SERVING, _A.MOVE): (_S.WAITING, _E.TicketRouted),
    (_S.SERVING, _A.EXPIRE): (_S.EXPIRED, _E.TicketLeft),
}
"""Written out once more, so that a slip in the table of the contracts is a failing test."""


@pytest.mark.parametrize("act", TicketAct)
@pytest.mark.parametrize("state", TicketState)
def test_a_ticket_in_every_state_against_everything_that_can_happen(state: TicketState, act: TicketAct) -> None:
    at_counter = {TicketState.CALLED, TicketState.SERVING}
    before = replace(issued(0), state=state, version=5, counter=2 if state in at_counter else None)
    assert (state in TICKET_MOVES[act].sources) == ((state, act) in ALLOWED)
    if (state, act) not in ALLOWED:
        with pytest.raises(Refused) as refused:
            ACTS[act](before)
        assert refused.value.refusal.code == "wrong-state"
        return
    after, fact = ACTS[act](before)
    assert (after.state, type(fact)) == ALLOWED[state, act]
    assert after.version == 6


def test_a_ticket_moved_on_keeps_its_place_and_its_counter_is_free() -> None:
    first = issued(0)
    called = queue.call(first, 2, NOW)[0]
    moved = queue.move(called, Purpose.OTHER, NOW)[0]
    assert (moved.order, moved.counter, moved.purpose, moved.number) == (first.order, None, Purpose.OTHER, "A001")


@pytest.mark.parametrize(("series", "minutes"), [(Series.PRIORITY, 15), (Series.ORDINARY, 30)])
def test_waiting_is_told_once_when_its_limit_passes(series: Series, minutes: int) -> None:
    ticket = issued(0, series)
    assert not queue.waits_long(ticket, MORNING + timedelta(minutes=minutes, seconds=-1))
    assert queue.waits_long(ticket, MORNING + timedelta(minutes=minutes))
    told, fact = queue.tell_long(ticket)
    assert isinstance(fact, events.TicketWaitingLong)
    assert (fact.limit_minutes, told.version) == (minutes, 2)
    assert not queue.waits_long(told, MORNING + timedelta(hours=5))


def test_the_estimate_is_the_mean_service_shared_by_the_counters() -> None:
    services = [timedelta(minutes=4), timedelta(minutes=8)]
    assert queue.estimate(5, services, 2) == 15
    assert queue.estimate(5, services, 0) == 30
    assert queue.estimate(0, services, 1) == 0
    assert queue.estimate(5, [], 2) is None


def test_a_number_after_the_999th() -> None:
    assert (
        queue.issue(UUID(int=1), ("31570", "92"), (Series.ORDINARY, 1000), Purpose.OTHER, NOW, LIMITS)[1].number
        == "A1000"
    )
