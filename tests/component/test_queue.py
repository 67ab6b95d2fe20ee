"""The queue at the counters on a real database, also when fifty of them call at once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.intake.assistance import Need
from contracts.intake.commands.queue import (
    CallAgain,
    CallNext,
    CancelTicket,
    FinishService,
    IssueTicket,
    MoveTicket,
    StartService,
)
from contracts.intake.counter import Purpose, Series, ServiceOutcome
from contracts.intake.queries.queue import Queue, QueueHistory
from contracts.roles import Role
from services.chassis.calls import Calls
from services.chassis.database import Database
from services.chassis.ids import uuid7
from services.intake.domain import queue as rules
from services.intake.handlers.queue import QueueRounds
from services.intake.store import queue as store
from services.worktime.clock import FrozenClock
from tests.component.assistance import DAY, MORNING, Log, ask, do, refused
from tests.component.ground import answer, command

pytestmark = pytest.mark.asyncio(loop_scope="module")

COUNTERS = 50


async def issue(assistance: Calls, unit: str, *needs: Need, purpose: Purpose = Purpose.RECEIVE) -> dict[str, Any]:
    result: dict[str, Any] = await do(
        assistance, IssueTicket(ticket_id=uuid7(), unit=unit, purpose=purpose, needs=needs)
    )
    return result


async def test_fifty_counters_at_once_call_each_number_once(
    assistance: Calls, unit: str, clock: FrozenClock, log: Log
) -> None:
    issued = []
    for number in range(2 * COUNTERS):
        issued.append(await issue(assistance, unit, *([Need.ELDERLY] if number % 7 == 0 else [])))
        clock.advance(timedelta(seconds=20))

    async def work(counter: int) -> list[str]:
        called = []
        for _ in range(2):
            ticket = await do(assistance, CallNext(unit=unit, counter=counter), seconds=60)
            called.append(ticket["ticket_id"])
            await do(assistance, StartService(ticket_id=UUID(ticket["ticket_id"])), seconds=60)
            await do(assistance, FinishService(ticket_id=UUID(ticket["ticket_id"])), seconds=60)
        return called

    called = [ticket for some in await asyncio.gather(*map(work, range(1, COUNTERS + 1))) for ticket in some]
    assert Counter(called) == Counter(ticket["ticket_id"] for ticket in issued)
    assert await refused(assistance, CallNext(unit=unit, counter=1)) == "queue-empty"
    for ticket in issued:
        facts = [fact for fact in await log.facts(UUID(ticket["ticket_id"])) if fact != "ticket.waiting-long"]
        assert facts == ["ticket.issued", "ticket.called", "ticket.started", "ticket.served"]


async def test_numbers_given_out_at_once_are_all_different(assistance: Calls, unit: str) -> None:
    issued = await asyncio.gather(*(issue(assistance, unit) for _ in range(COUNTERS)))
    assert sorted(ticket["number"] for ticket in issued) == [f"A{number:03d}" for number in range(1, COUNTERS + 1)]


@pytest.mark.parametrize("reserved", [False, True])
async def test_the_database_picks_whom_the_rule_picks(
    intake_database: Database, assistance: Calls, unit: str, clock: FrozenClock, reserved: bool
) -> None:
    dice = random.Random(766)
    for _ in range(60):
        clock.advance(timedelta(minutes=dice.randint(0, 6)))
        needs = [Need.PREGNANT] if dice.random() < 0.3 else []
        await issue(assistance, unit, *needs, purpose=dice.choice(list(Purpose)))
    async with intake_database.unit_of_work(dry_run=True) as work:
        while waiting := [t for t in await store.open_on(work.connection, unit, DAY) if t.state == "waiting"]:
            purposes = dice.sample(list(Purpose), dice.randint(0, 4))
            picked = await store.next_waiting(work.connection, unit, DAY, purposes, reserved=reserved)
            assert picked == rules.next_ticket(waiting, purposes, reserved=reserved)
            if picked is not None:
                assert await store.ahead(work.connection, picked) == rules.ahead_of(waiting, picked.order)
                await store.update(work.connection, [rules.leave(picked, clock.now())[0]])


async def test_a_counter_has_one_person_at_a_time(assistance: Calls, unit: str) -> None:
    first, second = await issue(assistance, unit), await issue(assistance, unit)
    calling = [answer(assistance, command(CallNext(unit=unit, counter=1), role=Role.VOLUNTEER)) for _ in range(2)]
    replies = await asyncio.gather(*calling)
    assert sorted(reply.refusal.code if reply.refusal else "" for reply in replies) == ["", "counter-busy"]
    await do(assistance, FinishService(ticket_id=UUID(first["ticket_id"]), outcome=ServiceOutcome.NO_SHOW))
    assert (await do(assistance, CallNext(unit=unit, counter=1)))["ticket_id"] == second["ticket_id"]


async def test_a_ticket_called_again_moved_on_and_given_up(assistance: Calls, unit: str, log: Log) -> None:
    ticket = UUID((await issue(assistance, unit))["ticket_id"])
    await do(assistance, CallNext(unit=unit, counter=3))
    assert (await do(assistance, CallAgain(ticket_id=ticket)))["times_called"] == 2
    assert await refused(assistance, CallNext(unit=unit, counter=3)) == "counter-busy"
    moved = await do(assistance, MoveTicket(ticket_id=ticket, purpose=Purpose.GUIDE))
    assert (moved["state"], moved["purpose"], moved["ahead"]) == ("waiting", "guide", 0)
    assert await refused(assistance, CallNext(unit=unit, counter=3, purposes=(Purpose.RETURN,))) == "queue-empty"
    await do(assistance, CancelTicket(ticket_id=ticket), Role.CITIZEN)
    assert await refused(assistance, CancelTicket(ticket_id=ticket)) == "wrong-state"
    assert await log.facts(ticket) == [
        "ticket.issued",
        "ticket.called",
        "ticket.called",
        "ticket.routed",
        "ticket.left",
    ]


async def test_long_waiting_is_told_once_by_however_many_replicas(
    intake_database: Database, assistance: Calls, unit: str, clock: FrozenClock, log: Log
) -> None:
    vulnerable, other = await issue(assistance, unit, Need.DISABLED), await issue(assistance, unit)
    both = [UUID(ticket["ticket_id"]) for ticket in (vulnerable, other)]
    rounds = [QueueRounds(intake_database, clock) for _ in range(4)]

    async def told() -> list[bool]:
        await asyncio.gather(*(each.waiting_long() for each in rounds))
        return ["ticket.waiting-long" in await log.facts(ticket) for ticket in both]

    assert await told() == [False, False]
    clock.advance(timedelta(minutes=15))
    assert await told() == [True, False]
    clock.advance(timedelta(minutes=15))
    assert await told() == [True, True]
    await told()
    assert [(await log.facts(ticket)).count("ticket.waiting-long") for ticket in both] == [1, 1]


async def test_who_is_called_before_the_round_has_seen_them_was_waiting_long_all_the_same(
    assistance: Calls, unit: str, clock: FrozenClock, log: Log
) -> None:
    ticket = UUID((await issue(assistance, unit))["ticket_id"])
    clock.advance(timedelta(minutes=31))
    await do(assistance, CallNext(unit=unit, counter=1))
    assert await log.facts(ticket) == ["ticket.issued", "ticket.waiting-long", "ticket.called"]


async def test_the_end_of_the_day_closes_what_is_open_once(
    intake_database: Database, assistance: Calls, unit: str, clock: FrozenClock, log: Log
) -> None:
    tickets = [UUID((await issue(assistance, unit))["ticket_id"]) for _ in range(3)]
    await do(assistance, CallNext(unit=unit, counter=1))
    clock.set(MORNING.replace(hour=23, minute=59))
    await QueueRounds(intake_database, clock).end_of_day()
    assert ["ticket.left" for ticket in tickets if "ticket.left" in await log.facts(ticket)] == []
    clock.advance(timedelta(minutes=1))
    await asyncio.gather(*(QueueRounds(intake_database, clock).end_of_day() for _ in range(3)))
    for ticket in tickets:
        assert (await log.facts(ticket)).count("ticket.left") == 1
    assert (await issue(assistance, unit))["number"] == "A001"
    (day, _) = (await ask(assistance, QueueHistory(unit=unit, first_day=DAY, last_day=DAY + timedelta(days=1))))["days"]
    assert (day["issued"], day["expired"], day["served"]) == (3, 3, 0)


async def test_the_board_shows_who_is_where_and_how_long_it_takes(
    assistance: Calls, unit: str, clock: FrozenClock
) -> None:
    tickets = [await issue(assistance, unit) for _ in range(4)]
    first = await issue(assistance, unit, Need.ELDERLY)
    assert (first["number"], first["ahead"]) == ("U001", 0)
    called = await do(assistance, CallNext(unit=unit, counter=2))
    assert called["ticket_id"] == first["ticket_id"]
    await do(assistance, StartService(ticket_id=UUID(first["ticket_id"])))
    clock.advance(timedelta(minutes=6))
    await do(assistance, FinishService(ticket_id=UUID(first["ticket_id"])))
    await do(assistance, CallNext(unit=unit, counter=2))
    board = await ask(assistance, Queue(unit=unit), Role.CITIZEN)
    ordinary, priority = board["waiting"]
    assert (ordinary["series"], ordinary["waiting"], ordinary["longest_minutes"]) == (Series.ORDINARY, 3, 6)
    assert ordinary["next_numbers"] == [ticket["number"] for ticket in tickets[1:]]
    assert (ordinary["estimate_minutes"], priority["estimate_minutes"]) == (18, 0)
    assert [(at["counter"], at["number"], at["state"]) for at in board["counters"]] == [(2, "A001", "called")]
    assert (board["served"], board["service_minutes"]) == (1, 6.0)
