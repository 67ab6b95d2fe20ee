"""The relay against a stream that goes back, and against another relay."""

from __future__ import annotations

import asyncio
import shutil
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from services.chassis.database import Database
from services.chassis.ids import uuid7
from services.chassis.outbox import Origin
from services.chassis.publish import Moved, Outgoing, publish
from services.chassis.relay import Relay
from services.operations.embedded import stack as embedded
from tests.component.ground import Ground, submitted

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(here: Ground) -> Database:
    return await here.database("intake")


async def append(database: Database, number: int) -> list[UUID]:
    entities = [uuid7() for _ in range(number)]
    async with database.unit_of_work() as work:
        for entity in entities:
            work.emit(submitted(entity), entity=entity, version=1, province="92", cause=Origin(uuid7()))
    return entities


async def restart_nats(here: Ground, *, restore: bool) -> None:
    """Keeps a copy of the store, or puts the one that was kept in its place."""
    child, home = here.stack.children["nats"], here.stack.home
    await child.stop()
    if restore:
        shutil.rmtree(home / "jetstream")
        shutil.move(home / "old", home / "jetstream")
    else:
        shutil.copytree(home / "jetstream", home / "old")
    await embedded._child(here.stack, child.spec)
    await here.stack.children["nats"].wait_ready(30)


async def lead_until_published(relay: Relay, database: Database, connection: asyncpg.Connection[Any]) -> None:
    leading = asyncio.create_task(relay.run())
    async with asyncio.timeout(30):
        while await connection.fetchval("select count(*) from outbox where published_at is null"):
            await asyncio.sleep(0.05)
    leading.cancel()
    await asyncio.gather(leading, return_exceptions=True)


async def test_events_lost_to_an_old_copy_are_not_hidden_by_new_ones(here: Ground, database: Database) -> None:
    """More new events than were lost: the stream's end is then beyond where it was, and looks untouched."""
    connection, client = await here.relay_connection("intake"), await here.client("intake")
    relay = await here.relay("intake", database, client)
    await append(database, 3)
    await lead_until_published(relay, database, connection)
    await restart_nats(here, restore=False)
    await append(database, 3)
    await lead_until_published(relay, database, connection)
    await restart_nats(here, restore=True)
    await append(database, 10)
    async with asyncio.timeout(30):
        while not client.is_connected:
            await asyncio.sleep(0.05)
    with pytest.raises(Moved):
        await relay.publish_pending(connection)  # before it looked at the stream again
    await lead_until_published(relay, database, connection)
    provisioner = await here.client("provisioner")
    assert (await provisioner.jetstream().stream_info("INTAKE")).state.messages == 16


async def test_a_relay_that_was_succeeded_cannot_write_any_more(here: Ground, database: Database) -> None:
    connection, client = await here.relay_connection("intake"), await here.client("intake")
    former, leader = [await here.relay("intake", database, client) for _ in range(2)]
    for each in (former, leader):
        await each._check_stream(connection)
    await append(database, 4)
    await leader.publish_pending(connection)
    late = await append(database, 2)
    for count in (2, 1):
        with pytest.raises(Moved):
            await former.publish_pending(connection)
        await connection.execute("update outbox set published_at = now() where entity = $1", late[count - 1])
    await connection.execute("update outbox set published_at = null where entity = any($1)", late)
    assert await leader.publish_pending(connection) == 2


async def test_duplicates_anywhere_in_a_batch_keep_their_sequence(here: Ground) -> None:
    client = await here.client("scheduling")
    provisioner = await here.client("provisioner")
    messages = [Outgoing("evt.scheduling.x.y.v1.00", b"{}", str(n)) for n in range(9)]
    first, end = await publish(client, [messages[n] for n in (4, 2)], 0)
    sequences, end = await publish(client, messages, end)
    assert (sequences[4], sequences[2]) == tuple(first)
    again, same = await publish(client, messages, end)
    assert (again, same) == (sequences, end)
    assert (await provisioner.jetstream().stream_info("SCHEDULING")).state.messages == 9


async def test_a_leader_that_stands_still_is_succeeded_and_leads_no_more(here: Ground, database: Database) -> None:
    """A stopped process keeps its connection, and with it the lead, unless the server gives it up."""
    stopped = await here.relay("intake", database, patience=1)
    held = await stopped._connect()
    assert await held.fetchval("select pg_try_advisory_lock($1)", 0x7469_6570)
    successor = await here.relay("intake", database)
    running = asyncio.create_task(successor.run())
    async with asyncio.timeout(30):
        while not successor.leading:
            await asyncio.sleep(0.05)
    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError)):
        await held.execute("update outbox set published_at = now() where false")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
