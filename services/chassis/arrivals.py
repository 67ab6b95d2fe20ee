"""Messages as they arrive: each decoded and judged by itself, so that one bad message is only its own trouble."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError

from contracts.envelope import Event, Message
from contracts.topology import NO_PROVINCE, Topology
from services.chassis.nul import refuse_nul
from services.chassis.outbox import event_class

_NOBODY = UUID(int=0)
_LARGEST_VERSION = 2**31 - 1  # what PostgreSQL's `int` holds


class Anything(Message):
    """The data of an event that is newer than this code: counted by the gate, shown to no projection."""


_UNKNOWN = event_class(Anything)


@dataclass(slots=True)
class Arrival:
    """An event that could be decoded. `deliveries` is 0 for one that comes from the parked table.

    `discarded`: it only keeps the place of an event that was given up.
    """

    subject: str
    payload: bytes
    event: Event[Any]
    deliveries: int = 1
    discarded: bool = False

    @property
    def entity(self) -> UUID:
        return self.event.subject

    @property
    def version(self) -> int:
        return self.event.entityversion

    @property
    def known(self) -> bool:
        """Whether there is an effect: this code knows the event's kind, and it was not given up."""
        return not self.discarded and not isinstance(self.event.data, Anything)


@dataclass(slots=True)
class Undecodable:
    """A message that is no valid event, with what could be made out of it nevertheless."""

    subject: str
    payload: bytes
    error: str
    event_id: UUID | None = None
    entity: UUID | None = None
    version: int | None = None


@dataclass(slots=True)
class Failure:
    """An arrival whose effect failed, and why."""

    arrival: Arrival
    error: str


@dataclass(slots=True)
class Outcome:
    """What became of a batch: after the commit, `held` are to be tried again later, everything else is done with.

    `unreadable` was parked, and dies.
    """

    applied: list[Arrival] = field(default_factory=list)
    duplicate: list[Arrival] = field(default_factory=list)
    parked: list[Arrival] = field(default_factory=list)
    dead: list[Failure] = field(default_factory=list)
    held: list[Failure] = field(default_factory=list)
    unreadable: list[Undecodable] = field(default_factory=list)


def placeholder(entity: UUID, version: int, at: datetime) -> Arrival:
    """What stands in the order of an entity's events for one that was discarded: counted, without effect."""
    event = Event[Anything].model_construct(
        id=_NOBODY,
        source="",
        type="",
        subject=entity,
        time=at,
        dataschema="",
        province=NO_PROVINCE,
        entityversion=version,
        correlationid=_NOBODY,
        data=Anything(),
    )
    return Arrival("", b"", event, deliveries=0, discarded=True)


def fingerprint(subject: str, payload: bytes) -> bytes:
    """What makes two deliveries the same message."""
    return hashlib.sha256(subject.encode() + b"\0" + payload).digest()


class Decoder:
    """Turns messages into arrivals, by the kinds of event in the topology."""

    def __init__(self, topology: Topology) -> None:
        self._classes: dict[str, type[Event[Any]]] = {
            f"evt.{spec.name}": event_class(spec.data) for spec in topology.events
        }
        self._types = {f"evt.{spec.name}": spec.type for spec in topology.events}

    def decode(self, subject: str, payload: bytes, deliveries: int = 1) -> Arrival | Undecodable:
        """The event in a message, or what is wrong with it."""
        kind = subject.rpartition(".")[0]
        try:
            refuse_nul(payload)
            event = self._classes.get(kind, _UNKNOWN).model_validate_json(payload)
        except ValidationError as error:
            return _undecodable(subject, payload, _explain(error))
        if event.type != self._types.get(kind, event.type):
            return _undecodable(subject, payload, f"type: {event.type} does not belong on {subject}")
        if event.entityversion > _LARGEST_VERSION:
            return _undecodable(subject, payload, f"entityversion: {event.entityversion} is beyond what can be counted")
        return Arrival(subject, payload, event, deliveries)


def _explain(error: ValidationError) -> str:
    """Each fault with its place; not pydantic's own text, which repeats the input."""
    return "; ".join(
        f"{'.'.join(map(str, e['loc'])) or 'payload'}: {e['msg']}" for e in error.errors(include_input=False)
    )


def _undecodable(subject: str, payload: bytes, error: str) -> Undecodable:
    """Keeps the entity and version if they can be read: the gate then knows which entity stands still."""
    try:
        attributes = Envelope.model_validate_json(payload)
    except ValidationError:
        return Undecodable(subject, payload, error)
    return Undecodable(subject, payload, error, attributes.id, attributes.subject, attributes.entityversion)


class Envelope(BaseModel):
    """The attributes that say which message of which entity this is."""

    id: UUID
    subject: UUID
    entityversion: int = Field(ge=1, le=_LARGEST_VERSION)
