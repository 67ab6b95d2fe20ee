"""Deliveries doubled, shuffled and poisoned: each costs at most its own entity, and only until it is mended."""

import asyncio
import json
import random
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import nats
import pytest

from contracts.topology import MAX_BATCH
from services.chassis.publish import Outgoing, publish
from tests.faults.scene import FULL, Scene, scene
from tests.support.stack import command, database

pytestmark = pytest.mark.timeout(600)

CASES = 5_000 if FULL else 1_000
POISONED = 3
GARBAGE = (
    ("evt.intake.case.accepted.v1.92", b"not even JSON"),
    ("evt.intake.case.accepted.v1.92", b'{"specversion": "1.0"}'),
    ("evt.intake.case.completed.v1.92", b"\xff\xfe\x00"),
)


async def test_doubled_shuffled_and_poisoned(home: Path) -> None:
    async with scene(home) as here:
        await here.stop("reporting")
        here.load(CASES)
        await here.loaded()
        log = await _published_log(here)
        victims = random.sample(sorted({row["entity"] for row in log if row["version"] == 4}), POISONED)
        await _deliver(here, _deliveries(log, set(victims)))
        await here.start("reporting")
        await _everything_but(here, victims)

        async with database(here.stack, "reporting") as reporting:
            letters = await reporting.fetch("select entity, error from dead_letter where status = 'dead'")
            parked = await reporting.fetchval("select count(*) from parked")
        assert len(letters) == POISONED + len(GARBAGE)
        assert {letter["entity"] for letter in letters} == {None, *victims}
        assert all("data.due_at" in letter["error"] for letter in letters if letter["entity"])
        assert parked == 2 * POISONED  # what came after the poisoned acceptance

        for victim in victims:
            await command(home, "replay", "intake", "--entity", str(victim))
        await here.settle(dead=len(GARBAGE))
        for letter in json.loads(await command(home, "dead-letters", "--service", "reporting", "--json"))["letters"]:
            await command(home, "dead-letters", "discard", letter["id"], "--reason", "garbage", "--yes")
        await command(home, "replay", "intake")  # the stream lacks what was purged from it, and `verify` says so
        await here.settle()


async def _published_log(here: Scene) -> list[asyncpg.Record]:
    """Intake's whole log, once it is published."""
    async with database(here.stack, "intake") as intake, asyncio.timeout(60):
        while await intake.fetchval("select count(*) from outbox where published_at is null"):
            await asyncio.sleep(0.2)
        return await intake.fetch("select entity, version, subject, payload from outbox order by id")


def _deliveries(log: list[asyncpg.Record], victims: set[UUID]) -> list[Outgoing]:
    """Every event, each fifth twice, all shuffled, the victims' acceptance spoilt, and some garbage."""
    chosen = [(row["subject"], _spoilt(row) if row["entity"] in victims else row["payload"].encode()) for row in log]
    chosen += chosen[::5]
    chosen += GARBAGE
    random.shuffle(chosen)
    return [Outgoing(subject, payload, uuid4().hex) for subject, payload in chosen]


def _spoilt(row: asyncpg.Record) -> bytes:
    event = json.loads(row["payload"])
    if event["entityversion"] == 2:
        event["data"]["due_at"] = "never"
    return json.dumps(event).encode()


async def _deliver(here: Scene, messages: list[Outgoing]) -> None:
    """Puts these messages into intake's stream, in the place of what it holds."""
    async with here.jetstream() as js:
        await js.purge_stream("INTAKE")
        end = (await js.stream_info("INTAKE")).state.last_seq
    client = await nats.connect(
        here.stack.nats_url,
        nkeys_seed=str(here.stack.secrets_dir / "intake" / "nats.seed"),
        inbox_prefix=b"_INBOX_intake",
    )
    for start in range(0, len(messages), MAX_BATCH):
        _, end = await publish(client, messages[start : start + MAX_BATCH], end)
    await client.close()


async def _everything_but(here: Scene, victims: list[UUID]) -> None:
    """Until every entity but the victims has come as far as in intake's log."""
    async with database(here.stack, "intake") as intake, database(here.stack, "reporting") as reporting:
        wanted = await intake.fetch(
            "select entity, max(version) from outbox where entity <> all($1) group by 1 order by 1", victims
        )
        async with asyncio.timeout(120):
            while wanted != await reporting.fetch(
                "select entity, version from gate where entity <> all($1) order by 1", victims
            ):
                await asyncio.sleep(0.2)


async def test_the_log_published_again_and_again_changes_nothing(home: Path) -> None:
    async with scene(home) as here:
        here.load(CASES)
        for _ in range(3):
            await command(home, "replay", "intake", "--no-wait")
        await here.settle()
        info = await here.stream("INTAKE")
        assert info.state.messages > 4 * here.cases  # they were delivered again, and did nothing
