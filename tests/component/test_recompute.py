"""A new calendar moves open deadlines: each once, whatever is killed or happens meanwhile. And retention, counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from contracts.intake.catalogue import ReferenceKind
from contracts.intake.commands.catalogue import DraftReference, PublishReference
from contracts.intake.queries.recompute import DeadlineMoves, DeadlineRecomputes
from contracts.intake.queries.retention import RetentionReport
from contracts.intake.vocabulary import CaseState, Channel, Outcome
from services.chassis.calls import Calls
from services.chassis.database import Database
from services.chassis.errors import Fault, fault_of
from services.chassis.ids import uuid7
from services.intake.domain.cases import Case
from services.intake.handlers.recompute import Recompute
from services.intake.handlers.reference_book import ReferenceBook
from services.intake.reference import Reference, shipped
from services.intake.store import cases as cases_store
from services.worktime.clock import ZONE
from tests.component.ground import CLOCK, Ground, answer, command, query
from tests.component.intake import TRAIL, installed
from tests.support import stack

pytestmark = pytest.mark.asyncio(loop_scope="module")

MONDAY = datetime(2026, 3, 2, 9, tzinfo=ZONE)
FRIDAY_OFF = shipped(ReferenceKind.DAYS) + "2026-03-06,off,local,,Nghỉ thử,A day off,test\n"
OPEN, MOVED = 60, 45
REFERENCE = Reference.shipped()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(here: Ground) -> Database:
    return await here.database("intake")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def log(here: Ground) -> AsyncIterator[asyncpg.Connection[Any]]:
    """The service may add to its outbox, and neither read nor empty it."""
    async with stack.database(here.stack, "intake") as connection:
        yield connection


@pytest_asyncio.fixture(loop_scope="module")
async def calls(database: Database, log: asyncpg.Connection[Any]) -> Calls:
    """A fresh installation, with nothing left to be done."""
    return await installed(database, log)


def case(number: int, procedure: str = "1.004222", at: datetime = MONDAY, **more: Any) -> Case:
    made = REFERENCE.new_case(uuid7(), "31570", "31570", procedure, Channel.DIRECT, at)
    due = REFERENCE.deadline(procedure, at)
    values = vars(made) | {
        "version": 2,
        "state": CaseState.ACCEPTED,
        "case_code": f"H13.57-260302-{number:04d}",
        "moved_at": at,
        "accepted_at": at,
        "clock_started_at": at,
        "first_due_at": due.due_at,
        "due_at": due.due_at,
        "act_by": due.due_at,
        "rule_version": due.rule_version,
        "calendar_version": due.calendar_version,
    }
    return Case(**(values | more))


async def saved(database: Database, cases: Sequence[Case]) -> None:
    async with database.unit_of_work() as work:
        assert len(await cases_store.insert(work.connection, cases)) == len(cases)


async def open_cases(database: Database) -> list[Case]:
    """Of every four, three move: two of seven working days, one of five; the fourth is due the same day."""
    of_four = ("1.004222", "1.004222", "1.010038", "1.001193")
    cases = [case(number, of_four[number % 4]) for number in range(OPEN)]
    done = [
        case(
            1_000 + n,
            state=CaseState.COMPLETED,
            version=3,
            act_by=None,
            completed_at=MONDAY + timedelta(hours=1),
            outcome=Outcome.GRANTED,
        )
        for n in range(5)
    ]
    await saved(database, [*cases, *done])
    return cases


async def publish(calls: Calls, days: str = FRIDAY_OFF, note: str = "Nghỉ thứ Sáu") -> UUID:
    draft = DraftReference(kind=ReferenceKind.DAYS, content=days, note=note)
    version = (await answer(calls, command(draft))).result["version"]
    result = (await answer(calls, command(PublishReference(kind=ReferenceKind.DAYS, version=version)))).result
    return UUID(result["recompute"])


async def check(database: Database, log: asyncpg.Connection[Any], before: list[Case], run: UUID) -> None:
    """Each case that had to move did so once, with its event, its line in the run, and the next version."""
    after = {row["id"]: row for row in await database.pool.fetch("select id, version, due_at, act_by from cases")}
    moved = {each.id: each for each in before if after[each.id]["due_at"] != each.due_at}
    assert len(moved) == MOVED
    assert {each.procedure for each in moved.values()} == {"1.004222", "1.010038"}
    assert {after[id]["version"] for id in moved} == {3}
    assert [id for id in moved if after[id]["act_by"] != after[id]["due_at"]] == []
    assert {after[each.id]["version"] for each in before if each.id not in moved} == {2}
    told = await log.fetch(
        """select entity, version, payload::jsonb->'data'->>'recompute' as run,
                  (payload::jsonb->'data'->>'old_due_at')::timestamptz as old_due_at,
                  (payload::jsonb->'data'->>'due_at')::timestamptz as due_at
           from outbox where subject = 'evt.intake.case.deadline-moved.v1.92'"""
    )
    assert {row["entity"]: tuple(row)[1:] for row in told} == {
        id: (3, str(run), each.due_at, after[id]["due_at"]) for id, each in moved.items()
    }
    assert len(told) == MOVED
    rows = await database.pool.fetch("select entity from deadline_move where recompute = $1", run)
    assert sorted(row["entity"] for row in rows) == sorted(moved)
    found = await database.pool.fetchrow("select looked, moved, open_cases, done_at from deadline_recompute")
    assert found is not None
    assert (found["looked"], found["moved"], found["open_cases"]) == (OPEN, MOVED, OPEN)
    assert found["done_at"] is not None


async def test_a_day_off_moves_what_is_due_after_it(
    database: Database, calls: Calls, log: asyncpg.Connection[Any]
) -> None:
    before = await open_cases(database)
    run = await publish(calls)
    await Recompute(database, ReferenceBook(), TRAIL, CLOCK)()
    await check(database, log, before, run)
    view = (await answer(calls, query(DeadlineRecomputes(id=run)))).result["runs"][0]
    assert view["reason_vi"].endswith("Nghỉ thứ Sáu")
    pages, after = [], None
    while True:
        page = (await answer(calls, query(DeadlineMoves(recompute=run, after=after, limit=20)))).result
        pages.append(page["moves"])
        if (after := page.get("next")) is None:
            break
    assert [len(page) for page in pages] == [20, 20, 5]
    assert len({move["case_id"] for page in pages for move in page}) == MOVED
    residence = {str(each.id) for each in before if each.procedure == "1.004222"}
    found = {
        (datetime.fromisoformat(move["old_due_at"]), datetime.fromisoformat(move["due_at"]))
        for page in pages
        for move in page
        if move["case_id"] in residence
    }
    assert found == {(datetime(2026, 3, 11, 17, tzinfo=ZONE), datetime(2026, 3, 12, 17, tzinfo=ZONE))}


async def test_killed_in_the_middle_nothing_is_lost_and_nothing_happens_twice(
    here: Ground, database: Database, calls: Calls, log: asyncpg.Connection[Any]
) -> None:
    """A connection that breaks is what a killed process leaves behind."""
    before = await open_cases(database)
    run = await publish(calls)
    dying = await here.database("intake", size=2)
    first = Recompute(dying, ReferenceBook(), TRAIL, CLOCK, piece=16)
    assert await first.piece()
    other = Recompute(database, ReferenceBook(), TRAIL, CLOCK, piece=16)
    async with database.unit_of_work() as work:
        await work.connection.execute("lock table deadline_move in exclusive mode")  # holds the piece up at its end
        late = asyncio.create_task(first.piece())
        async with asyncio.timeout(10):
            while not (
                pid := await log.fetchval("select pid from pg_locks where not granted and locktype = 'relation'")
            ):
                await asyncio.sleep(0.02)
        assert not await other.piece()  # it is in the other's hand
        await log.execute("select pg_terminate_backend($1)", pid)
        with pytest.raises(Exception) as death:  # noqa: PT011 - however asyncpg calls it, it is the surroundings
            await late
        assert fault_of(death.value) is Fault.SURROUNDINGS
    await other()
    await check(database, log, before, run)
    await other()
    await check(database, log, before, run)


async def test_several_replicas_share_the_work(database: Database, calls: Calls, log: asyncpg.Connection[Any]) -> None:
    before = await open_cases(database)
    run = await publish(calls)
    replicas = [Recompute(database, ReferenceBook(), TRAIL, CLOCK, piece=7) for _ in range(3)]

    async def until_done(replica: Recompute) -> None:
        async with asyncio.timeout(30):
            while await database.pool.fetchval("select exists (select from deadline_recompute where done_at is null)"):
                await replica()
                await asyncio.sleep(0.01)

    await asyncio.gather(*map(until_done, replicas))
    await check(database, log, before, run)


async def test_a_case_in_somebodys_hand_is_waited_for_and_looked_at_as_it_then_is(
    database: Database, calls: Calls
) -> None:
    cases = [case(number) for number in range(3)]
    await saved(database, cases)
    await publish(calls)
    async with database.unit_of_work() as work:
        await work.connection.execute(
            """update cases set state = 'completed', version = 3, completed_at = now(), outcome = 'granted',
                                act_by = null where id = $1""",
            cases[1].id,
        )
        working = asyncio.create_task(Recompute(database, ReferenceBook(), TRAIL, CLOCK)())
        async with asyncio.timeout(10):
            while not await work.connection.fetchval("select exists (select from pg_locks where not granted)"):
                await asyncio.sleep(0.02)
    await working
    rows = {row["id"]: row for row in await database.pool.fetch("select id, due_at, version from cases")}
    found = [(rows[each.id]["due_at"] != each.due_at, rows[each.id]["version"]) for each in cases]
    assert found == [(True, 3), (False, 3), (True, 3)]


async def test_back_again_moves_back(database: Database, calls: Calls) -> None:
    cases = [case(number) for number in range(3)]
    await saved(database, cases)
    await publish(calls)
    await Recompute(database, ReferenceBook(), TRAIL, CLOCK)()
    await publish(calls, shipped(ReferenceKind.DAYS), "Nhầm")
    await Recompute(database, ReferenceBook(), TRAIL, CLOCK)()
    rows = await database.pool.fetch("select due_at, version, calendar_version from cases")
    assert {tuple(row) for row in rows} == {(cases[0].due_at, 4, cases[0].calendar_version)}


async def test_what_is_due_for_deletion_is_counted_and_nothing_is_deleted(database: Database, calls: Calls) -> None:
    """Certified copies are kept 2 years, residence for ever; open cases are none of it."""
    old = datetime(2025, 7, 2, 9, tzinfo=ZONE)
    closed = {
        "state": CaseState.COMPLETED,
        "version": 3,
        "act_by": None,
        "completed_at": old + timedelta(hours=1),
        "outcome": Outcome.GRANTED,
    }
    copies = [case(n, "2.000815", old, **closed) for n in range(3)]
    later = case(9, "2.000815", old, **closed | {"completed_at": datetime(2026, 7, 2, 9, tzinfo=ZONE)})
    residence = case(10, "1.004222", old, **closed)
    still_open = case(11, "2.000815", old)
    await saved(database, [*copies, later, residence, still_open])

    async def report(on: date, **more: Any) -> Any:
        return (await answer(calls, query(RetentionReport(on=on, **more)))).result

    assert (await report(date(2027, 7, 2)))["due"] == 0  # the last day that they are kept
    found = await report(date(2027, 7, 3), unit="31570", limit=2)
    assert (found["closed"], found["due"]) == (5, 3)
    assert [(g["field"], g["year"], g["closed"], g["due"]) for g in found["groups"]] == [
        ("chung-thuc", 2025, 3, 3),
        ("chung-thuc", 2026, 1, 0),
        ("cu-tru", 2025, 1, 0),
    ]
    bases = {basis["procedure"]: basis for basis in found["bases"]}
    assert (bases["2.000815"]["years"], bases["2.000815"]["confidence"]) == (2, "general knowledge")
    assert bases["1.004222"]["permanent"]
    rest = await report(date(2027, 7, 3), unit="92", limit=2, after=UUID(found["next"]))
    codes = [each["case_code"] for each in (*found["cases"], *rest["cases"])]
    assert sorted(codes) == sorted(each.case_code or "" for each in copies)
    assert "next" not in rest
    assert (await report(date(2027, 7, 3), unit="01"))["closed"] == 0
    assert await database.pool.fetchval("select count(*) from cases") == 6
