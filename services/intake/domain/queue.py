"""The queue at a centre's counters: who is called next, and what happens to a ticket.

The order is fair by one rule: a priority number is ranked as though it had been issued `head_start` earlier. Whoever
has priority is so called before all others who came within that time, and nobody waits for ever: an ordinary number is
overtaken only by priority numbers issued at most `head_start` after it. A reserved counter (Decree 118/2025 Art 13.2b)
calls priority numbers first, and others when none of those waits.

Pure: decides from values. What it says no to raises `Refused` with a stable code.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.intake.assistance import Need
from contracts.intake.counter import TICKET_MOVES, LeftReason, Purpose, Series, TicketAct, TicketState
from contracts.intake.events import queue as events
from contracts.intake.refusals import AssistanceRefusal
from contracts.refusals import Refused, refuse
from services.intake.domain.limits import CounterLimits
from services.worktime.clock import ZONE

COMES_FIRST = frozenset({Need.ELDERLY, Need.DISABLED, Need.PREGNANT})
"""Art 13.2b. Who needs another language is helped otherwise."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A number as it stands. `long_at`: when waiting has been long; `version` counts its events."""

    id: UUID
    unit: str
    province: str
    day: date
    series: Series
    serial: int
    purpose: Purpose
    issued_at: datetime
    rank_at: datetime
    long_at: datetime
    told_long: bool = False
    version: int = 1
    state: TicketState = TicketState.WAITING
    counter: int | None = None
    times_called: int = 0
    first_called_at: datetime | None = None
    last_called_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def number(self) -> str:
        return f"{self.series}{self.serial:03d}"

    @property
    def order(self) -> tuple[datetime, bool, int]:
        """What the queue is sorted by."""
        return (self.rank_at, self.series is not Series.PRIORITY, self.serial)


Step = tuple[Ticket, events.TicketFact]
"""A ticket after something happened to it, and what is told of that."""


def series_for(needs: Collection[Need]) -> Series:
    return Series.PRIORITY if COMES_FIRST & set(needs) else Series.ORDINARY


def issue(
    ticket_id: UUID, place: tuple[str, str], number: tuple[Series, int], purpose: Purpose, at: datetime,
    limits: CounterLimits,
) -> Step:  # fmt: skip
    """A new ticket at a place (unit, province) under a number (series, serial)."""
    series, serial = number
    ahead = timedelta(minutes=limits.head_start) if series is Series.PRIORITY else timedelta()
    ticket = Ticket(
        ticket_id,
        *place,
        at.astimezone(ZONE).date(),
        series,
        serial,
        purpose,
        at,
        at - ahead,
        at + limits.limit(series),
    )
    return ticket, _fact(events.TicketIssued, ticket)


def next_ticket(waiting: Iterable[Ticket], purposes: Collection[Purpose], *, reserved: bool) -> Ticket | None:
    """Whose turn it is at a counter; the store's SQL does the same over rows that nobody else holds."""
    for_it = [ticket for ticket in waiting if not purposes or ticket.purpose in purposes]
    return min(for_it, key=lambda each: (reserved and each.series is not Series.PRIORITY, each.order), default=None)


def call(ticket: Ticket, counter: int, now: datetime) -> Step:
    """Calls a number, for the first time since it waits."""
    return _called(_moved(ticket, TicketAct.CALL), counter, now)


def call_again(ticket: Ticket, now: datetime) -> Step:
    after = _moved(ticket, TicketAct.CALL_AGAIN)
    return _called(after, after.counter or 0, now)


def start(ticket: Ticket, now: datetime) -> Step:
    after = replace(_moved(ticket, TicketAct.START), started_at=now)
    return after, _fact(events.TicketStarted, after, started_at=now, counter=after.counter)


def finish(ticket: Ticket, now: datetime) -> Step:
    after = replace(_moved(ticket, TicketAct.FINISH), ended_at=now)
    return after, _fact(
        events.TicketServed,
        after,
        served_at=now,
        counter=after.counter,
        waited_seconds=_seconds(after.issued_at, after.first_called_at),
        service_seconds=_seconds(after.started_at, now),
    )


def no_show(ticket: Ticket, now: datetime) -> Step:
    return _left(ticket, TicketAct.NO_SHOW, LeftReason.NO_SHOW, now)


def leave(ticket: Ticket, now: datetime) -> Step:
    return _left(ticket, TicketAct.LEAVE, LeftReason.LEFT, now)


def expire(ticket: Ticket, now: datetime) -> Step:
    """Its day is over."""
    return _left(ticket, TicketAct.EXPIRE, LeftReason.EXPIRED, now)


def move(ticket: Ticket, purpose: Purpose, now: datetime) -> Step:
    """Waits again, for another purpose, at its old place."""
    after = replace(_moved(ticket, TicketAct.MOVE), purpose=purpose, counter=None, started_at=None)
    return after, _fact(events.TicketRouted, after, moved_at=now)


def waits_long(ticket: Ticket, now: datetime) -> bool:
    """Whether it is to be told that it waits long: once for each ticket."""
    return ticket.state is TicketState.WAITING and not ticket.told_long and ticket.long_at <= now


def tell_long(ticket: Ticket) -> Step:
    after = replace(ticket, told_long=True, version=ticket.version + 1)
    limit = round((ticket.long_at - ticket.issued_at).total_seconds() / 60)
    return after, _fact(events.TicketWaitingLong, after, limit_passed_at=ticket.long_at, limit_minutes=limit)


def ahead_of(waiting: Iterable[Ticket], order: tuple[datetime, bool, int]) -> int:
    """How many are called before a place in the order, at counters that are not reserved."""
    return sum(ticket.order < order for ticket in waiting)


def estimate(ahead: int, services: Sequence[timedelta], counters: int) -> int | None:
    """Minutes until one's turn, from the last services of the day; None while there were none."""
    if not services:
        return None
    mean = sum(services, timedelta()) / len(services)
    return math.ceil(ahead * mean.total_seconds() / 60 / max(counters, 1))


def wrong_state(ticket: Ticket, act: TicketAct) -> Refused:
    """The refusal of what cannot happen to a ticket where it stands."""
    allowed = sorted(TICKET_MOVES[act].sources)
    return refuse(
        AssistanceRefusal.WRONG_STATE,
        f"Số {ticket.number} đang “{_STATE_VI[ticket.state]}”; "
        f"cần “{'” hoặc “'.join(_STATE_VI[state] for state in allowed)}”.",
        f"Number {ticket.number} is {ticket.state}; it must be {' or '.join(allowed)}.",
        state=ticket.state,
    )


_STATE_VI = {
    TicketState.WAITING: "đang chờ",
    TicketState.CALLED: "đã gọi",
    TicketState.SERVING: "đang phục vụ",
    TicketState.DONE: "đã phục vụ",
    TicketState.NO_SHOW: "vắng mặt",
    TicketState.LEFT: "đã rời đi",
    TicketState.EXPIRED: "hết ngày",
}


def _moved(ticket: Ticket, act: TicketAct) -> Ticket:
    if ticket.state not in TICKET_MOVES[act].sources:
        raise wrong_state(ticket, act)
    return replace(ticket, version=ticket.version + 1, state=TICKET_MOVES[act].target)


def _called(after: Ticket, counter: int, now: datetime) -> Step:
    after = replace(
        after,
        counter=counter,
        times_called=after.times_called + 1,
        first_called_at=after.first_called_at or now,
        last_called_at=now,
    )
    return after, _fact(
        events.TicketCalled,
        after,
        called_at=now,
        counter=counter,
        times=after.times_called,
        waited_seconds=_seconds(after.issued_at, now),
    )


def _left(ticket: Ticket, act: TicketAct, reason: LeftReason, now: datetime) -> Step:
    after = replace(_moved(ticket, act), ended_at=now)
    return after, _fact(events.TicketLeft, after, left_at=now, reason=reason)


def _seconds(start: datetime | None, end: datetime | None) -> int:
    return max(round((end - start).total_seconds()), 0) if start and end else 0


def _fact(kind: type[events.TicketFact], ticket: Ticket, **facts: Any) -> events.TicketFact:
    return kind(
        ticket_id=ticket.id,
        unit=ticket.unit,
        number=ticket.number,
        series=ticket.series,
        purpose=ticket.purpose,
        issued_at=ticket.issued_at,
        **facts,
    )
