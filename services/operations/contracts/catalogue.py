"""Every message on the wire, by the name of its schema and sample, from the topology.

An event is named as in its subject (`intake.case.accepted.v1`), so is a call (`intake.accept-case.v1`); its answer
adds `.reply`. What every service answers alike (`contracts.operations`) is one message, not one for each service:
it goes by `operations` (`operations.replay-events.v1`), and the services that answer it are a list.
"""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from contracts.envelope import Command, Query, Reply
from contracts.topology import CallSpec, EventSpec, Topology
from services.chassis.outbox import event_class

SHARED = "operations"
SERVICE = "{service}"
"""Stands in the address of a shared call for the service that is called."""


class Kind(StrEnum):
    """What a message is. Its direction follows: see `compatibility`."""

    EVENT = "event"
    COMMAND = "command"
    QUERY = "query"
    REPLY = "reply"


@dataclass(frozen=True, slots=True)
class Document:
    """A message as it stands on the wire: `model` is the whole envelope, `body` what is particular to it."""

    name: str
    kind: Kind
    model: type[BaseModel]
    body: type[BaseModel]
    event: EventSpec | None = None

    @property
    def description(self) -> str:
        return inspect.cleandoc(self.body.__doc__ or "")

    def wire(self, message: BaseModel) -> Any:
        """The message as JSON, the way services send it: callers write out what is None, events and replies do not."""
        return message.model_dump(mode="json", exclude_none=self.kind in {Kind.EVENT, Kind.REPLY})


@dataclass(frozen=True, slots=True)
class CallGroup:
    """A call, and the services that answer it: one, unless it is shared."""

    name: str
    specs: tuple[CallSpec, ...]

    @property
    def spec(self) -> CallSpec:
        """The call, for all that does not depend on the service."""
        return self.specs[0]

    @property
    def shared(self) -> bool:
        return _shared(self.spec)

    @property
    def address(self) -> str:
        """The subject; `{service}` in it where the call is shared."""
        if not self.shared:
            return self.spec.subject
        kind, _, rest = self.spec.subject.split(".", 2)
        return f"{kind}.{SERVICE}.{rest}"

    @property
    def request(self) -> Document:
        data = self.spec.data
        if self.spec.changes:
            return Document(self.name, Kind.COMMAND, Command[data], data)  # type: ignore[valid-type]
        return Document(self.name, Kind.QUERY, Query[data], data)  # type: ignore[valid-type]

    @property
    def reply(self) -> Document:
        result = self.spec.result
        return Document(f"{self.name}.reply", Kind.REPLY, Reply[result], result)  # type: ignore[valid-type]


def call_groups(topology: Topology) -> tuple[CallGroup, ...]:
    """The calls, shared ones once. ValueError: services share a call, but not its shape, roles or refusals."""
    found: dict[str, list[CallSpec]] = {}
    for spec in topology.calls:
        found.setdefault(_name(spec), []).append(spec)
    for name, specs in found.items():
        if len({(s.data, s.result, s.roles, s.refusals, s.changes) for s in specs}) > 1:
            raise ValueError(f"{name} is not the same for {', '.join(s.owner for s in specs)}")
    return tuple(CallGroup(name, tuple(specs)) for name, specs in found.items())


def event_document(spec: EventSpec) -> Document:
    """The whole CloudEvents event."""
    return Document(spec.name, Kind.EVENT, event_class(spec.data), spec.data, spec)


def documents(topology: Topology) -> Iterator[Document]:
    """Every message: events, then calls, each with its answer."""
    for event in topology.events:
        yield event_document(event)
    for group in call_groups(topology):
        yield group.request
        yield group.reply


def _shared(spec: CallSpec) -> bool:
    return spec.data.__module__.startswith(f"contracts.{SHARED}.")


def _name(spec: CallSpec) -> str:
    return f"{SHARED}.{spec.verb}.v{spec.version}" if _shared(spec) else spec.name
