"""The audit on a real database: written once for each step, sealed once a day, and whoever touches it is found out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from contracts.intake.queries.audit import AuditRoots, AuditRootsView, AuditTrail
from contracts.refusals import Refused
from contracts.roles import Role
from contracts.topology import TOPOLOGY
from services.chassis.calls import Calls
from services.chassis.database import Database
from services.chassis.ids import uuid7
from services.intake import consumers
from services.intake.app import keys
from services.intake.cli import audit_check
from services.intake.domain import audit as domain
from services.intake.domain.audit import Signer, Step
from services.intake.handlers.audit import Sealer, Trail
from services.intake.handlers.audit_queries import AuditQueries
from services.intake.store import audit as store
from tests.component.ground import CLOCK, Ground, answer, command, query, submitted
from tests.support.stack import database as enter

pytestmark = pytest.mark.asyncio(loop_scope="module")

CAUSE = command(submitted(uuid7()))
Superuser = Any
"""An asyncpg connection, or what it stands for."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(here: Ground) -> Database:
    return await here.database("intake")


@pytest.fixture
def signer(here: Ground) -> Signer:
    return keys(here.settings("intake"))[1]


@pytest_asyncio.fixture(loop_scope="module")
async def superuser(here: Ground) -> AsyncIterator[Superuser]:
    """For each test an empty audit that began four days ago."""
    async with enter(here.stack, "intake") as connection:
        await connection.execute("truncate audit, audit_root, outbox")
        await connection.execute("update audit_begin set at = now() - interval '4 days'")
        yield connection


class Bus:
    """The command's way to the service without NATS between: small pages, so that there are many."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls

    async def call(self, owner: str, data: Any, result: Any, **_: Any) -> Any:
        reply = await answer(self.calls, query(data))
        if reply.refusal:
            raise Refused(reply.refusal)
        return result.model_validate(reply.result)


@pytest_asyncio.fixture(loop_scope="module")
async def bus(here: Ground, database: Database, signer: Signer) -> AsyncIterator[Any]:
    pool = await asyncpg.create_pool(**here.relay_address("intake"), min_size=1, max_size=2)
    calls = Calls("intake", database, TOPOLOGY, CLOCK)
    consumers.register_audit(calls, AuditQueries(pool, signer.public_key, page=7))
    yield Bus(calls)
    await pool.close()


_CASE = """
    insert into cases (id, version, state, receiving_unit, deciding_unit, province, procedure, field, channel,
                       submitted_at, moved_at)
    values ($1, $2, 'submitted', '31570', '31570', '92', '1.001193', 'ho-tich', 'direct', '2025-07-01 01:00Z', now())
    on conflict (id) do update set version = excluded.version
"""


async def step(database: Database, entity: UUID, before: int, after: int, **more: Any) -> None:
    """One command's effect on a case: its events and its entry."""
    async with database.unit_of_work() as work:
        await work.connection.execute(_CASE, entity, after)
        for version in range(before + 1, after + 1):
            work.emit(submitted(entity), entity=entity, version=version, province="92", cause=CAUSE)
        await Trail().record(
            work, [Step(entity, "can-bo-01", "leader", "accept-case", uuid7(), before, after, "a", "submitted", **more)]
        )


async def moved(superuser: Superuser, days: int) -> None:
    """Moves what was written now into the past, as if it had been written then."""
    rows = await superuser.fetch("select * from audit order by entity, number")
    await superuser.execute("truncate audit")
    last: dict[UUID, bytes] = {}
    for row in rows:
        draft = domain.Entry(**dict(row))
        if draft.at > CLOCK.now() - timedelta(hours=12):
            draft = draft._replace(at=draft.at - timedelta(days=days))
        draft = draft._replace(previous=last.get(draft.entity, domain.NOTHING))
        entry = draft._replace(hash=draft.computed_hash())
        last[entry.entity] = entry.hash
        await superuser.copy_records_to_table("audit", columns=domain.Entry._fields, records=[entry])


async def history(database: Database, superuser: Superuser, cases: int = 10) -> list[UUID]:
    """Cases that were moved on over three days, sealed for the first three; today's are open."""
    entities = sorted(uuid7() for _ in range(cases))
    for days, (before, after) in ((3, (0, 2)), (2, (2, 3)), (0, (3, 4))):
        for entity in entities:
            await step(database, entity, before, after)
        if days:
            await moved(superuser, days)
    return entities


async def found(bus: Any, signer: Signer, **span: Any) -> list[tuple[Any, ...]]:
    verdict = await audit_check.verify(bus, [signer.public_key], lambda *_: None, **span)
    return sorted((f.kind, f.day, f.entity, f.number) for f in verdict.findings)


def day(ago: int) -> date:
    return domain.day_of(CLOCK.now()) - timedelta(days=ago)


async def seal(database: Database, signer: Signer) -> int:
    return await Sealer(database, signer, lag_seconds=0)()


async def test_a_step_is_one_entry_and_follows_the_one_before(database: Database, superuser: Superuser) -> None:
    entity, other = uuid7(), uuid7()
    await step(database, entity, 0, 4)
    await step(database, entity, 4, 5, reason="vì sao")
    async with database.unit_of_work() as work:  # two entities, one of them new, in one command
        await Trail().record(
            work,
            [Step(entity, "a", "leader", "look", uuid7(), 5, 5), Step(other, "a", "leader", "look", uuid7(), 0, 0)],
        )
    rows = await superuser.fetch("select * from audit where entity = $1 order by number", entity)
    assert [(r["number"], r["from_version"], r["to_version"], r["events"]) for r in rows] == [
        (1, 0, 4, 4),
        (2, 4, 5, 1),
        (3, 5, 5, 0),
    ]
    assert rows[1]["reason"] == "vì sao"
    entries = [domain.Entry(**dict(row)) for row in rows]
    assert list(domain.chain_faults(entries, {})) == []
    payloads = await superuser.fetch("select payload from outbox where entity = $1 order by version limit 4", entity)
    assert entries[0].digest == domain.digest_of(row["payload"] for row in payloads)
    assert await superuser.fetchval("select count(*) from audit where entity = $1", other) == 1


async def test_what_is_undone_leaves_no_entry(database: Database, superuser: Superuser) -> None:
    entity = uuid7()
    await step(database, entity, 0, 1)
    with pytest.raises(asyncpg.UniqueViolationError):
        await step(database, entity, 0, 1)
    other = uuid7()
    await superuser.execute(
        "insert into outbox (event_id, entity, version, subject, payload) values ($1, $1, 1, '', '')", other
    )
    with pytest.raises(asyncpg.UniqueViolationError):  # the entry is written, and then the event cannot be
        await step(database, other, 0, 1)
    assert await superuser.fetchval("select array_agg(entity) from audit") == [entity]


async def test_nobody_who_logs_in_may_change_or_remove_an_entry(here: Ground, database: Database) -> None:
    await step(database, uuid7(), 0, 1)
    for table, column in (("audit", "actor"), ("audit_root", "entries"), ("audit_begin", "at")):
        for role in ("intake", "intake_relay"):
            async with enter(here.stack, "intake", role) as connection:
                for statement in (
                    f"update {table} set {column} = {column}",
                    f"delete from {table}",
                    f"truncate {table}",
                    f"drop table {table}",
                    f"alter table {table} add column x int",
                ):
                    with pytest.raises(asyncpg.InsufficientPrivilegeError):
                        await connection.execute(statement)
    async with enter(here.stack, "intake", "intake") as connection:
        assert await connection.fetchval("select count(*) from audit") >= 1


async def test_finished_days_are_sealed_empty_ones_too_and_once_by_two_replicas(
    here: Ground, database: Database, signer: Signer, superuser: Superuser
) -> None:
    await history(database, superuser)
    replicas = [await here.database("intake", size=2) for _ in range(2)]
    sealed = [0, 0]
    while sum(sealed) < 4:
        both = await asyncio.gather(*(seal(replica, signer) for replica in replicas))
        sealed = [before + now for before, now in zip(sealed, both, strict=True)]
    assert await seal(database, signer) == 0
    rows = await superuser.fetch("select number, day, entries from audit_root order by number")
    assert [tuple(row) for row in rows] == [(1, day(4), 0), (2, day(3), 10), (3, day(2), 10), (4, day(1), 0)]
    events = await superuser.fetch("select version, payload from outbox where subject like '%audit.sealed%' order by 1")
    assert [event["version"] for event in events] == [1, 2, 3, 4]
    assert all(signer.public_key.hex() in event["payload"] for event in events)


async def test_a_day_is_not_sealed_while_a_transaction_of_it_is_open(
    here: Ground, database: Database, signer: Signer, superuser: Superuser
) -> None:
    """The day ends while a transaction is open: played by sealing up to a moment that is later than its beginning."""
    late = await here.database("intake", size=1)
    async with late.unit_of_work() as work:
        await work.began()
        moment = await superuser.fetchval("select clock_timestamp()")
        async with database.unit_of_work() as sealer:
            assert not await store.is_over(sealer.connection, moment, 0)
        await Trail().record(work, [Step(uuid7(), "a", "leader", "look", uuid7(), 0, 0)])
    async with database.unit_of_work() as sealer:
        assert await store.is_over(sealer.connection, moment, 0)
        assert not await store.is_over(sealer.connection, moment + timedelta(days=1), 0)
    assert await superuser.fetchval("select count(*) from audit where at < $1", moment) == 1


async def test_an_untouched_audit_is_clean_whole_and_in_part(
    database: Database, signer: Signer, superuser: Superuser, bus: Any
) -> None:
    entities = await history(database, superuser)
    await seal(database, signer)
    shown: list[str] = []
    verdict = await audit_check.verify(bus, [signer.public_key], lambda what, *_: shown.append(what))
    assert (verdict.entries, verdict.days, verdict.events, verdict.found) == (30, 5, 40, 0), verdict.findings
    assert set(shown) == {"ngày / days", "sự kiện / events"}
    assert await found(bus, signer, since=day(3), until=day(2)) == []
    trail = await audit_check.trail(bus, str(entities[0]))
    assert [each.number for each in trail.entries] == [1, 2, 3]
    assert list(audit_check.trail_faults(trail)) == []


@pytest.mark.parametrize(
    ("statement", "kind", "number", "ago"),
    [
        ("update audit set actor = 'khac' where entity = $1 and number = 1", "entry-changed", 1, 3),
        ("update audit set reason = 'khac' where entity = $1 and number = 2", "entry-changed", 2, 2),
        ("update audit set hash = sha256(hash) where entity = $1 and number = 1", "chain-broken", 2, 2),
        ("delete from audit where entity = $1 and number = 2", "entry-missing", 2, 0),
        ("delete from audit where entity = $1 and number = 1", "entry-missing", 1, 2),
        ("update outbox set payload = payload || ' ' where entity = $1 and version = 2", "events-changed", 1, 3),
        ("delete from outbox where entity = $1 and version = 3", "events-changed", 2, 2),
        ("delete from audit where entity = $1 and number = 3", "event-without-entry", 4, None),
        ("delete from audit where entity = $1", "event-without-entry", 1, None),
        ("update audit set at = at + interval '1 day' where entity = $1 and number = 1", "entry-changed", 1, 2),
    ],
)
async def test_whatever_is_done_to_an_entry_or_its_events_is_named(
    database: Database,
    signer: Signer,
    superuser: Superuser,
    bus: Any,
    statement: str,
    kind: str,
    number: int,
    ago: int | None,
) -> None:
    entities = await history(database, superuser)
    await seal(database, signer)
    victim = entities[4]
    await superuser.execute(statement, victim)
    findings = await found(bus, signer)
    assert (kind, None if ago is None else day(ago), victim, number) in findings
    assert {entity for _, _, entity, _ in findings} <= {victim, None}, "and nobody else is accused"
    judged = list(audit_check.trail_faults(await audit_check.trail(bus, str(victim))))
    assert (kind, number) in {(each.kind, each.number) for each in judged}


async def test_a_chain_forged_anew_does_not_fit_the_seals(
    database: Database, signer: Signer, superuser: Superuser, bus: Any
) -> None:
    """Somebody with all rights, but without the key, rewrites a case's whole chain so that it fits."""
    entities = await history(database, superuser)
    await seal(database, signer)
    previous = domain.NOTHING
    for row in await superuser.fetch("select * from audit where entity = $1 order by number", entities[0]):
        draft = domain.Entry(**dict(row))._replace(actor="khac", previous=previous)
        previous = draft.computed_hash()
        await superuser.execute(
            "update audit set actor = 'khac', previous = $3, hash = $4 where entity = $1 and number = $2",
            draft.entity,
            draft.number,
            draft.previous,
            previous,
        )
    assert await found(bus, signer) == [("day-changed", day(3), None, None), ("day-changed", day(2), None, None)]
    running = domain.root_start(day(3), await superuser.fetchval("select previous from audit_root where number = 2"))
    for row in await superuser.fetch(
        "select entity, number, hash from audit where at < $1 order by entity, number", domain.bounds(day(3))[1]
    ):
        running = domain.root_step(running, row["entity"], row["number"], row["hash"])
    stranger = Signer(bytes(32))
    forged = domain.Root(
        2, day(3), 10, running, await superuser.fetchval("select previous from audit_root where number = 2")
    )
    await superuser.execute(
        "update audit_root set root = $1, signature = $2, public_key = $3 where number = 2",
        running,
        stranger.sign(forged),
        stranger.public_key,
    )
    findings = await found(bus, signer)
    assert ("root-forged", day(3), None, None) in findings
    assert ("root-out-of-chain", day(2), None, None) in findings


@pytest.mark.parametrize("ago", [4, 3, 1])
async def test_a_day_taken_away_is_named_and_not_sealed_again(
    database: Database,
    signer: Signer,
    superuser: Superuser,
    bus: Any,
    ago: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await history(database, superuser)
    await seal(database, signer)
    await superuser.execute("delete from audit_root where day = $1", day(ago))
    findings = await found(bus, signer)
    assert [each for each in findings if each[0] == "day-missing"] == [("day-missing", day(ago), None, None)]
    assert await seal(database, signer) == 0
    assert ("its seal is gone" in caplog.text) == (ago == 1)


async def test_an_entry_put_into_a_sealed_day_is_found(
    database: Database, signer: Signer, superuser: Superuser, bus: Any
) -> None:
    await history(database, superuser)
    await seal(database, signer)
    await step(database, uuid7(), 0, 1)
    await moved(superuser, 3)
    findings = await found(bus, signer)
    assert ("day-changed", day(3), None, None) in findings


async def test_the_trail_is_asked_by_code_or_id_and_by_who_may(bus: Bus) -> None:
    unknown = await answer(bus.calls, query(AuditTrail(case_code="H13.57-250701-9999")))
    assert unknown.refusal.code == "not-found"
    nobody = await answer(bus.calls, query(AuditTrail(entity=uuid7())))
    assert (nobody.refusal.code, nobody.refusal.field) == ("not-found", "entity")
    refused = await answer(bus.calls, query(AuditTrail(entity=uuid7()), role=Role.RECEIVING_OFFICER))
    assert refused.refusal.code == "forbidden"
    state: AuditRootsView = await bus.call("intake", AuditRoots(), AuditRootsView)
    assert len(state.public_key) == 64
