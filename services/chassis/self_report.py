"""What every service answers about itself: how it is, what its log holds, how far its gates are."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta
from importlib.metadata import version
from typing import Any

import asyncpg

from contracts.envelope import Query
from contracts.operations.queries import (
    Bucket,
    ConsumerHealth,
    EntityVersion,
    EntityVersions,
    EntityVersionsView,
    GateDigest,
    GateDigestView,
    HealthView,
    LogDigest,
    LogDigestView,
    LogPlace,
    LogPlaces,
    LogPlacesView,
    RelayHealth,
    StreamExtent,
)
from contracts.operations.queries import Health as AskHealth
from contracts.topology import RETENTION
from services.chassis import replays
from services.chassis.calls import Calls
from services.chassis.consumer import Consumer
from services.chassis.database import Connection
from services.chassis.errors import Fault, fault_of
from services.chassis.health import Health
from services.chassis.relay import LEADER_KEY
from services.chassis.self_service import consumer_of

# 256 buckets by the id's last byte, which is random in UUIDs of version 5 and 7 alike.
_BUCKETS = """
    select get_byte(uuid_send(entity), 15) as bucket, count(*) as entities, sum(version)::bigint as versions,
           bit_xor(hashtextextended(entity::text || version, 0)) as digest
    from ({source}) s group by 1 order by 1
"""
_LAST_IN_LOG = "select entity, max(version) as version from outbox group by entity"
_APPLIED = "select entity, version from gate where owner = $1 and version > 0"
# One pass over the log. $1 the stream's generation, $2 its first sequence, $3 its gaps, $5 its last sequence; $4 how
# long it keeps a message for certain.
_STATE = """
    select count(*) as events, count(*) filter (where published_at is null) as pending,
           min(created_at) filter (where published_at is null) as oldest_pending,
           count(*) filter (where present) as published,
           count(*) filter (where published_at is not null and not present) as published_before,
           min(stream_seq) filter (where present) as first_seq, max(stream_seq) filter (where present) as last_seq,
           (select generation::text from relay_state) as generation,
           count(*) filter (where {held}) as held,
           count(*) filter (where published_at is not null and not young and not {held}) as expired,
           count(*) filter (where young and {lost}) as lost,
           count(*) filter (where present and stream_seq > $5) as beyond
    from (
        select published_at, created_at, stream_seq, created_at > now() - $4::interval as young,
               coalesce(published_at is not null and generation = coalesce($1, g.at), false) as present
        from outbox left join (select generation as at from relay_state) g on true
    ) log
"""
_HELD = "coalesce(present and stream_seq between $2 and $5 and stream_seq <> all($3::bigint[]), false)"
_LOST = """
    $1::timestamptz is not null and published_at is not null
    and (not present or stream_seq < $2 or stream_seq = any($3::bigint[]))
"""
_PLACES = """
    select entity, version, event_id, published_at, stream_seq, present from (
        select entity, version, event_id, published_at, stream_seq, created_at > now() - $4::interval as young,
               coalesce(published_at is not null and generation = $1, false) as present
        from outbox
    ) log where young and {lost} order by stream_seq limit 10
"""
_PAGE = 5_000
_LONG = 110  # seconds, for what goes over the whole log; a caller waits two minutes at most
_CERTAIN = RETENTION - timedelta(hours=1)
_PATIENCE = 1.3  # seconds for a look at one's health, of the two that an operator waits


class SelfReport:
    """Answers for one service. `relay_pool` has the relay's role: the service's own may not read its outbox."""

    def __init__(self, health: Health, consumers: Mapping[str, Consumer], relay_pool: asyncpg.Pool[Any]) -> None:
        self._health = health
        self._consumers = consumers
        self._relay_pool = relay_pool
        self._started = time.monotonic()

    def register(self, calls: Calls) -> None:
        calls.report(AskHealth, self.health)
        calls.query(LogDigest, self.log_digest)
        calls.query(LogPlaces, self.log_places)
        calls.query(GateDigest, self.gate_digest)
        calls.query(EntityVersions, self.entity_versions)

    async def health(self, _: Query[AskHealth]) -> HealthView:
        findings, relay, consumers = await asyncio.gather(self._findings(), self._relay(), self._waiting())
        return HealthView(
            service=self._health.service,
            version=version("tiepsuc"),
            stage=self._health.stage,
            findings=findings,
            uptime_seconds=round(time.monotonic() - self._started, 1),
            relay=relay.model_copy(update={"trouble": findings.get("relay")}) if relay else None,
            consumers=consumers,
        )

    async def _findings(self) -> dict[str, str]:
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._health.findings()
        except TimeoutError:
            return {"checks": f"no answer within {_PATIENCE:.1f} s"}

    async def _relay(self) -> RelayHealth | None:
        """None where the database does not answer; the findings then say so."""
        try:
            async with asyncio.timeout(_PATIENCE), self._relay_pool.acquire() as connection:
                replaying = await replays.left(connection)  # first: what it sets pending meanwhile is then seen below
                pending = await connection.fetchrow(
                    """select count(*) as pending, min(created_at) as oldest_pending from outbox
                       where published_at is null"""
                )
                leading = await connection.fetchval(
                    """select exists (select from pg_locks where locktype = 'advisory' and classid = 0
                       and objid = $1::bigint::oid and granted
                       and database = (select oid from pg_database where datname = current_database()))""",
                    LEADER_KEY,
                )
                return RelayHealth(leading=leading, replaying=replaying, **dict(pending or {}))
        except Exception as error:
            if fault_of(error) is not Fault.SURROUNDINGS:
                raise
            return None

    async def _waiting(self) -> list[ConsumerHealth]:
        try:
            return [await _waits(consumer) for consumer in self._consumers.values()]
        except Exception as error:
            if fault_of(error) is not Fault.SURROUNDINGS:
                raise
            return []

    async def log_digest(self, _: Connection, query: Query[LogDigest]) -> LogDigestView:
        extent = query.data.stream
        async with (
            self._relay_pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            buckets = await connection.fetch(_BUCKETS.format(source=_LAST_IN_LOG), timeout=_LONG)
            state = await connection.fetchrow(_STATE.format(held=_HELD, lost=_LOST), *_arguments(extent), timeout=_LONG)
            places = []
            if state and state["lost"]:
                places = await connection.fetch(_PLACES.format(lost=_LOST), *_arguments(extent)[:-1], timeout=_LONG)
        return LogDigestView(
            buckets=_buckets(buckets), **dict(state or {}), examples=[LogPlace(**dict(row)) for row in places]
        )

    async def log_places(self, _: Connection, query: Query[LogPlaces]) -> LogPlacesView:
        events = query.data.events
        async with self._relay_pool.acquire() as connection:
            rows = await connection.fetch(
                """select entity, version, event_id, published_at, stream_seq,
                          coalesce(published_at is not null and generation = g.at, false) as present
                   from outbox join unnest($1::uuid[], $2::int[]) as asked(entity, version) using (entity, version)
                   left join (select generation as at from relay_state) g on true order by entity, version""",
                [each.entity for each in events],
                [each.version for each in events],
            )
        return LogPlacesView(places=[LogPlace(**dict(row)) for row in rows])

    async def gate_digest(self, connection: Connection, query: Query[GateDigest]) -> GateDigestView:
        consumer = consumer_of(self._consumers, query.data.owner)
        buckets = await connection.fetch(_BUCKETS.format(source=_APPLIED), consumer.owner, timeout=_LONG)
        state = await connection.fetchrow(
            """select count(*) as parked, count(distinct entity) as parked_entities, min(parked_at) as oldest_parked,
                      (select count(*) from dead_letter where owner = $1 and status = 'dead') as dead
               from parked where owner = $1 and not skip""",
            consumer.owner,
        )
        return GateDigestView(buckets=_buckets(buckets), **dict(state or {}), ordered=consumer.ordered)

    async def entity_versions(self, connection: Connection, query: Query[EntityVersions]) -> EntityVersionsView:
        wish = query.data
        chosen = """where get_byte(uuid_send(entity), 15) = {bucket} and ({after}::uuid is null or entity > {after})
                    order by entity limit {page}"""
        if wish.owner is None:
            statement = f"select * from ({_LAST_IN_LOG}) s {chosen.format(bucket='$1', after='$2', page='$3')}"
            async with self._relay_pool.acquire() as log:
                rows = await log.fetch(statement, wish.bucket, wish.after, _PAGE + 1, timeout=_LONG)
        else:
            statement = f"select * from ({_APPLIED}) s {chosen.format(bucket='$2', after='$3', page='$4')}"
            rows = await connection.fetch(statement, wish.owner, wish.bucket, wish.after, _PAGE + 1, timeout=_LONG)
        entities = [EntityVersion(entity=row["entity"], version=row["version"]) for row in rows[:_PAGE]]
        return EntityVersionsView(entities=entities, more=len(rows) > _PAGE)


async def _waits(consumer: Consumer) -> ConsumerHealth:
    async with asyncio.timeout(_PATIENCE):
        row = await consumer.database.pool.fetchrow(
            """select count(*) as parked, count(distinct entity) as parked_entities, min(parked_at) as oldest_parked,
                      count(*) filter (where exists (
                          select from dead_letter d where d.status = 'dead' and d.owner = p.owner
                          and d.entity = p.entity and d.version < p.version)) as behind,
                      (select count(*) from dead_letter where owner = $1 and status = 'dead') as dead
               from parked p where owner = $1 and not skip""",
            consumer.owner,
        )
    return ConsumerHealth(owner=consumer.owner, **dict(row or {}))


def _arguments(extent: StreamExtent | None) -> tuple[object, ...]:
    if extent is None:
        return None, 1, [], _CERTAIN, 2**62
    return extent.generation, extent.first_seq, extent.deleted, _CERTAIN, extent.last_seq


def _buckets(rows: list[asyncpg.Record]) -> list[Bucket]:
    return [Bucket(**dict(row)) for row in rows]
