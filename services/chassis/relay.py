"""The relay: carries events from the outbox to the stream, and fills the stream again when it has lost them.

One relay leads per database, by an advisory lock on the very connection it works with, so that losing the connection
is losing the lead. It publishes in the order of the outbox's ids: an entity's events get theirs while its row is
locked, so their order is the entity's order. A marker column, not a cursor, says what is published: no gap in the
ids, and no transaction that commits late, can hide a row.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from typing import Any

import asyncpg
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

from contracts.topology import MAX_BATCH, RETENTION
from services.chassis import metrics, replays
from services.chassis.errors import Fault, Transient, fault_of
from services.chassis.publish import Outgoing, publish

log = logging.getLogger(__name__)

LEADER_KEY = 0x7469_6570  # "tiep"; advisory locks are per database, so every service may use the same key
_IDLE = 0.1
_RETRY = 1.0
_CHECK_EVERY = 2.0
_RESET_CHUNK = 20_000
_REPLAY_EVERY = 0.5
_COUNTED = 100_000


class Relay:
    """Publishes one service's outbox to its stream."""

    def __init__(
        self,
        service: str,
        stream: str,
        address: dict[str, Any],
        client: Client,
        appended: asyncio.Event,
        *,
        batch: int = MAX_BATCH,
        patience: float = 30.0,
    ) -> None:
        """`patience`: a leader that lets its connection idle for so long, stopped or cut off, is succeeded."""
        self.service = service
        self.stream = stream
        self.batch = batch
        self.leading = False
        self.trouble: str | None = None
        self._address = address
        self._client = client
        self._appended = appended
        self._checked_at = 0.0
        self._generation: datetime | None = None
        self._end = 0
        self._patience = patience
        self._connections = -1
        self._replay_at = 0.0

    async def run(self) -> None:
        """Leads whenever it can, for ever; failures are told in `trouble` and tried again."""
        while True:
            try:
                await self._stand_for_leader()
            except Exception as error:
                if fault_of(error) is not Fault.SURROUNDINGS:
                    raise
                self._report(f"{type(error).__name__}: {error}")
            finally:
                self.leading = False
                metrics.LEADER.labels(self.service).set(0)
            await asyncio.sleep(_RETRY)

    def _report(self, trouble: str | None) -> None:
        if trouble and trouble != self.trouble:
            log.warning("relay waits: %s", trouble, extra={"stream": self.stream})
        self.trouble = trouble

    async def _stand_for_leader(self) -> None:
        connection = await self._connect()
        try:
            while not await connection.fetchval("select pg_try_advisory_lock($1)", LEADER_KEY):
                self._report(None)
                await asyncio.sleep(_RETRY)
            self.leading = True
            metrics.LEADER.labels(self.service).set(1)
            log.info("relay leads", extra={"stream": self.stream})
            await self._lead(connection)
        finally:
            await _close(connection)

    async def _connect(self) -> asyncpg.Connection[Any]:
        """A connection that the server gives up when its other end is gone or stands still.

        The lead goes with the connection. Without this it stays with a process that is stopped, or with a machine
        that lost power, for as long as TCP cares to wait: two hours, by default.
        """
        patience = {
            "idle_session_timeout": f"{self._patience:.0f}s",
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "5",
            "tcp_keepalives_count": "3",
            "tcp_user_timeout": "25000",
        }
        settings = {**self._address.get("server_settings", {}), **patience}
        connection: asyncpg.Connection[Any] = await asyncpg.connect(
            **{**self._address, "server_settings": settings, "command_timeout": 60}
        )
        return connection

    async def _lead(self, connection: asyncpg.Connection[Any]) -> None:
        self._checked_at = 0.0
        while True:
            try:
                await self._check_stream(connection)
                published = await self.publish_pending(connection)
                self._report(None)
            except (NatsError, TimeoutError, Transient) as error:
                self._checked_at = 0.0  # the stream may have been lost: look before the next batch
                self._report(f"{type(error).__name__}: {error}")
                await asyncio.sleep(_RETRY)
                continue
            if published < self.batch and not await self._advance_replay(connection):
                await self._wait_for_events()

    async def _advance_replay(self, connection: asyncpg.Connection[Any]) -> int:
        """Takes up the next piece of a replay, now that nothing else is pending; the number of its events."""
        now = asyncio.get_running_loop().time()
        if now < self._replay_at:
            return 0
        events = await replays.advance(connection)
        if events:
            metrics.REPUBLISHED.labels(self.service, "replay").inc(events)
        else:
            self._replay_at = now + _REPLAY_EVERY
        return events

    async def _wait_for_events(self) -> None:
        """Until this process appended events, or a moment passed: other replicas append too."""
        try:
            async with asyncio.timeout(_IDLE):
                await self._appended.wait()
        except TimeoutError:
            return
        self._appended.clear()

    async def publish_pending(self, connection: asyncpg.Connection[Any]) -> int:
        """Publishes one batch and marks it; the number of events published.

        A crash in between publishes the batch again under the same ids, which the stream then recognises.
        """
        rows = await connection.fetch(
            """select id, event_id, publication, subject, payload from outbox where published_at is null
               order by id limit $1""",
            self.batch,
        )
        if not rows:
            return 0
        sequences, self._end = await publish(
            self._client,
            [Outgoing(r["subject"], r["payload"].encode(), f"{r['event_id']}.{r['publication']}") for r in rows],
            self._end,
        )
        async with connection.transaction():
            await connection.execute(
                """update outbox set published_at = now(), generation = $3, stream_seq = done.seq
                   from unnest($1::bigint[], $2::bigint[]) as done(id, seq) where outbox.id = done.id""",
                [r["id"] for r in rows],
                sequences,
                self._generation,
            )
            await connection.execute("update relay_state set last_seq = greatest(last_seq, $1)", max(sequences))
        metrics.PUBLISHED.labels(self.service).inc(len(rows))
        return len(rows)

    async def _check_stream(self, connection: asyncpg.Connection[Any]) -> None:
        """Looks, every two seconds and after a reconnection, whether the stream is still the one that acknowledged us.

        A stream that was re-created, or went back behind what it had acknowledged (an old copy of its files), gets
        again what it lost, as far back as it would have kept it. Until then it takes nothing: see `publish`.
        """
        now = asyncio.get_running_loop().time()
        connections = self._client.stats["reconnects"]
        if connections == self._connections and now - self._checked_at < _CHECK_EVERY:
            return
        try:
            info = await self._client.jetstream().stream_info(self.stream)
        except NotFoundError as error:
            raise Transient(f"stream {self.stream} does not exist; the provisioner makes it") from error
        generation = info.created
        if generation is None:
            raise Transient(f"stream {self.stream} does not say when it was created")
        known = await connection.fetchrow("select generation, last_seq from relay_state")
        if known is None:
            pass
        elif known["generation"] != generation:
            await self._set_for_republication(connection, "re-created", "generation <> $1", generation)
        elif known["last_seq"] > info.state.last_seq:
            await self._set_for_republication(connection, "went back", "stream_seq > $1", info.state.last_seq)
        await connection.execute(
            """insert into relay_state (generation, last_seq) values ($1, $2)
               on conflict (only_row) do update set generation = $1, last_seq = $2""",
            generation,
            info.state.last_seq,
        )
        self._generation = generation
        self._end = info.state.last_seq
        self._checked_at, self._connections = now, connections
        pending = "select count(*) from (select from outbox where published_at is null limit $1) p"
        metrics.PENDING.labels(self.service).set(await connection.fetchval(pending, _COUNTED))

    async def _set_for_republication(
        self, connection: asyncpg.Connection[Any], reason: str, lost: str, than: datetime | int
    ) -> None:
        """Makes the lost events pending again, in pieces, so that no transaction grows with the log."""
        total, after = 0, 0
        while True:
            piece = await replays.set_pending(
                connection,
                f"{lost} and created_at > now() - $2::interval",
                than,
                RETENTION,
                after=after,
                limit=_RESET_CHUNK,
            )
            total += piece.events
            if piece.last is None:
                break
            after = piece.last
        metrics.REPUBLISHED.labels(self.service, reason).inc(total)
        log.warning("stream %s: publishing %d events again", reason, total, extra={"stream": self.stream})


async def _close(connection: asyncpg.Connection[Any]) -> None:
    try:
        await connection.close(timeout=2)
    except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresError):
        connection.terminate()
