"""A new calendar moves every kind of limit, of cases and of complaints: each once, killed in the middle or not."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from contracts.envelope import Actor
from contracts.intake.catalogue import ReferenceKind
from contracts.intake.commands.catalogue import DraftReference, PublishReference
from contracts.intake.commands.feedback import FileComplaint
from contracts.intake.feedback import ComplaintState, ComplaintSubject, FeedbackReason
from contracts.intake.queries.recompute import DeadlineMoves, DeadlineRecomputes
from contracts.intake.vocabulary import Channel, LimitKind, Outcome
from contracts.roles import Role
from contracts.topology import TOPOLOGY
from services.chassis.calls import Calls
from services.chassis.database import Database
from services.chassis.errors import Fault, fault_of
from services.chassis.ids import uuid7
from services.chassis.outbox import Origin
from services.intake import consumers
from services.intake.domain import feedback, moves
from services.intake.domain.audit import Step
from services.intake.domain.cases import Case
from services.intake.domain.feedback import Complaint
from services.intake.handlers.cases import emit
from services.intake.handlers.places import Places
from services.intake.handlers.recompute import Recompute
from services.intake.handlers.reference_book import ReferenceBook
from services.intake.handlers.reference_documents import ShippedDocuments
from services.intake.limits import limits
from services.intake.reference import Reference, shipped
from services.intake.store import cases as cases_store
from services.intake.store import feedback as feedback_store
from services.worktime.clock import ZONE, FrozenClock
from tests.component.ground import CLOCK, Ground, answer, command, query
from tests.component.intake import TRAIL, changed_rows
from tests.support import stack

pytestmark = pytest.mark.asyncio(loop_scope="module")

REFERENCE = Reference.shipped()
WHY = "Thiếu giấy tờ."
NOW = datetime(2026, 3, 31, 9, tzinfo=ZONE)
OF_EACH = 5
CASES = ("submitted", "accepted", "supplement", "correction")
MOVED = {
    LimitKind.DUE: (OF_EACH, 0),
    LimitKind.ACCEPTANCE: (OF_EACH, OF_EACH),
    LimitKind.SUPPLEMENT: (OF_EACH, OF_EACH),
    LimitKind.CORRECTION: (OF_EACH, 0),
    LimitKind.ACKNOWLEDGEMENT: (OF_EACH, OF_EACH),
    LimitKind.ANSWER: (2 * OF_EACH, 0),
}
"""How many there are to move, and how many of them had passed on the Sunday when the calendar was published."""


def at(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=ZONE)


SUNDAY = at(8)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(here: Ground) -> Database:
    return await here.database("intake")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def log(here: Ground) -> AsyncIterator[asyncpg.Connection[Any]]:
    async with stack.database(here.stack, "intake") as connection:
        yield connection


@pytest_asyncio.fixture(loop_scope="module")
async def calls(database: Database, log: asyncpg.Connection[Any]) -> Calls:
    """A fresh installation on the Sunday, with nothing left to be done."""
    await log.execute(
        "truncate reference_document, audit, announced, outbox, deadline_recompute, cases, complaints cascade"
    )
    await ShippedDocuments(database, TRAIL, CLOCK)()
    await log.execute("delete from deadline_recompute")
    calls = Calls("intake", database, TOPOLOGY, CLOCK)
    consumers.register_catalogue(calls, ReferenceBook(), TRAIL, FrozenClock(SUNDAY))
    return calls


def case(kind: str, number: int) -> Case:
    """One whose next step has a limit of this kind, which a free Friday 6 March moves."""
    start = {
        "submitted": at(5, 14),
        "accepted": at(2),
        "supplement": datetime(2026, 2, 19, 9, tzinfo=ZONE),
        "correction": at(2),
    }[kind]
    channel = Channel.ONLINE if kind == "submitted" else Channel.DIRECT
    made = REFERENCE.new_case(uuid7(), "31570", "31570", "1.004222", channel, start)
    terms = REFERENCE.terms_of(made, start)
    made = moves.submit(made, terms, NOW)
    if kind == "submitted":
        return made
    made = moves.accept(made, terms, f"H13.57-260302-{CASES.index(kind)}{number:03d}", start, NOW)
    if kind == "supplement":
        return moves.request_supplement(made, terms, WHY, start, NOW)
    if kind == "correction":
        made = moves.complete(made, Outcome.GRANTED, "", at(3), NOW)
        return moves.report_error(made, terms, WHY, at(4), NOW)
    return made


def complaint(state: ComplaintState) -> Complaint:
    wish = FileComplaint(
        complaint_id=uuid7(), subject=ComplaintSubject.CONDUCT, reason=FeedbackReason.SLOW, unit="31570"
    )
    citizen = Actor(id="cong-dan-1", role=Role.CITIZEN)
    made, _ = feedback.file(wish, citizen, ("31570", "92"), None, REFERENCE.calendar, at(4), limits().complaints)
    return replace(made, state=state, acknowledged_at=None if state is ComplaintState.FILED else at(5))


async def waiting(database: Database) -> tuple[list[Case], list[Complaint]]:
    """Of each kind some, and a complaint that is answered and asks for nothing more."""
    cases = [case(kind, number) for kind in CASES for number in range(OF_EACH)]
    states = (ComplaintState.FILED, ComplaintState.ACKNOWLEDGED)
    complaints = [complaint(state) for state in states for _ in range(OF_EACH)]
    ended = replace(complaint(ComplaintState.WITHDRAWN), ended_at=at(6))
    async with database.unit_of_work() as work:
        assert len(await cases_store.insert(work.connection, cases)) == len(cases)
        for told in cases:
            emit(work, Origin(uuid7()), told)
        await TRAIL.record(
            work,
            [Step(c.id, "a", "operator", "import-cases", uuid7(), 0, c.version, to_state=c.state) for c in cases],
        )
        for each in (*complaints, ended):
            await feedback_store.add_complaint(work.connection, each)
    return cases, complaints


async def publish(calls: Calls) -> UUID:
    days = shipped(ReferenceKind.DAYS) + "2026-03-06,off,local,,Nghỉ thử,A day off,test\n"
    drafted = await answer(calls, command(DraftReference(kind=ReferenceKind.DAYS, content=days, note="Nghỉ thứ Sáu")))
    wish = PublishReference(kind=ReferenceKind.DAYS, version=drafted.result["version"])
    return UUID((await answer(calls, command(wish))).result["recompute"])


async def check(
    database: Database,
    calls: Calls,
    log: asyncpg.Connection[Any],
    run: UUID,
    cases: list[Case],
    complaints: list[Complaint],
) -> None:
    """Each limit moved once: its event, its row, its line in the run, its count; and every version has its event."""
    rows = await log.fetch(
        """select entity, version, subject, payload::jsonb->'data' ->> 'limit' as kind,
                  payload::jsonb->'data' ->> 'recompute' as run, payload::jsonb->'data' ->> 'reason_vi' as reason,
                  (payload::jsonb->'data' ->> 'was_overdue')::bool as was_overdue,
                  (payload::jsonb->'data' ->> coalesce(
                      case when payload::jsonb->'data' ? 'due_at' then 'due_at' end, 'by'))::timestamptz as by
           from outbox where subject like '%-moved.%' order by entity, version"""
    )
    told = Counter((LimitKind(row["kind"] or "due"), row["was_overdue"]) for row in rows)
    assert {kind: (told[kind, False] + told[kind, True], told[kind, True]) for kind, _ in told} == MOVED
    assert {(row["run"], row["reason"].endswith("Nghỉ thứ Sáu")) for row in rows} == {(str(run), True)}
    first = {each.id: each.version for each in cases} | {each.id: each.version for each in complaints}
    versions: dict[UUID, list[int]] = {}
    for row in rows:
        versions.setdefault(row["entity"], []).append(row["version"])
    assert {id: each[0] for id, each in versions.items()} == {id: first[id] + 1 for id in first}
    assert all(each == list(range(each[0], each[0] + len(each))) for each in versions.values())
    kept = await log.fetch(
        """select id, version, coalesce(act_by, due_at) as by from cases
           union all select id, version, answer_by from complaints where state <> 'withdrawn'"""
    )
    last = {row["entity"]: row["by"] for row in rows}
    assert {row["id"]: (row["version"], row["by"]) for row in kept} == {
        id: (versions[id][-1], last[id]) for id in versions
    }
    view = (await answer(calls, query(DeadlineRecomputes(id=run)))).result["runs"][0]
    assert {LimitKind(each["limit"]): (each["moved"], each["overdue"]) for each in view["limits"]} == MOVED
    assert (view["looked"], view["moved"], view["open_cases"]) == (len(cases), len(cases), len(cases))
    listed, after = [], None
    while True:
        page = (await answer(calls, query(DeadlineMoves(recompute=run, after=after, limit=7)))).result
        listed += [(each["case_id"], each["limit"]) for each in page["moves"]]
        listed += [(each["complaint_id"], each["limit"]) for each in page["complaints"]]
        if (after := page.get("next")) is None:
            break
    assert len(listed) == len(set(listed)) == sum(moved for moved, _ in MOVED.values()) == len(rows)
    audited = await log.fetch(
        "select entity, to_version from audit where action = 'move-deadline' and entity = any($1)",
        [each.id for each in cases],
    )
    assert await changed_rows(database) == []
    own = await log.fetch("select entity, to_version from audit where to_state = 'complaints'")
    assert {row["entity"]: row["to_version"] for row in own} == {each.id: versions[each.id][-1] for each in complaints}
    assert {row["entity"]: row["to_version"] for row in audited} == {each.id: versions[each.id][-1] for each in cases}


async def test_every_kind_of_limit_moves_once(database: Database, calls: Calls, log: asyncpg.Connection[Any]) -> None:
    cases, complaints = await waiting(database)
    run = await publish(calls)
    await Recompute(database, ReferenceBook(), TRAIL, FrozenClock(NOW))()
    await check(database, calls, log, run, cases, complaints)
    await Recompute(database, ReferenceBook(), TRAIL, FrozenClock(NOW))()
    await check(database, calls, log, run, cases, complaints)


async def test_each_piece_killed_at_its_end_is_done_by_another(
    here: Ground, database: Database, calls: Calls, log: asyncpg.Connection[Any]
) -> None:
    """Those of cases and those of complaints: what a killed process leaves behind is a connection that breaks."""
    cases, complaints = await waiting(database)
    run = await publish(calls)
    other = Recompute(database, ReferenceBook(), TRAIL, FrozenClock(NOW), piece=7)
    killed = 0
    while await database.pool.fetchval("select exists (select from deadline_recompute where done_at is null)"):
        dying = Recompute(await here.database("intake", size=1), ReferenceBook(), TRAIL, FrozenClock(NOW), piece=7)
        async with database.unit_of_work() as work:
            await work.connection.execute("lock table deadline_recompute in share mode")  # holds the last step up
            late = asyncio.create_task(dying.piece())
            pid = None
            async with asyncio.timeout(10):
                while pid is None:
                    pid = await log.fetchval("select pid from pg_locks where not granted and locktype = 'relation'")
                    await asyncio.sleep(0.01)
            await log.execute("select pg_terminate_backend($1)", pid)
            with pytest.raises(Exception) as death:  # noqa: PT011 - however asyncpg calls it, it is the surroundings
                await late
            assert fault_of(death.value) is Fault.SURROUNDINGS
        killed += 1
        assert await other.piece()
    assert killed == 3 + 2  # twenty cases and ten complaints, seven at a time
    await check(database, calls, log, run, cases, complaints)


async def test_a_complaint_is_filed_by_the_calendar_that_stays(database: Database, calls: Calls) -> None:
    """Whoever publishes waits for a complaint that is reckoned by the calendar before, so that its run sees it."""
    places = Places(ReferenceBook())
    async with database.unit_of_work() as work:
        before = await places.calendar(work.connection, "31570")
        publishing = asyncio.create_task(publish(calls))
        async with asyncio.timeout(10):
            while not await database.pool.fetchval("select exists (select from pg_locks where not granted)"):
                await asyncio.sleep(0.02)
        made, _ = feedback.file(
            FileComplaint(
                complaint_id=uuid7(), subject=ComplaintSubject.CONDUCT, reason=FeedbackReason.SLOW, unit="31570"
            ),
            Actor(id="cong-dan-1", role=Role.CITIZEN),
            ("31570", "92"),
            None,
            before,
            at(4),
            limits().complaints,
        )
        await feedback_store.add_complaint(work.connection, made)
    await publishing
    await Recompute(database, ReferenceBook(), TRAIL, FrozenClock(NOW))()
    answer_by = await database.pool.fetchval("select answer_by from complaints where id = $1", made.id)
    assert answer_by == made.answer_by + timedelta(days=1)
