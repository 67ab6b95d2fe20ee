"""The one table of who says what to whom: events, streams, durables, commands, queries, users.

The lines of an owner's messages stand beside them (`intake/messages.py`), all else here.

Everything that must agree with it is derived from it: subjects, JetStream streams and consumers, NATS
permissions, JSON Schemas, the AsyncAPI document, PostgreSQL databases. Services declare nothing themselves.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from pydantic import BaseModel

from contracts.intake import messages as intake
from contracts.operations import commands as operations_commands
from contracts.operations import queries as operations_queries
from contracts.refusals import CommonRefusal
from contracts.reporting import messages as reporting
from contracts.specs import (
    ADMIN,
    CALLERS,
    MAX_BATCH,
    CallSpec,
    DurableSpec,
    EventSpec,
    StreamSpec,
    SubscriberSpec,
    command,
    query,
)

SERVICES = ("intake", "scheduling", "escalation", "reporting", "gateway")
"""One word per service, used as folder, subject owner, database, NATS user and metric label."""

NO_PROVINCE = "00"
RETENTION = timedelta(days=30)
DUPLICATE_WINDOW = timedelta(hours=1)
MAX_PAYLOAD = 1_000_000
"""Bytes of one message: event, call or reply. The server's limit is 1 MiB, headers included."""


def _of_every_service(owner: str) -> Iterator[CallSpec]:
    """What the chassis answers for each service, see `contracts.operations`."""
    c, q = operations_commands, operations_queries
    yield command(owner, "replay-events", c.ReplayEvents, c.EventsReplayed, ADMIN)
    yield command(owner, "retry-dead-letter", c.RetryDeadLetter, c.DeadLetterRetried, ADMIN)
    yield command(owner, "edit-dead-letter", c.EditDeadLetter, c.DeadLetterSettled, ADMIN, adults_only=True)
    yield command(owner, "discard-dead-letter", c.DiscardDeadLetter, c.DeadLetterSettled, ADMIN)
    yield query(owner, "health", q.Health, q.HealthView, ADMIN)
    yield query(owner, "dead-letters", q.DeadLetters, q.DeadLettersView, ADMIN)
    yield query(owner, "dead-letter", q.DeadLetterById, q.DeadLetterView, ADMIN, adults_only=True)
    yield query(owner, "log-digest", q.LogDigest, q.LogDigestView, ADMIN)
    yield query(owner, "log-places", q.LogPlaces, q.LogPlacesView, ADMIN)
    yield query(owner, "gate-digest", q.GateDigest, q.GateDigestView, ADMIN)
    yield query(owner, "entity-versions", q.EntityVersions, q.EntityVersionsView, ADMIN)


EVENTS: tuple[EventSpec, ...] = intake.EVENTS

CALLS: tuple[CallSpec, ...] = (
    *intake.CALLS,
    *reporting.CALLS,
    *(spec for owner in SERVICES for spec in _of_every_service(owner)),
)

STREAMS: tuple[StreamSpec, ...] = tuple(StreamSpec(owner) for owner in SERVICES)

SUBSCRIBERS: tuple[SubscriberSpec, ...] = (SubscriberSpec("province-92", "92"),)
"""Outside systems. Cần Thơ's stands for all: add a line, provision, hand over the key file."""

DURABLES: tuple[DurableSpec, ...] = (
    DurableSpec("INTAKE", "reporting", "reporting"),
    *(
        DurableSpec(owner.upper(), subscriber.name, subscriber.name, subscriber.filters)
        for subscriber in SUBSCRIBERS
        for owner in subscriber.owners
    ),
)

RETIRED: tuple[str, ...] = ()
"""Events and calls, by name, that were published once and are no more: a newer version stands in their place, and
nobody consumes them any longer (see the durables, and `tiepsuc_calls_total`). `tiepsuc contracts check` takes the
disappearance of any other as a break."""

USERS: tuple[str, ...] = (*SERVICES, "provisioner", "operator", *(each.name for each in SUBSCRIBERS))
"""NATS users; each has a key of its own and an inbox prefix `_INBOX_<user>`."""


@dataclass(frozen=True, slots=True)
class Topology:
    """The table, and look-ups over it. Tests build small ones of their own."""

    events: tuple[EventSpec, ...]
    calls: tuple[CallSpec, ...]
    streams: tuple[StreamSpec, ...]
    durables: tuple[DurableSpec, ...]
    services: tuple[str, ...] = SERVICES
    users: tuple[str, ...] = USERS
    subscribers: tuple[SubscriberSpec, ...] = ()
    _by_data: dict[type[BaseModel], EventSpec] = field(init=False, repr=False, compare=False)
    _by_call: dict[tuple[str, type[BaseModel]], CallSpec] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_data", {spec.data: spec for spec in self.events})
        object.__setattr__(self, "_by_call", {(spec.owner, spec.data): spec for spec in self.calls})

    def event_of(self, data: type[BaseModel]) -> EventSpec:
        """The event that carries this data. KeyError: no such event."""
        return self._by_data[data]

    def call_of(self, owner: str, data: type[BaseModel]) -> CallSpec:
        """The command or query of `owner` that carries this data. KeyError: no such call."""
        return self._by_call[(owner, data)]

    def calls_of(self, owner: str) -> tuple[CallSpec, ...]:
        """What a service answers."""
        return tuple(spec for spec in self.calls if spec.owner == owner)

    def stream_of(self, owner: str) -> StreamSpec:
        """A service's own stream. KeyError: it has none."""
        for spec in self.streams:
            if spec.owner == owner:
                return spec
        raise KeyError(owner)

    def durables_of(self, user: str) -> tuple[DurableSpec, ...]:
        """The durables that a user reads."""
        return tuple(spec for spec in self.durables if spec.user == user)

    def refusals_of(self, spec: CallSpec) -> tuple[str, ...]:
        """Every code that a call may be refused with."""
        return (*(str(code) for code in CommonRefusal), *spec.refusals)


TOPOLOGY = Topology(EVENTS, CALLS, STREAMS, DURABLES, subscribers=SUBSCRIBERS)

__all__ = [
    "CALLERS",
    "DUPLICATE_WINDOW",
    "MAX_BATCH",
    "MAX_PAYLOAD",
    "NO_PROVINCE",
    "RETENTION",
    "RETIRED",
    "SERVICES",
    "TOPOLOGY",
    "CallSpec",
    "DurableSpec",
    "EventSpec",
    "StreamSpec",
    "SubscriberSpec",
    "Topology",
]
