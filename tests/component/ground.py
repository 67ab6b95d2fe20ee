"""The ground that component tests stand on: NATS, PostgreSQL and the provisioner, and what is built on them by hand."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import nats
from nats.aio.client import Client

from contracts.envelope import Actor, Command, Event, Query, Reply
from contracts.intake.events.cases import CaseSubmitted
from contracts.intake.vocabulary import Channel
from contracts.roles import Role
from contracts.topology import TOPOLOGY
from services.chassis.calls import Calls
from services.chassis.consumer import Consumer
from services.chassis.database import Database, UnitOfWork, address, open_pool
from services.chassis.ids import uuid7
from services.chassis.outbox import EventWriter
from services.chassis.relay import Relay
from services.chassis.settings import ServiceSettings
from services.operations.embedded.stack import Stack, running
from services.worktime.clock import Clock, SystemClock
from tests.support.stack import new_home

CLOCK = SystemClock()


@dataclass
class Ground:
    """Running servers; whatever is opened through it is closed at the end."""

    stack: Stack
    open: AsyncExitStack

    def settings(self, service: str) -> ServiceSettings:
        return ServiceSettings(
            environment="embedded",
            nats_url=self.stack.nats_url,
            database_port=self.stack.ports["postgres"],
            secrets_dir=self.stack.secrets_dir / service,
        )

    def relay_address(self, service: str) -> dict[str, Any]:
        return address(self.settings(service), service, f"{service}_relay", "relay.password")

    async def database(self, service: str, *, size: int = 8, clock: Clock = CLOCK) -> Database:
        """A service's database under its own role."""
        arguments = address(self.settings(service), service, service, "database.password")
        pool = await open_pool(arguments, size=size)
        self.open.callback(pool.terminate)
        return Database(pool, EventWriter(service, TOPOLOGY, clock))

    async def relay_connection(self, service: str) -> asyncpg.Connection[Any]:
        """A connection with the rights of a service's relay."""
        connection: asyncpg.Connection[Any] = await asyncpg.connect(**self.relay_address(service))
        self.open.callback(connection.terminate)
        return connection

    async def client(self, user: str) -> Client:
        """A NATS connection of one user."""
        client = await nats.connect(
            self.stack.nats_url,
            nkeys_seed=str(self.stack.secrets_dir / user / "nats.seed"),
            inbox_prefix=f"_INBOX_{user}".encode(),
        )
        self.open.push_async_callback(client.close)
        return client

    async def calls(self, service: str, database: Database, clock: Clock = CLOCK) -> Calls:
        return Calls(service, database, TOPOLOGY, clock)

    async def relay(self, service: str, database: Database, client: Client | None = None, **more: Any) -> Relay:
        return Relay(
            service,
            TOPOLOGY.stream_of(service).name,
            self.relay_address(service),
            client or await self.client(service),
            database.appended,
            **more,
        )


@asynccontextmanager
async def ground() -> AsyncIterator[Ground]:
    """The servers alone, without any service."""
    with new_home() as home:
        async with running(home, services=()) as stack, AsyncExitStack() as exit_stack:
            yield Ground(stack, exit_stack)


@dataclass
class Times:
    """How often a message was delivered."""

    num_delivered: int | None = 1


@dataclass
class Delivery:
    """A message as JetStream delivers it, and what was answered."""

    subject: str
    data: bytes
    metadata: Times = field(default_factory=Times)
    answers: list[str] = field(default_factory=list)

    async def ack(self) -> None:
        self.answers.append("ack")

    async def nak(self, delay: float | None = None) -> None:
        self.answers.append("nak")

    async def term(self) -> None:
        self.answers.append("term")


def submitted(entity: UUID) -> CaseSubmitted:
    """What intake tells of a case first."""
    return CaseSubmitted(
        case_id=entity,
        receiving_unit="31570",
        deciding_unit="31570",
        procedure="1.001193",
        field="ho-tich",
        channel=Channel.DIRECT,
        submitted_at=datetime(2025, 7, 1, 1, tzinfo=UTC),
    )


def event(entity: UUID, version: int, **changes: Any) -> bytes:
    """An event of an entity as it stands on the wire; the kind is always the same, which the gate does not mind."""
    made = Event[CaseSubmitted](
        id=uuid7(),
        source="/tiepsuc/intake",
        type="tiepsuc.intake.case.submitted.v1",
        subject=entity,
        time=datetime(2025, 7, 1, 1, tzinfo=UTC),
        dataschema="urn:tiepsuc:schema:intake.case.submitted.v1",
        province="92",
        entityversion=version,
        correlationid=uuid7(),
        data=submitted(entity),
    )
    return made.model_copy(update=changes).model_dump_json(exclude_none=True).encode()


def delivery(entity: UUID, version: int, **changes: Any) -> Delivery:
    return Delivery("evt.intake.case.submitted.v1.92", event(entity, version, **changes))


class Witness:
    """A consumer of intake in reporting's database, with a memory of every effect; `fails` says what breaks it."""

    def __init__(self, database: Database) -> None:
        self.seen: list[tuple[UUID, int]] = []
        self.fails: dict[tuple[UUID, int], Exception] = {}
        self.consumer = Consumer("reporting", "intake", database, TOPOLOGY, self.effect)
        self.pool = database.pool

    async def effect(self, work: UnitOfWork, events: Sequence[Event[Any]]) -> None:
        for each in events:
            if error := self.fails.get((each.subject, each.entityversion)):
                raise error
        self.seen += [(each.subject, each.entityversion) for each in events]

    def versions(self, entity: UUID) -> list[int]:
        """What took effect of an entity, in order. A batch that is tried again by halves is seen twice: use one."""
        return [version for subject, version in self.seen if subject == entity]

    async def parked(self, entity: UUID) -> list[int]:
        rows = await self.pool.fetch("select version from parked where entity = $1 order by version", entity)
        return [row["version"] for row in rows]

    async def gate(self, entity: UUID) -> int | None:
        version: int | None = await self.pool.fetchval("select version from gate where entity = $1", entity)
        return version


def command(data: Any, *, seconds: float = 10, role: Role = Role.OPERATOR, **more: Any) -> Command[Any]:
    """A command that may be carried out for some seconds."""
    return _call(Command[type(data)], data, seconds, role, more)  # type: ignore[misc,no-any-return]


def query(data: Any, *, seconds: float = 10, role: Role = Role.OPERATOR, **more: Any) -> Query[Any]:
    return _call(Query[type(data)], data, seconds, role, more)  # type: ignore[misc,no-any-return]


def _call(kind: Any, data: Any, seconds: float, role: Role, more: dict[str, Any]) -> Any:
    fields = {"id": uuid7(), "correlation_id": uuid7(), "deadline": CLOCK.now() + timedelta(seconds=seconds)} | more
    return kind(actor=Actor(id="tester", role=role), data=data, **fields)


async def answer(calls: Calls, call: Any) -> Any:
    """What a service replies to a call, as its caller reads it."""
    verb = "cmd" if isinstance(call, Command) else "qry"
    spec = TOPOLOGY.call_of(calls.service, type(call.data))
    assert spec.subject.startswith(verb)
    sent = await calls.answer(spec.subject, call.model_dump_json().encode())
    assert not re.search(rb'\d\d:\d\d(\.\d+)?(Z|\+00:00)"', sent), sent  # people read it: in Vietnam's time
    return Reply[Any].model_validate_json(sent)
