"""A service's database: connection pools, and the unit of work in which state and events are saved together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
from pydantic import BaseModel

from services.chassis import outbox, tracing
from services.chassis.outbox import Cause, EventWriter, OutboxRow
from services.chassis.settings import ServiceSettings

if TYPE_CHECKING:  # asyncpg's classes are generic to the type checker only
    Connection = asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]
else:
    Connection = asyncpg.Connection


def address(settings: ServiceSettings, service: str, role: str, secret: str) -> dict[str, Any]:
    """asyncpg's connection arguments for one role of a service's database."""
    return {
        "host": settings.database_host,
        "port": settings.database_port,
        "database": service,
        "user": role,
        "password": settings.secret(secret),
        "timeout": 5,
        "server_settings": {"application_name": f"tiepsuc-{role}", "TimeZone": "Asia/Ho_Chi_Minh"},
    }


class UnitOfWork:
    """One transaction: state is changed through `connection`, events are added by `emit`, both are saved or neither."""

    def __init__(self, connection: Connection, writer: EventWriter) -> None:
        self.connection = connection
        self._writer = writer
        self._traceparent = tracing.traceparent()
        self._rows: list[OutboxRow] = []
        self._began: datetime | None = None

    def begins_at(self, began: datetime | None) -> None:
        """Tells when the transaction began by the database's clock, where a query has brought that along."""
        self._began = began

    async def began(self) -> datetime:
        """When the transaction began, by the database's clock, which all replicas share."""
        if self._began is None:
            self._began = await self.connection.fetchval("select now()")
        return self._began

    def rows_by_entity(self) -> dict[UUID, list[OutboxRow]]:
        """The events added so far and not yet written, of each entity in order."""
        rows: dict[UUID, list[OutboxRow]] = {}
        for row in self._rows:
            rows.setdefault(row.entity, []).append(row)
        return rows

    def emit(self, data: BaseModel, *, entity: UUID, version: int, province: str, cause: Cause) -> None:
        """Adds an event. `version` is the entity's next version, taken while its row is locked."""
        self._rows.append(
            self._writer.row(
                data,
                entity=entity,
                version=version,
                province=province,
                cause=cause,
                traceparent=self._traceparent,
            )
        )

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part that can fail alone: on an error its changes and its events are undone, and the error goes on."""
        mark = len(self._rows)
        try:
            async with self.connection.transaction():
                yield
        except BaseException:
            del self._rows[mark:]
            raise

    async def flush(self) -> bool:
        """Writes the events; True if there were any. Called by the edge that owns the transaction."""
        if not self._rows:
            return False
        await outbox.append(self.connection, self._rows)  # type: ignore[arg-type]
        self._rows.clear()
        return True


class Database:
    """The pool of a service's own role. Only the edges (calls, consumers, timers) open units of work."""

    def __init__(self, pool: asyncpg.Pool[Any], writer: EventWriter) -> None:
        self.pool = pool
        self.writer = writer
        self.appended = asyncio.Event()
        """Set after a commit that added events: wakes the relay of this process."""

    @asynccontextmanager
    async def unit_of_work(self, *, dry_run: bool = False) -> AsyncIterator[UnitOfWork]:
        """A transaction that commits at the end of the block, or rolls back on an error or on a dry run."""
        async with self.pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                work = UnitOfWork(connection, self.writer)
                yield work
                appended = await work.flush()
            except BaseException:
                await _roll_back(transaction, connection)
                raise
            if dry_run:
                await transaction.rollback()
                return
            await transaction.commit()
            if appended:
                self.appended.set()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """A read-only transaction that sees one state of the database throughout."""
        async with (
            self.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield connection


async def _roll_back(transaction: asyncpg.transaction.Transaction, connection: Connection) -> None:
    """Rolls back unless the connection is gone, which has the same effect and must not hide the first error."""
    if not connection.is_closed():
        try:
            await transaction.rollback()
        except (OSError, asyncpg.InterfaceError, asyncpg.PostgresError):
            connection.terminate()


async def open_pool(arguments: dict[str, Any], *, size: int) -> asyncpg.Pool[Any]:
    """A pool that opens its connections as they are needed, `size` at most."""
    pool: asyncpg.Pool[Any] = await asyncpg.create_pool(
        **arguments, min_size=1, max_size=size, command_timeout=60, max_inactive_connection_lifetime=300
    )
    return pool
