"""A service asked about itself, and told what to do: once, whatever is repeated, and at a price a big log can pay."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from contracts.intake.commands.cases import SubmitCase
from contracts.intake.vocabulary import Channel
from contracts.operations.commands import ReplayEvents
from contracts.operations.queries import Health as AskHealth
from contracts.operations.queries import LogDigest, StreamExtent
from contracts.roles import Role
from contracts.topology import TOPOLOGY
from services.chassis import replays, self_report
from services.chassis.calls import Calls
from services.chassis.health import Health
from services.chassis.ids import uuid7
from services.chassis.outbox import Origin
from services.chassis.runtime import Chassis
from services.chassis.self_report import SelfReport
from services.chassis.self_service import SelfService
from services.intake import app
from services.intake.handlers.reference_documents import ShippedDocuments
from services.intake.settings import IntakeSettings
from tests.component.ground import CLOCK, Ground, command, query, submitted
from tests.component.intake import TRAIL
from tests.support.stack import database as database_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
SUBMIT = "cmd.intake.submit-case.v1"
REPLAY = "cmd.intake.replay-events.v1"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def calls(here: Ground) -> Calls:
    """Intake's own, wired by its composition root."""
    database = await here.database("intake")
    calls = await here.calls("intake", database)
    pool = await _relay_pool(here)
    health = Health("intake")
    health.stage = "running"
    settings = IntakeSettings(**here.settings("intake").model_dump(), attachments_dir=here.stack.home / "attachments")
    await app.wire(Chassis("intake", settings, CLOCK, TOPOLOGY, database, calls, health, pool))
    await ShippedDocuments(database, TRAIL, CLOCK)()
    async with database_of(here.stack, "intake") as owner:
        await owner.execute("truncate outbox")
    SelfService({}, pool).register(calls)
    SelfReport(health, {}, pool).register(calls)
    assert not calls.missing()
    return calls


async def _relay_pool(here: Ground) -> asyncpg.Pool[Any]:
    pool = await asyncpg.create_pool(**here.relay_address("intake"), min_size=0, max_size=2)
    here.open.callback(pool.terminate)
    return pool


async def answered(calls: Calls, subject: str, call: Any) -> dict[str, Any]:
    """The whole reply to a call, or to what is sent instead of one."""
    payload = call if isinstance(call, bytes) else call.model_dump_json().encode()
    reply: dict[str, Any] = json.loads(await calls.answer(subject, payload))
    return reply


def wish(case: UUID | None = None) -> SubmitCase:
    return SubmitCase(
        case_id=case or uuid7(),
        receiving_unit="31570",
        deciding_unit="31570",
        procedure="1.001193",
        channel=Channel.DIRECT,
    )


async def events_of(here: Ground, entity: UUID) -> int:
    connection = await here.relay_connection("intake")
    return int(await connection.fetchval("select count(*) from outbox where entity = $1", entity))


async def test_a_repeated_command_gets_its_first_answer_also_if_it_was_a_refusal(here: Ground, calls: Calls) -> None:
    good = command(wish())
    first = await answered(calls, SUBMIT, good)
    assert first["result"]["version"] == 1
    later = good.model_copy(update={"deadline": CLOCK.now() + timedelta(seconds=30)})  # a repetition renews it
    assert await answered(calls, SUBMIT, later) == first
    assert await events_of(here, good.data.case_id) == 1
    taken = command(wish(good.data.case_id))
    refused = await answered(calls, SUBMIT, taken)
    assert refused["refusal"]["code"] == "version-conflict"
    assert await answered(calls, SUBMIT, taken) == refused
    other = await answered(calls, SUBMIT, command(wish(), id=good.id))
    assert (other["refusal"]["code"], other["refusal"]["field"]) == ("command-id-reused", "id")


async def test_two_at_once_under_one_id_have_one_effect(here: Ground, calls: Calls) -> None:
    twice = command(wish())
    one, two = await asyncio.gather(answered(calls, SUBMIT, twice), answered(calls, SUBMIT, twice))
    assert one == two
    assert one["result"]["case_id"] == str(twice.data.case_id)
    assert await events_of(here, twice.data.case_id) == 1


async def test_what_may_not_be_is_refused_with_its_reason_and_has_no_effect(here: Ground, calls: Calls) -> None:
    late = command(wish(), seconds=-1)
    volunteer = command(wish(), role=Role.VOLUNTEER)
    wrong = command(wish())
    invalid = wrong.model_dump_json().replace('"direct"', '"pigeon"').encode()
    refusals = [(await answered(calls, SUBMIT, each))["refusal"] for each in (late, volunteer, invalid)]
    assert [(each["code"], each.get("field")) for each in refusals] == [
        ("too-late", None),
        ("forbidden", "actor.role"),
        ("invalid", "data.channel"),
    ]
    for each in (late, volunteer, wrong):
        assert await events_of(here, each.data.case_id) == 0


async def test_a_replay_in_pieces_publishes_each_event_once_more(here: Ground, calls: Calls) -> None:
    async with database_of(here.stack, "intake") as owner:
        await owner.execute("truncate outbox")
    intake = await here.database("intake")
    entities = [uuid7() for _ in range(4_000)]
    async with intake.unit_of_work() as work:
        for entity in entities:
            for version in (1, 2, 3):
                work.emit(submitted(entity), entity=entity, version=version, province="92", cause=Origin(uuid7()))
    relay = await here.relay("intake", intake)
    running = asyncio.create_task(relay.run())
    connection = await here.relay_connection("intake")

    async def published(publication: int, events: int = len(entities) * 3) -> None:
        count = "select count(*) from outbox where published_at is not null and publication = $1"
        async with asyncio.timeout(60):
            while await connection.fetchval(count, publication) < events:
                await asyncio.sleep(0.1)

    try:
        await published(0)
        again = command(ReplayEvents())
        assert (await answered(calls, REPLAY, command(ReplayEvents(dry_run=True))))["result"]["events"] == 12_000
        assert (await answered(calls, REPLAY, again))["result"]["events"] == 12_000
        await published(1)
        assert (await answered(calls, REPLAY, again))["result"]["events"] == 12_000
        # The service died before its answer was kept: the command comes once more, and its replay is known already.
        await intake.pool.execute("delete from command_log where id = $1", again.id)
        assert (await answered(calls, REPLAY, again))["result"]["events"] == 12_000
        one = command(ReplayEvents(entity=entities[7]))
        assert (await answered(calls, REPLAY, one))["result"]["events"] == 3
        async with asyncio.timeout(20):
            while await replays.left(connection):
                await asyncio.sleep(0.1)
        await published(2, 3)
        rows = await connection.fetch("select publication, count(*) from outbox group by 1 order by 1")
        assert [tuple(row) for row in rows] == [(1, 11_997), (2, 3)]
        health = (await answered(calls, "qry.intake.health.v1", query(AskHealth())))["result"]
        assert health["stage"] == "running"
        assert (health["relay"]["leading"], health["relay"]["replaying"]) == (True, 0)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_the_digest_tells_what_the_stream_lost_and_reads_the_index_only(here: Ground, calls: Calls) -> None:
    async with database_of(here.stack, "intake") as owner:
        await owner.execute("vacuum analyze outbox")
        state = await owner.fetchrow("select generation, last_seq from relay_state")
        gone = [row["stream_seq"] for row in await owner.fetch("select stream_seq from outbox order by id limit 2")]
        old = await owner.fetch("select id, stream_seq from outbox order by id desc limit 3")
        await owner.execute(
            "update outbox set created_at = now() - interval '31 days' where id = any($1)", [r["id"] for r in old]
        )
    assert state is not None
    relay = await here.relay_connection("intake")
    plan = await relay.fetchval(f"explain (format json) {self_report._BUCKETS.format(source=self_report._LAST_IN_LOG)}")
    assert "Index Only Scan" in plan
    extent = StreamExtent(
        generation=state["generation"],
        first_seq=1,
        last_seq=state["last_seq"],
        deleted=[*gone, *(row["stream_seq"] for row in old)],
    )
    digest = (await answered(calls, "qry.intake.log-digest.v1", query(LogDigest(stream=extent))))["result"]
    counts = {key: digest[key] for key in ("events", "pending", "published", "held", "expired", "lost", "beyond")}
    assert counts == {
        "events": 12_000,
        "pending": 0,
        "published": 12_000,
        "held": 11_995,
        "expired": 3,
        "lost": 2,
        "beyond": 0,
    }
    assert [place["stream_seq"] for place in digest["examples"]] == sorted(gone)
    assert sum(bucket["entities"] for bucket in digest["buckets"]) == 4_000


async def test_health_is_told_though_the_database_is_away(here: Ground) -> None:
    calls = await here.calls("intake", await here.database("intake"))
    pool = await _relay_pool(here)
    pool.terminate()
    health = Health("intake")
    SelfReport(health, {}, pool).register(calls)
    told = (await answered(calls, "qry.intake.health.v1", query(AskHealth())))["result"]
    assert told["findings"] == {"process": "starting"}
    assert "relay" not in told
