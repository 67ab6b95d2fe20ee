"""The floor: the same payloads through PostgreSQL and JetStream by the quickest raw means, and nothing else done.

What a lifecycle must at least cost here: its four events stored once by COPY, its case inserted and its projection
upserted by `unnest`, its events marked and gated, and published in atomic batches. One after the other, one client.
"""

from __future__ import annotations

import time
from itertools import islice
from typing import TypeVar
from uuid import uuid4

import nats

from contracts.topology import MAX_BATCH
from services.chassis.publish import Outgoing, publish
from services.operations.embedded.stack import Stack
from tests.support.stack import database

Item = TypeVar("Item")

_SUBJECT = "evt.gateway.bench.floor.v1.00"
_TABLES = """
    create temp table log (id bigint, event_id uuid, entity uuid, version int, subject text, payload text);
    create temp table item (id uuid primary key, state text, code text, at timestamptz);
    create temp table gate (entity uuid primary key, version int);
"""


async def measure(stack: Stack, cases: int) -> dict[str, float]:
    """Seconds for the payloads of the last `cases` lifecycles in intake's outbox, by step."""
    async with database(stack, "intake") as connection:
        rows = await connection.fetch(
            "select id, event_id, entity, version, subject, payload from outbox order by id desc limit $1", 4 * cases
        )
    return await _postgres(stack, [tuple(row) for row in rows]) | await _jetstream(stack, [r["payload"] for r in rows])


async def _postgres(stack: Stack, rows: list[tuple[object, ...]]) -> dict[str, float]:
    async with database(stack, "intake") as connection:
        await connection.execute(_TABLES)
        started = time.perf_counter()
        for batch in _batches(rows):
            await connection.copy_records_to_table("log", records=batch)
        copied = time.perf_counter()
        for batch in _batches(rows):
            entities = list(dict.fromkeys(row[2] for row in batch))
            names = [str(entity) for entity in entities]
            for table in ("item", "item"):  # once as intake's case, once as reporting's projection of it
                await connection.execute(
                    f"""insert into {table} (id, state, code) select * from unnest($1::uuid[], $2::text[], $3::text[])
                        on conflict (id) do update set state = excluded.state""",
                    entities,
                    names,
                    names,
                )
            await connection.execute(
                """insert into gate select entity, 4 from unnest($1::uuid[]) as entity
                   on conflict (entity) do update set version = excluded.version""",
                entities,
            )
        return {"copy": copied - started, "unnest": time.perf_counter() - copied}


async def _jetstream(stack: Stack, payloads: list[str]) -> dict[str, float]:
    client = await nats.connect(
        stack.nats_url,
        nkeys_seed=str(stack.secrets_dir / "gateway" / "nats.seed"),
        inbox_prefix=b"_INBOX_gateway",
    )
    messages = [Outgoing(_SUBJECT, payload.encode(), uuid4().hex) for payload in payloads]
    end = (await client.jetstream().stream_info("GATEWAY")).state.last_seq
    started = time.perf_counter()
    for batch in _batches(messages):
        _, end = await publish(client, batch, end)
    seconds = time.perf_counter() - started
    await client.close()
    return {"atomic batches": seconds}


def _batches(items: list[Item]) -> list[list[Item]]:
    rest = iter(items)
    return list(iter(lambda: list(islice(rest, MAX_BATCH)), []))
