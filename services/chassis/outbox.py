"""Events on their way out: built here, written in the transaction of the change that they tell of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol
from uuid import UUID

import asyncpg
from pydantic import BaseModel

from contracts.envelope import Event
from contracts.topology import MAX_PAYLOAD, Topology
from services.chassis.errors import TooLarge
from services.chassis.ids import uuid7
from services.worktime.clock import Clock


class Cause(Protocol):
    """What events are traced back to: the correlation id and trace context of a call or of another event."""

    @property
    def correlation_id(self) -> UUID: ...

    @property
    def traceparent(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Origin:
    """A cause made by hand, e.g. from a consumed event."""

    correlation_id: UUID
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """An event as the outbox keeps it; `payload` is what will be published, byte for byte."""

    event_id: UUID
    entity: UUID
    version: int
    subject: str
    payload: str


@cache
def event_class(data: type[BaseModel]) -> type[Event[Any]]:
    """`Event[data]`, made once."""
    return Event[data]  # type: ignore[valid-type]


class EventWriter:
    """Makes the events of one owner."""

    def __init__(self, owner: str, topology: Topology, clock: Clock) -> None:
        self.owner = owner
        self.topology = topology
        self.clock = clock

    def row(
        self,
        data: BaseModel,
        *,
        entity: UUID,
        version: int,
        province: str,
        cause: Cause,
        traceparent: str | None = None,
    ) -> OutboxRow:
        """The outbox row of one event. KeyError: the topology has no event with this data. TooLarge: for the bus.

        `traceparent` is where the trace begins if the cause came without one.
        Skips validation, as `data` has been validated and the rest is ours; contract tests read what comes out.
        """
        spec = self.topology.event_of(type(data))
        if spec.owner != self.owner:
            raise ValueError(f"{self.owner} may not publish {spec.name}")
        event_id = uuid7()
        event = event_class(type(data)).judged(
            specversion="1.0",
            id=event_id,
            source=spec.source,
            type=spec.type,
            subject=entity,
            time=self.clock.now(),
            datacontenttype="application/json",
            dataschema=spec.dataschema,
            province=province,
            entityversion=version,
            correlationid=cause.correlation_id,
            traceparent=cause.traceparent or traceparent,
            data=data,
        )
        payload = event.model_dump_json(exclude_none=True)
        if len(payload) > MAX_PAYLOAD // 4 and len(payload.encode()) > MAX_PAYLOAD:  # UTF-8: 4 bytes at most
            raise TooLarge(f"an event {spec.name} of {len(payload)} characters")
        return OutboxRow(event_id, entity, version, spec.subject(province), payload)


async def append(connection: asyncpg.Connection[Any], rows: Sequence[OutboxRow]) -> None:
    """Writes events into the outbox in order, by COPY, in the caller's transaction.

    UniqueViolationError: another writer already took that version of the entity.
    """
    await connection.copy_records_to_table(
        "outbox",
        columns=("event_id", "entity", "version", "subject", "payload"),
        records=[(r.event_id, r.entity, r.version, r.subject, r.payload) for r in rows],
    )
