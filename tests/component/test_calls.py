"""Calls under bad luck: too large, too slow, too many at once. Every one is answered, and every answer is true."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from nats.aio.msg import Msg

from contracts.envelope import Command, Query
from contracts.intake.commands.cases import CaseMoved, RecordPayment
from contracts.intake.commands.importing import CasesImported, ImportCases, LogRow, RejectedRow
from contracts.intake.events.catalogue import ProcedurePublished
from contracts.intake.queries.cases import UNITS_AT_ONCE, CaseCounts, CaseCountsView, UnitCaseCount
from contracts.intake.vocabulary import CaseState
from contracts.refusals import Refused
from contracts.roles import Role
from contracts.topology import MAX_PAYLOAD, RETENTION, TOPOLOGY
from services.chassis.calls import Calls
from services.chassis.client import Caller
from services.chassis.database import Connection, Database, UnitOfWork
from services.chassis.ids import uuid7
from tests.component.ground import CLOCK, Ground, Witness, answer, command, delivery, query, submitted

pytestmark = pytest.mark.asyncio(loop_scope="module")
IMPORT, COUNTS = ImportCases(rows=[]), CaseCounts()
DONE = CasesImported(imported=0, advanced=0, already_present=0, rejected=[])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(here: Ground) -> Database:
    return await here.database("intake", size=4)


@pytest.fixture
def calls(database: Database) -> Calls:
    return Calls("intake", database, TOPOLOGY, CLOCK)


async def events_of(here: Ground, entity: object) -> int:
    log = await here.relay_connection("intake")
    return int(await log.fetchval("select count(*) from outbox where entity = $1", entity))


async def test_an_answer_too_large_for_the_bus_is_refused_and_the_command_undone(here: Ground, calls: Calls) -> None:
    entity = uuid7()

    async def talkative(work: UnitOfWork, wish: Command[ImportCases]) -> CasesImported:
        work.emit(submitted(entity), entity=entity, version=1, province="92", cause=wish)
        rejected = [
            RejectedRow(line=n, column="", code="invalid", message_vi="ư" * 500, message_en="") for n in range(999)
        ]
        return DONE.model_copy(update={"rejected": rejected})

    async def all_of_it(_: Connection, __: Query[CaseCounts]) -> CaseCountsView:
        return CaseCountsView(
            counts=[UnitCaseCount(unit="31570", state=CaseState.ACCEPTED, cases=n) for n in range(25_000)]
        )

    calls.command(ImportCases, talkative)
    calls.query(CaseCounts, all_of_it)
    wish = command(IMPORT)
    for _ in range(2):
        assert (await answer(calls, wish)).refusal.code == "too-large"
    assert (await answer(calls, query(COUNTS))).refusal.code == "too-large"
    assert await events_of(here, entity) == 0


async def test_the_counts_of_a_page_of_units_fit_into_an_answer(calls: Calls) -> None:
    async def nation(_: Connection, __: Query[CaseCounts]) -> CaseCountsView:
        states = list(CaseState)
        return CaseCountsView(
            counts=[
                UnitCaseCount(unit=f"{n:05d}", state=state, cases=99_999)
                for n in range(UNITS_AT_ONCE)
                for state in states
            ]
        )

    calls.query(CaseCounts, nation)
    assert (await answer(calls, query(COUNTS))).refusal is None


async def test_an_event_too_large_for_the_bus_never_gets_into_the_outbox(here: Ground, calls: Calls) -> None:
    entity = uuid7()

    async def wordy(work: UnitOfWork, wish: Command[ImportCases]) -> CasesImported:
        data = ProcedurePublished(code="1.001193", name="ư" * (MAX_PAYLOAD // 2), field="x", field_name="x")
        work.emit(data, entity=entity, version=1, province="00", cause=wish)
        return DONE

    calls.command(ImportCases, wordy)
    assert (await answer(calls, command(IMPORT))).refusal.code == "too-large"
    assert await events_of(here, entity) == 0


async def test_a_call_too_large_for_the_bus_is_refused_before_it_is_sent(here: Ground) -> None:
    caller = Caller(await here.client("operator"), TOPOLOGY, CLOCK, command(IMPORT).actor)
    row = LogRow(
        line=1,
        case_code="x" * MAX_PAYLOAD,
        unit="",
        deciding_unit="",
        procedure="",
        channel="",
        submitted_at="",
        accepted_at="",
        completed_at="",
        returned_at="",
    )
    with pytest.raises(Refused, match="too-large"):
        await caller.call("intake", ImportCases(rows=[row]), CasesImported)


async def test_a_service_that_cannot_answer_for_a_while_is_asked_again_under_the_same_id(
    here: Ground, calls: Calls
) -> None:
    """Its database restarts: longer than the service itself tries."""
    reached = 0

    async def handler(_: UnitOfWork, __: Command[ImportCases]) -> CasesImported:
        nonlocal reached
        reached += 1
        if reached < 5:
            raise ConnectionRefusedError
        return DONE

    calls.command(ImportCases, handler)
    service = await here.client("intake")
    subject = TOPOLOGY.call_of("intake", ImportCases).subject

    async def respond(message: Msg) -> None:
        await message.respond(await calls.answer(subject, message.data))

    await service.subscribe(subject, cb=respond)
    await service.flush()
    caller = Caller(await here.client("operator"), TOPOLOGY, CLOCK, command(IMPORT).actor)
    assert await caller.call("intake", IMPORT, CasesImported, timeout=20) == DONE
    assert reached == 5
    await service.close()


async def test_a_deadline_that_passes_during_the_commit_is_not_told_as_nothing_done(
    here: Ground, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    entity = uuid7()
    commit = asyncpg.transaction.Transaction.commit

    async def slow(self: Any) -> None:
        await commit(self)
        await asyncio.sleep(1.5)

    async def handler(work: UnitOfWork, wish: Command[ImportCases]) -> CasesImported:
        work.emit(submitted(entity), entity=entity, version=1, province="92", cause=wish)
        return DONE

    monkeypatch.setattr(asyncpg.transaction.Transaction, "commit", slow)
    calls.command(ImportCases, handler)
    reply = await answer(calls, command(IMPORT, seconds=1))
    assert await events_of(here, entity) == 1
    assert reply.refusal is None


async def test_a_commit_that_fails_is_not_told_as_nothing_done(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection broke while the commit was on its way, and the deadline passed while it was tried again."""
    commit = asyncpg.transaction.Transaction.commit

    async def torn(self: Any) -> None:
        await commit(self)
        await asyncio.sleep(1.5)
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

    async def handler(_: UnitOfWork, __: Command[ImportCases]) -> CasesImported:
        return DONE

    calls.command(ImportCases, handler)
    monkeypatch.setattr(asyncpg.transaction.Transaction, "commit", torn)
    assert (await answer(calls, command(IMPORT, seconds=1))).refusal.code == "unavailable"


async def test_a_deadline_that_passes_in_the_handler_leaves_nothing(here: Ground, calls: Calls) -> None:
    entity = uuid7()

    async def slow(work: UnitOfWork, wish: Command[ImportCases]) -> CasesImported:
        work.emit(submitted(entity), entity=entity, version=1, province="92", cause=wish)
        await work.connection.execute("select pg_sleep(5)")
        return DONE

    calls.command(ImportCases, slow)
    assert (await answer(calls, command(IMPORT, seconds=0.5))).refusal.code == "too-late"
    assert await events_of(here, entity) == 0


async def test_calls_leave_connections_to_the_consumers(database: Database, calls: Calls) -> None:
    enough = asyncio.Event()

    async def slow(_: Connection, __: Query[CaseCounts]) -> CaseCountsView:
        await enough.wait()
        return CaseCountsView(counts=[])

    calls.query(CaseCounts, slow)
    asked = [asyncio.create_task(answer(calls, query(COUNTS, seconds=60))) for _ in range(12)]
    await asyncio.sleep(0.2)
    arrived = delivery(uuid7(), 1)
    async with asyncio.timeout(15):
        await Witness(database).consumer.handle([arrived])
    assert arrived.answers == ["ack"]
    enough.set()
    assert [reply.refusal for reply in await asyncio.gather(*asked)] == [None] * 12


async def test_a_repeated_command_gets_its_first_answer_and_another_under_its_id_none(calls: Calls) -> None:
    times = 0

    async def counting(_: UnitOfWork, __: Command[ImportCases]) -> CasesImported:
        nonlocal times
        times += 1
        return DONE.model_copy(update={"imported": times})

    calls.command(ImportCases, counting)
    wish = command(IMPORT)
    replies = await asyncio.gather(*(answer(calls, wish) for _ in range(5)))
    assert {reply.result["imported"] for reply in replies} == {1}
    other = wish.model_copy(update={"expected_version": 3})
    assert (await answer(calls, other)).refusal.code == "command-id-reused"


@pytest.mark.parametrize(
    ("statement", "value", "told"),
    [
        ("select $1::text", "Bí\0Mật", "CharacterNotInRepertoireError"),
        ("select $1::int", 2**40, "DataError"),
        ("select $1::bigint::int", 2**40, "NumericValueOutOfRangeError"),
        ("insert into outbox values (default, $1, $1, 0, '', '')", uuid7(), "CheckViolationError, outbox"),
        ("insert into command_log (id, name) values ($1, '')", uuid7(), "NotNullViolationError, command_log"),
    ],
    ids=["nul", "argument", "overflow", "check", "null"],
)
async def test_what_the_database_will_never_take_is_invalid_and_tried_once(
    calls: Calls, statement: str, value: object, told: str
) -> None:
    tries = []

    async def handler(work: UnitOfWork, __: Command[ImportCases]) -> CasesImported:
        tries.append(1)
        await work.connection.execute(statement, value)
        return DONE

    calls.command(ImportCases, handler)
    refusal = (await answer(calls, command(IMPORT))).refusal
    assert refusal.code == "invalid"
    assert told in refusal.message_vi
    assert told in refusal.message_en
    assert str(value) not in refusal.message_en
    assert len(tries) == 1


async def test_a_race_lost_every_time_may_be_won_later_and_a_mistake_of_ours_is_not_the_callers(calls: Calls) -> None:
    for error in (asyncpg.UniqueViolationError("x"), LookupError("x")):

        async def handler(_: UnitOfWork, __: Command[ImportCases], error: Exception = error) -> CasesImported:
            raise error

        calls.command(ImportCases, handler)
        assert (await answer(calls, command(IMPORT))).refusal.code == "unavailable"


async def test_a_nul_never_reaches_a_handler(calls: Calls) -> None:
    async def handler(_: UnitOfWork, __: Command[RecordPayment]) -> CaseMoved:
        raise AssertionError

    calls.command(RecordPayment, handler)
    wish = command(RecordPayment(case_id=uuid7(), amount=1, reference="KB\0-12"), role=Role.RECEIVING_OFFICER)
    refusal = (await answer(calls, wish)).refusal
    assert (refusal.code, refusal.field) == ("invalid", "data.reference")
    assert "KB" not in refusal.message_vi + refusal.message_en
    assert "ký tự NUL" in refusal.message_vi


async def test_old_answers_are_forgotten_and_young_ones_kept(database: Database, calls: Calls) -> None:
    async def handler(_: UnitOfWork, __: Command[ImportCases]) -> CasesImported:
        return DONE

    calls.command(ImportCases, handler)
    old, young = command(IMPORT), command(IMPORT)
    for wish in (old, young):
        await answer(calls, wish)
    await database.pool.execute("update command_log set done_at = now() - interval '31 days' where id = $1", old.id)
    assert await calls.forget(RETENTION) == 1
    kept = await database.pool.fetch("select id from command_log where id = any($1)", [old.id, young.id])
    assert [row["id"] for row in kept] == [young.id]
