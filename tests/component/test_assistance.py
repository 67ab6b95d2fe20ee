"""Visits, the queue, ratings and complaints on a real database, also when many want the same at once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from contracts.envelope import Actor
from contracts.intake.assistance import AgeBand, Indicator, Need, TaskGroup
from contracts.intake.commands.feedback import (
    AcknowledgeComplaint,
    AnswerComplaint,
    CloseComplaint,
    FileComplaint,
    RateResult,
    WithdrawComplaint,
)
from contracts.intake.commands.queue import (
    CallAgain,
    CallNext,
    CancelTicket,
    FinishService,
    IssueTicket,
    MoveTicket,
    StartService,
)
from contracts.intake.commands.visits import AmendVisit, IndicatorCount, RecordVisit, RevokeVisit, What, Whom
from contracts.intake.counter import Purpose, Series, ServiceOutcome
from contracts.intake.feedback import ComplaintOutcome, ComplaintSubject, FeedbackReason, Satisfaction
from contracts.intake.queries.feedback import Complaints, SatisfactionSummary
from contracts.intake.queries.queue import Queue, QueueHistory
from contracts.intake.queries.visits import AssistanceSummary, Visits
from contracts.roles import Role
from contracts.topology import TOPOLOGY
from services.chassis.calls import Calls
from services.chassis.database import Database
from services.chassis.ids import uuid7
from services.intake import consumers
from services.intake.domain import queue as rules
from services.intake.handlers.assistance import Assistance
from services.intake.handlers.queue import QueueRounds
from services.intake.limits import limits
from services.intake.reference import Reference
from services.intake.store import queue as store
from services.worktime.clock import ZONE, FrozenClock, SystemClock
from tests.component.ground import Ground, answer, command, query

pytestmark = pytest.mark.asyncio(loop_scope="module")

MORNING = datetime(2025, 7, 2, 8, tzinfo=ZONE)
DAY = MORNING.date()
units = (unit.code for unit in Reference.shipped().units() if len(unit.code) == 5 and unit.province == "92")
codes = (f"H13.57-250702-{number:04d}" for number in count(1))
COUNTERS = 50


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(here: Ground) -> Database:
    return await here.database("intake", clock=SystemClock())


@pytest.fixture
def unit() -> str:
    """A commune that no other test has touched."""
    return next(units)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(MORNING)


@pytest.fixture
def calls(database: Database, clock: FrozenClock) -> Calls:
    calls = Calls("intake", database, TOPOLOGY, SystemClock())
    consumers.register_assistance(calls, Assistance(Reference.shipped(), clock, limits()))
    return calls


@pytest_asyncio.fixture(loop_scope="module")
async def log(here: Ground, database: Database) -> AsyncIterator[Log]:
    """Looks into the outbox with the relay's rights; in the end no entity has a gap in its versions."""
    found = Log(await here.relay_connection("intake"))
    yield found
    gaps = await found.connection.fetch(
        "select entity from outbox group by entity having max(version) <> count(*) or min(version) <> 1"
    )
    assert gaps == []


class Log:
    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def facts(self, entity: UUID) -> list[str]:
        """The entity's facts in order, e.g. `ticket.issued`."""
        rows = await self.connection.fetch("select subject from outbox where entity = $1 order by version", entity)
        return [".".join(row["subject"].split(".")[2:4]) for row in rows]


async def do(calls: Calls, data: Any, role: Role = Role.RECEIVING_OFFICER, actor: str = "tester", **more: Any) -> Any:
    """The result of a command that is not refused."""
    made = command(data, role=role, **more)
    reply = await answer(calls, made.model_copy(update={"actor": Actor(id=actor, role=role)}))
    assert reply.refusal is None, reply.refusal
    return reply.result


async def refused(calls: Calls, data: Any, role: Role = Role.RECEIVING_OFFICER, actor: str = "tester") -> str:
    reply = await answer(calls, command(data, role=role).model_copy(update={"actor": Actor(id=actor, role=role)}))
    assert reply.refusal is not None, reply.result
    return str(reply.refusal.code)


async def ask(calls: Calls, data: Any, role: Role = Role.OPERATOR) -> Any:
    reply = await answer(calls, query(data, role=role))
    assert reply.refusal is None, reply.refusal
    return reply.result


async def issue(calls: Calls, unit: str, *needs: Need, purpose: Purpose = Purpose.RECEIVE) -> dict[str, Any]:
    result: dict[str, Any] = await do(calls, IssueTicket(ticket_id=uuid7(), unit=unit, purpose=purpose, needs=needs))
    return result


async def a_case(database: Database, unit: str, state: str = "completed") -> tuple[UUID, str]:
    case_id, code = uuid7(), next(codes)
    await database.pool.execute(
        """insert into cases (id, version, state, case_code, receiving_unit, deciding_unit, province, procedure, field,
                              channel, submitted_at, accepted_at, due_at, completed_at)
           values ($1, 3, $2, $3, $4, $4, '92', '2.000815', 'chung-thuc', 'direct', $5, $5, $5,
                   case when $2 = 'completed' then $5::timestamptz end)""",
        case_id,
        state,
        code,
        unit,
        MORNING,
    )
    return case_id, code


# --- the queue -------------------------------------------------------------------------------------


async def test_fifty_counters_at_once_call_each_number_once(
    calls: Calls, unit: str, clock: FrozenClock, log: Log
) -> None:
    issued = []
    for number in range(2 * COUNTERS):
        issued.append(await issue(calls, unit, *([Need.ELDERLY] if number % 7 == 0 else [])))
        clock.advance(timedelta(seconds=20))

    async def work(counter: int) -> list[str]:
        called = []
        for _ in range(2):
            ticket = await do(calls, CallNext(unit=unit, counter=counter), seconds=60)
            called.append(ticket["ticket_id"])
            await do(calls, StartService(ticket_id=UUID(ticket["ticket_id"])), seconds=60)
            await do(calls, FinishService(ticket_id=UUID(ticket["ticket_id"])), seconds=60)
        return called

    called = [ticket for some in await asyncio.gather(*map(work, range(1, COUNTERS + 1))) for ticket in some]
    assert Counter(called) == Counter(ticket["ticket_id"] for ticket in issued)
    assert await refused(calls, CallNext(unit=unit, counter=1)) == "queue-empty"
    for ticket in issued:
        facts = [fact for fact in await log.facts(UUID(ticket["ticket_id"])) if fact != "ticket.waiting-long"]
        assert facts == ["ticket.issued", "ticket.called", "ticket.started", "ticket.served"]


async def test_numbers_given_out_at_once_are_all_different(calls: Calls, unit: str) -> None:
    issued = await asyncio.gather(*(issue(calls, unit) for _ in range(COUNTERS)))
    assert sorted(ticket["number"] for ticket in issued) == [f"A{number:03d}" for number in range(1, COUNTERS + 1)]


@pytest.mark.parametrize("reserved", [False, True])
async def test_the_database_picks_whom_the_rule_picks(
    database: Database, calls: Calls, unit: str, clock: FrozenClock, reserved: bool
) -> None:
    dice = random.Random(766)
    for _ in range(60):
        clock.advance(timedelta(minutes=dice.randint(0, 6)))
        needs = [Need.PREGNANT] if dice.random() < 0.3 else []
        await issue(calls, unit, *needs, purpose=dice.choice(list(Purpose)))
    async with database.unit_of_work(dry_run=True) as work:
        while waiting := [t for t in await store.open_on(work.connection, unit, DAY) if t.state == "waiting"]:
            purposes = dice.sample(list(Purpose), dice.randint(0, 4))
            picked = await store.next_waiting(work.connection, unit, DAY, purposes, reserved=reserved)
            assert picked == rules.next_ticket(waiting, purposes, reserved=reserved)
            if picked is not None:
                assert await store.ahead(work.connection, picked) == rules.ahead_of(waiting, picked.order)
                await store.update(work.connection, [rules.leave(picked, clock.now())[0]])


async def test_a_counter_has_one_person_at_a_time(calls: Calls, unit: str) -> None:
    first, second = await issue(calls, unit), await issue(calls, unit)
    calling = [answer(calls, command(CallNext(unit=unit, counter=1), role=Role.VOLUNTEER)) for _ in range(2)]
    replies = await asyncio.gather(*calling)
    assert sorted(reply.refusal.code if reply.refusal else "" for reply in replies) == ["", "counter-busy"]
    await do(calls, FinishService(ticket_id=UUID(first["ticket_id"]), outcome=ServiceOutcome.NO_SHOW))
    assert (await do(calls, CallNext(unit=unit, counter=1)))["ticket_id"] == second["ticket_id"]


async def test_a_ticket_called_again_moved_on_and_given_up(calls: Calls, unit: str, log: Log) -> None:
    ticket = UUID((await issue(calls, unit))["ticket_id"])
    await do(calls, CallNext(unit=unit, counter=3))
    assert (await do(calls, CallAgain(ticket_id=ticket)))["times_called"] == 2
    assert await refused(calls, CallNext(unit=unit, counter=3)) == "counter-busy"
    moved = await do(calls, MoveTicket(ticket_id=ticket, purpose=Purpose.GUIDE))
    assert (moved["state"], moved["purpose"], moved["ahead"]) == ("waiting", "guide", 0)
    assert await refused(calls, CallNext(unit=unit, counter=3, purposes=(Purpose.RETURN,))) == "queue-empty"
    await do(calls, CancelTicket(ticket_id=ticket), Role.CITIZEN)
    assert await refused(calls, CancelTicket(ticket_id=ticket)) == "wrong-state"
    assert await log.facts(ticket) == [
        "ticket.issued",
        "ticket.called",
        "ticket.called",
        "ticket.routed",
        "ticket.left",
    ]


async def test_long_waiting_is_told_once_by_however_many_replicas(
    database: Database, calls: Calls, unit: str, clock: FrozenClock, log: Log
) -> None:
    vulnerable, other = await issue(calls, unit, Need.DISABLED), await issue(calls, unit)
    both = [UUID(ticket["ticket_id"]) for ticket in (vulnerable, other)]
    rounds = [QueueRounds(database, clock) for _ in range(4)]

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
    calls: Calls, unit: str, clock: FrozenClock, log: Log
) -> None:
    ticket = UUID((await issue(calls, unit))["ticket_id"])
    clock.advance(timedelta(minutes=31))
    await do(calls, CallNext(unit=unit, counter=1))
    assert await log.facts(ticket) == ["ticket.issued", "ticket.waiting-long", "ticket.called"]


async def test_the_end_of_the_day_closes_what_is_open_once(
    database: Database, calls: Calls, unit: str, clock: FrozenClock, log: Log
) -> None:
    tickets = [UUID((await issue(calls, unit))["ticket_id"]) for _ in range(3)]
    await do(calls, CallNext(unit=unit, counter=1))
    clock.set(MORNING.replace(hour=23, minute=59))
    await QueueRounds(database, clock).end_of_day()
    assert ["ticket.left" for ticket in tickets if "ticket.left" in await log.facts(ticket)] == []
    clock.advance(timedelta(minutes=1))
    await asyncio.gather(*(QueueRounds(database, clock).end_of_day() for _ in range(3)))
    for ticket in tickets:
        assert (await log.facts(ticket)).count("ticket.left") == 1
    assert (await issue(calls, unit))["number"] == "A001"
    (day, _) = (await ask(calls, QueueHistory(unit=unit, first_day=DAY, last_day=DAY + timedelta(days=1))))["days"]
    assert (day["issued"], day["expired"], day["served"]) == (3, 3, 0)


async def test_the_board_shows_who_is_where_and_how_long_it_takes(calls: Calls, unit: str, clock: FrozenClock) -> None:
    tickets = [await issue(calls, unit) for _ in range(4)]
    first = await issue(calls, unit, Need.ELDERLY)
    assert (first["number"], first["ahead"]) == ("U001", 0)
    called = await do(calls, CallNext(unit=unit, counter=2))
    assert called["ticket_id"] == first["ticket_id"]
    await do(calls, StartService(ticket_id=UUID(first["ticket_id"])))
    clock.advance(timedelta(minutes=6))
    await do(calls, FinishService(ticket_id=UUID(first["ticket_id"])))
    await do(calls, CallNext(unit=unit, counter=2))
    board = await ask(calls, Queue(unit=unit), Role.CITIZEN)
    ordinary, priority = board["waiting"]
    assert (ordinary["series"], ordinary["waiting"], ordinary["longest_minutes"]) == (Series.ORDINARY, 3, 6)
    assert ordinary["next_numbers"] == [ticket["number"] for ticket in tickets[1:]]
    assert (ordinary["estimate_minutes"], priority["estimate_minutes"]) == (18, 0)
    assert [(at["counter"], at["number"], at["state"]) for at in board["counters"]] == [(2, "A001", "called")]
    assert (board["served"], board["service_minutes"]) == (1, 6.0)


# --- visits ----------------------------------------------------------------------------------------


ONLINE = IndicatorCount(indicator=Indicator.ONLINE_CASES_SUPPORTED)


def visit(unit: str, *counts: IndicatorCount, **more: Any) -> RecordVisit:
    fields = {"visit_id": uuid7(), "unit": unit, "whom": Whom(), "what": What(counts=counts or (ONLINE,))}
    return RecordVisit(**{**fields, **more})


async def summary(calls: Calls, unit: str | None) -> Any:
    return await ask(calls, AssistanceSummary(unit=unit, first_day=DAY, last_day=DAY))


def amounts(view: Any) -> dict[str, int]:
    return {each["indicator"]: each["amount"] for each in view["indicators"] if each["amount"]}


async def test_a_case_counts_once_however_many_record_it_at_once(
    database: Database, calls: Calls, unit: str, log: Log
) -> None:
    case_id, code = await a_case(database, unit, "accepted")
    wishes = [visit(unit, **({"case_code": code} if n % 2 else {"case_id": case_id})) for n in range(12)]
    saved = await asyncio.gather(*(do(calls, wish, Role.VOLUNTEER, f"tnv-{n}") for n, wish in enumerate(wishes)))
    assert sum(each["counts_case"] for each in saved) == 1
    assert sum("notice_vi" in each for each in saved) == 11
    assert amounts(await summary(calls, unit)) == {"online_cases_supported": 1}
    counting = next(each for each in saved if each["counts_case"])
    await do(calls, RevokeVisit(visit_id=UUID(counting["visit_id"])), Role.LEAD)
    view = await summary(calls, unit)
    assert (view["visits"], amounts(view)) == (11, {"online_cases_supported": 1})
    told = [await log.facts(UUID(each["visit_id"])) for each in saved]
    assert Counter(map(tuple, told)) == {
        ("assistance.recorded",): 10,
        ("assistance.recorded", "assistance.amended"): 1,
        ("assistance.recorded", "assistance.revoked"): 1,
    }


async def test_visits_to_one_case_revoked_and_amended_at_once_leave_one_that_counts(
    database: Database, calls: Calls, unit: str, log: Log
) -> None:
    _, code = await a_case(database, unit)
    _, other = await a_case(database, unit)
    saved = [UUID((await do(calls, visit(unit, case_code=code)))["visit_id"]) for _ in range(8)]

    async def change(number: int, visit_id: UUID) -> Any:
        wish: Any = RevokeVisit(visit_id=visit_id)
        if number % 2:
            wish = AmendVisit(visit_id=visit_id, whom=Whom(), what=What(counts=(ONLINE,)), case_code=other)
        return await do(calls, wish, Role.LEAD, seconds=60)

    await asyncio.gather(*(change(number, visit_id) for number, visit_id in enumerate(saved[1:])))
    assert amounts(await summary(calls, unit)) == {"online_cases_supported": 2}


async def test_the_summary_counts_what_was_not_revoked(calls: Calls, unit: str) -> None:
    level_1 = IndicatorCount(indicator=Indicator.VNEID_LEVEL_1_GUIDED)
    level_2 = IndicatorCount(indicator=Indicator.VNEID_LEVEL_2_GUIDED, amount=2)
    khmer = Whom(age_band=AgeBand.FROM_75, needs=(Need.ETHNIC_MINORITY, Need.ELDERLY), language="khm")
    await do(calls, visit(unit, level_1, whom=khmer, minutes=20), Role.MINOR_VOLUNTEER)
    await do(calls, visit(unit, level_1, level_2), Role.VOLUNTEER)
    await do(calls, visit(unit, what=What(group=TaskGroup.SUPPORT_OFFICIALS), at=MORNING - timedelta(days=1)))
    wrong = await do(calls, visit(unit, level_1), Role.VOLUNTEER)
    await do(calls, RevokeVisit(visit_id=UUID(wrong["visit_id"])), Role.VOLUNTEER)
    view = await summary(calls, unit)
    assert (view["visits"], view["minutes"]) == (2, 35)
    assert amounts(view) == {"vneid_level_1_guided": 2, "vneid_level_2_guided": 2}
    by = {name: {each["value"]: each["visits"] for each in view[name]} for name in view if name.startswith("by_")}
    assert by == {
        "by_age_band": {"75_plus": 1, "unknown": 1},
        "by_group": {"online_services": 2},
        "by_outcome": {"done": 2},
        "by_place": {"centre": 2},
        "by_need": {"elderly": 1, "ethnic_minority": 1, "none": 1},
        "by_language": {"khm": 1},
    }
    for wider in ("92", None):
        assert (await summary(calls, wider))["visits"] >= 2


async def test_a_page_goes_on_where_the_last_one_ended(calls: Calls, unit: str, clock: FrozenClock) -> None:
    recorded = []
    for _ in range(5):
        recorded.append((await do(calls, visit(unit)))["visit_id"])  # several at the same instant
        if len(recorded) == 3:
            clock.advance(timedelta(minutes=1))
    seen: list[str] = []
    after: UUID | None = None
    while True:
        page = await ask(calls, Visits(unit=unit, day=DAY, after=after, limit=2), Role.VOLUNTEER)
        assert len(page["visits"]) <= 2
        seen += [each["visit_id"] for each in page["visits"]]
        if "next" not in page:
            break
        after = UUID(page["next"])
    assert sorted(seen) == sorted(recorded)
    assert len(seen) == len(recorded)


@pytest.mark.parametrize("named", [{"case_id": UUID(int=404)}, {"case_code": "H13.57-250702-9999"}])
async def test_a_visit_names_no_case_that_is_not_there(calls: Calls, unit: str, named: dict[str, Any]) -> None:
    assert await refused(calls, visit(unit, **named), Role.VOLUNTEER) == "unknown-case"
    assert await refused(calls, visit(unit, **named), Role.MINOR_VOLUNTEER) == "minor-no-case"
    assert await refused(calls, visit("99999"), Role.VOLUNTEER) == "unknown-unit"


# --- ratings and complaints ------------------------------------------------------------------------


async def test_a_result_is_rated_once_and_then_changed(database: Database, calls: Calls, unit: str, log: Log) -> None:
    _, code = await a_case(database, unit)
    answers = [Satisfaction.SATISFIED, Satisfaction.DISSATISFIED] * 3
    rated = await asyncio.gather(
        *(do(calls, RateResult(case_code=code, answer=each), Role.CITIZEN, seconds=30) for each in answers)
    )
    assert sorted(each["version"] for each in rated) == [1, 2, 3, 4, 5, 6]
    (rating,) = {each["rating_id"] for each in rated}
    assert await log.facts(UUID(rating)) == ["rating.recorded"] * 6
    view = await ask(calls, SatisfactionSummary(unit=unit, first_day=DAY, last_day=DAY))
    assert view["rated"] == 1
    assert await refused(calls, RateResult(case_code=code, answer=answers[0]), Role.RECEIVING_OFFICER) == "forbidden"


async def test_a_case_without_result_is_not_rated(database: Database, calls: Calls, unit: str) -> None:
    _, code = await a_case(database, unit, "accepted")
    wish = RateResult(case_code=code, answer=Satisfaction.NEUTRAL)
    assert await refused(calls, wish, Role.CITIZEN) == "no-result-yet"


def complaint(code: str | None = None, unit: str | None = None) -> FileComplaint:
    return FileComplaint(
        complaint_id=uuid7(),
        subject=ComplaintSubject.CASE if code else ComplaintSubject.CONDUCT,
        reason=FeedbackReason.ASKED_AGAIN if code else FeedbackReason.ATTITUDE,
        case_code=code,
        unit=unit,
        about_actor="can-bo-01",
    )


async def test_a_complaint_from_filing_to_its_end(database: Database, calls: Calls, unit: str, log: Log) -> None:
    _, code = await a_case(database, unit)
    wish = complaint(code)
    it = {"complaint_id": wish.complaint_id}
    await do(calls, wish, Role.CITIZEN, "cong-dan-1")
    assert await refused(calls, AcknowledgeComplaint(**it), actor="can-bo-01") == "conflict-of-interest"
    await do(calls, AcknowledgeComplaint(**it), actor="can-bo-02", expected_version=1)
    (line,) = (await ask(calls, Complaints(unit=unit), Role.CENTRE_HEAD))["complaints"]
    assert (line["state"], line["moves"], line["overdue"]) == ("acknowledged", ["answer-complaint"], False)
    await do(calls, AnswerComplaint(outcome=ComplaintOutcome.UPHELD, **it), Role.LEADER)
    assert await refused(calls, CloseComplaint(**it), Role.CITIZEN, "cong-dan-2") == "not-yours"
    await do(calls, CloseComplaint(**it), Role.CITIZEN, "cong-dan-1")
    assert (await ask(calls, Complaints(unit=unit)))["complaints"] == []
    facts = ["complaint.filed", "complaint.acknowledged", "complaint.answered", "complaint.closed"]
    assert await log.facts(wish.complaint_id) == facts


async def test_what_decision_766_takes_off_is_counted_once_for_each_case(
    database: Database, calls: Calls, unit: str
) -> None:
    _, both = await a_case(database, unit)
    _, disliked = await a_case(database, unit)
    _, withdrawn = await a_case(database, unit)
    for code in (both, disliked):
        await do(calls, RateResult(case_code=code, answer=Satisfaction.DISSATISFIED), Role.CITIZEN)
    wishes: Sequence[FileComplaint] = (complaint(both), complaint(withdrawn), complaint(unit=unit))
    for wish in wishes:
        await do(calls, wish, Role.CITIZEN)
    await do(calls, WithdrawComplaint(complaint_id=wishes[1].complaint_id), Role.CITIZEN)
    view = await ask(calls, SatisfactionSummary(unit=unit, first_day=DAY, last_day=DAY))
    assert (view["cases_against"], view["complaints_without_case"]) == (2, 1)
    assert view["ratings"] == [{"answer": "dissatisfied", "ratings": 2}]
    assert Counter((each["subject"], each["state"]) for each in view["complaints"]) == {
        ("case", "filed"): 1,
        ("case", "withdrawn"): 1,
        ("conduct", "filed"): 1,
    }


async def test_pages_of_complaints(calls: Calls, unit: str) -> None:
    filed = [complaint(unit=unit) for _ in range(3)]
    for wish in filed:
        await do(calls, wish, Role.VOLUNTEER)

    async def pages() -> AsyncIterator[Iterator[str]]:
        after: UUID | None = None
        while True:
            page = await ask(calls, Complaints(unit=unit, after=after, limit=2))
            yield (each["complaint_id"] for each in page["complaints"])
            if "next" not in page:
                return
            after = UUID(page["next"])

    seen = [each async for page in pages() for each in page]
    assert sorted(seen) == sorted(str(wish.complaint_id) for wish in filed)
