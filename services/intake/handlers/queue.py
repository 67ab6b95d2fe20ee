"""Use cases of the queue at the counters: load, decide, save."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.envelope import Command, Query
from contracts.intake.commands.queue import (
    CallAgain,
    CallNext,
    CancelTicket,
    FinishService,
    IssueTicket,
    MoveTicket,
    StartService,
    TicketMoved,
)
from contracts.intake.counter import Series, ServiceOutcome, TicketState
from contracts.intake.queries.queue import (
    AtCounter,
    Queue,
    QueueDay,
    QueueHistory,
    QueueHistoryView,
    QueueView,
    WaitingSeries,
)
from contracts.intake.refusals import AssistanceRefusal
from contracts.refusals import refuse
from services.chassis.database import Connection, Database, UnitOfWork
from services.chassis.ids import uuid7
from services.chassis.outbox import Cause, Origin
from services.intake.domain import queue as domain
from services.intake.domain.limits import CounterLimits, QueueLimits
from services.intake.domain.queue import Step, Ticket
from services.intake.handlers.common import check_version, exists_already, not_found, window
from services.intake.handlers.places import Places
from services.intake.store import queue as store
from services.worktime.clock import ZONE, Clock

_LAST_SERVICES = 20
_SHOWN = 5
_PIECE = 500


class QueueHandlers:
    """Commands and queries about the queue."""

    def __init__(self, places: Places, clock: Clock, limits: QueueLimits) -> None:
        self._places = places
        self._clock = clock
        self._limits = limits

    async def issue(self, work: UnitOfWork, command: Command[IssueTicket]) -> TicketMoved:
        wish, now = command.data, self._clock.now()
        place = (wish.unit, await self._places.province(work.connection, wish.unit))
        series = domain.series_for(wish.needs)
        serial = await store.next_serial(work.connection, wish.unit, now.astimezone(ZONE).date(), series)
        limits = self._limits.of(wish.unit)
        step = domain.issue(wish.ticket_id, place, (series, serial), wish.purpose, now, limits)
        if not await store.insert(work.connection, [step[0]]):
            raise exists_already("số", "ticket", "ticket_id")
        tell(work, command, [step])
        return _answer(step[0], await store.ahead(work.connection, step[0]))

    async def call_next(self, work: UnitOfWork, command: Command[CallNext]) -> TicketMoved:
        """A ticket that another counter is just taking is passed over, so that no counter waits for another."""
        wish, now = command.data, self._clock.now()
        await self._places.province(work.connection, wish.unit)
        if busy := await store.at_counter(work.connection, wish.unit, wish.counter):
            raise refuse(
                AssistanceRefusal.COUNTER_BUSY,
                f"Quầy {wish.counter} còn số {busy.number}; hãy kết thúc hoặc chuyển số đó trước.",
                f"Counter {wish.counter} still has number {busy.number}; finish or move it first.",
                field="counter",
                ticket_id=str(busy.id),
            )
        reserved = wish.counter in self._limits.of(wish.unit).reserved_counters
        day = now.astimezone(ZONE).date()
        ticket = await store.next_waiting(work.connection, wish.unit, day, wish.purposes, reserved=reserved)
        if ticket is None:
            raise refuse(
                AssistanceRefusal.QUEUE_EMPTY,
                "Không còn ai chờ cho quầy này.",
                "Nobody waits for this counter.",
                field="purposes" if wish.purposes else "unit",
            )
        steps: list[Step] = []
        if domain.waits_long(ticket, now):  # the round would have told it a moment later
            steps.append(domain.tell_long(ticket))
            ticket = steps[-1][0]
        steps.append(domain.call(ticket, wish.counter, now))
        return await self._save(work, command, steps)

    async def call_again(self, work: UnitOfWork, command: Command[CallAgain]) -> TicketMoved:
        ticket = await self._load(work, command, command.data.ticket_id)
        return await self._save(work, command, [domain.call_again(ticket, self._clock.now())])

    async def start(self, work: UnitOfWork, command: Command[StartService]) -> TicketMoved:
        ticket = await self._load(work, command, command.data.ticket_id)
        return await self._save(work, command, [domain.start(ticket, self._clock.now())])

    async def finish(self, work: UnitOfWork, command: Command[FinishService]) -> TicketMoved:
        ticket = await self._load(work, command, command.data.ticket_id)
        decide = domain.finish if command.data.outcome is ServiceOutcome.DONE else domain.no_show
        return await self._save(work, command, [decide(ticket, self._clock.now())])

    async def cancel(self, work: UnitOfWork, command: Command[CancelTicket]) -> TicketMoved:
        ticket = await self._load(work, command, command.data.ticket_id)
        return await self._save(work, command, [domain.leave(ticket, self._clock.now())])

    async def move(self, work: UnitOfWork, command: Command[MoveTicket]) -> TicketMoved:
        ticket = await self._load(work, command, command.data.ticket_id)
        step = domain.move(ticket, command.data.purpose, self._clock.now())
        await self._save(work, command, [step])
        return _answer(step[0], await store.ahead(work.connection, step[0]))

    async def _load(self, work: UnitOfWork, command: Command[Any], ticket_id: UUID) -> Ticket:
        ticket = await store.by_id(work.connection, ticket_id)
        if ticket is None:
            raise not_found("số", "ticket", "ticket_id")
        check_version(command.expected_version, ticket.version)
        return ticket

    async def _save(self, work: UnitOfWork, command: Command[Any], steps: Sequence[Step]) -> TicketMoved:
        after = steps[-1][0]
        await store.update(work.connection, [after])
        tell(work, command, steps)
        return _answer(after)

    async def board(self, connection: Connection, query: Query[Queue]) -> QueueView:
        unit, now = query.data.unit, self._clock.now()
        await self._places.province(connection, unit)
        day = now.astimezone(ZONE).date()
        tickets = await store.open_on(connection, unit, day)
        served, services = await store.served_on(connection, unit, day, _LAST_SERVICES)
        at_counters = sorted(
            (each for each in tickets if each.state is not TicketState.WAITING), key=lambda each: each.counter or 0
        )
        waiting = [each for each in tickets if each.state is TicketState.WAITING]
        limits = self._limits.of(unit)
        return QueueView(
            unit=unit,
            at=now,
            waiting=[_series(each, waiting, now, limits, services, len(at_counters)) for each in Series],
            counters=[_counter(each, limits) for each in at_counters],
            served=served,
            service_minutes=_minutes(sum(services, timedelta()) / len(services)) if services else None,
        )

    async def history(self, connection: Connection, query: Query[QueueHistory]) -> QueueHistoryView:
        wish = query.data
        await self._places.province(connection, wish.unit)
        window(wish.first_day, wish.last_day)
        rows = await store.history(connection, wish.unit, wish.first_day, wish.last_day)
        return QueueHistoryView(days=[QueueDay(**dict(row)) for row in rows])


class QueueRounds:
    """What time does to tickets. Safe in several replicas: each takes what no other has in hand, and each once."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def waiting_long(self) -> int:
        """Tells whose waiting passed its limit; how many."""
        now = self._clock.now()
        return await self._all(lambda connection: store.waiting_long(connection, now, _PIECE), domain.tell_long)

    async def end_of_day(self) -> int:
        """Closes what earlier days left open; how many."""
        now = self._clock.now()
        today = now.astimezone(ZONE).date()
        return await self._all(
            lambda connection: store.left_over(connection, today, _PIECE), lambda ticket: domain.expire(ticket, now)
        )

    async def _all(
        self, claim: Callable[[Connection], Awaitable[list[Ticket]]], decide: Callable[[Ticket], Step]
    ) -> int:
        done = 0
        while True:
            async with self._database.unit_of_work() as work:
                steps = [decide(ticket) for ticket in await claim(work.connection)]
                if steps:
                    await store.update(work.connection, [ticket for ticket, _ in steps])
                    tell(work, Origin(uuid7()), steps)
            done += len(steps)
            if len(steps) < _PIECE:
                return done


def tell(work: UnitOfWork, cause: Cause, steps: Sequence[Step]) -> None:
    """Tells what happened to tickets."""
    for ticket, fact in steps:
        work.emit(fact, entity=ticket.id, version=ticket.version, province=ticket.province, cause=cause)


def _answer(ticket: Ticket, ahead: int | None = None) -> TicketMoved:
    return TicketMoved(
        ticket_id=ticket.id,
        number=ticket.number,
        state=ticket.state,
        version=ticket.version,
        purpose=ticket.purpose,
        issued_at=ticket.issued_at,
        counter=ticket.counter,
        times_called=ticket.times_called,
        ahead=ahead,
    )


def _series(
    series: Series, waiting: Sequence[Ticket], now: datetime, limits: CounterLimits, services: Sequence[timedelta],
    counters: int,
) -> WaitingSeries:  # fmt: skip
    own = [each for each in waiting if each.series is series]
    rank = now - timedelta(minutes=limits.head_start) if series is Series.PRIORITY else now
    ahead = domain.ahead_of(waiting, (rank, series is not Series.PRIORITY, 1 << 31))
    return WaitingSeries(
        series=series,
        waiting=len(own),
        longest_minutes=max((int(_minutes(now - each.issued_at)) for each in own), default=0),
        over_limit=sum(each.long_at <= now for each in own),
        estimate_minutes=domain.estimate(ahead, services, counters),
        next_numbers=[each.number for each in own[:_SHOWN]],
    )


def _counter(ticket: Ticket, limits: CounterLimits) -> AtCounter:
    return AtCounter(
        counter=ticket.counter or 0,
        ticket_id=ticket.id,
        number=ticket.number,
        purpose=ticket.purpose,
        state=ticket.state,
        since=ticket.started_at or ticket.last_called_at or ticket.issued_at,
        reserved=ticket.counter in limits.reserved_counters,
    )


def _minutes(time: timedelta) -> float:
    return round(time.total_seconds() / 60, 1)
