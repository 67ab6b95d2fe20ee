"""The kinds of line in the table of messages (`topology`), and the names derived from them."""

from dataclasses import dataclass
from datetime import timedelta

from pydantic import BaseModel

from contracts.personal import personal_fields
from contracts.roles import OFFICERS, Role

CALLERS = ("gateway", "operator")
"""NATS users who may send commands and queries: the door for people, and the operator's command line."""

MAX_BATCH = 500
"""Messages in one atomic publish and in one fetch; the server's limit for a batch is 1,000."""

ADMIN = frozenset({Role.ADMINISTRATOR, Role.OPERATOR})
FIGURES = OFFICERS | ADMIN | {Role.LEAD, Role.PROVINCE}


@dataclass(frozen=True, slots=True)
class EventSpec:
    """A kind of event. `entity` and `fact` are the words in its subject."""

    owner: str
    entity: str
    fact: str
    version: int
    data: type[BaseModel]

    @property
    def name(self) -> str:
        """E.g. `intake.case.accepted.v1`."""
        return f"{self.owner}.{self.entity}.{self.fact}.v{self.version}"

    @property
    def type(self) -> str:
        """The CloudEvents `type`."""
        return f"tiepsuc.{self.name}"

    @property
    def dataschema(self) -> str:
        """The CloudEvents `dataschema`: a name, not an address."""
        return f"urn:tiepsuc:schema:{self.name}"

    @property
    def source(self) -> str:
        """The CloudEvents `source`."""
        return f"/tiepsuc/{self.owner}"

    def subject(self, province: str) -> str:
        """Where an event of one province is published; `*` for every province."""
        return f"evt.{self.name}.{province}"


@dataclass(frozen=True, slots=True)
class CallSpec:
    """A command or query: who answers, with what, to whom, and how it may refuse beyond the common codes."""

    owner: str
    verb: str
    version: int
    data: type[BaseModel]
    result: type[BaseModel]
    roles: frozenset[Role]
    refusals: tuple[str, ...] = ()
    callers: tuple[str, ...] = CALLERS
    changes: bool = True

    @property
    def name(self) -> str:
        """E.g. `intake.accept-case.v1`."""
        return f"{self.owner}.{self.verb}.v{self.version}"

    @property
    def subject(self) -> str:
        """Where it is sent: `cmd.` for what changes something, `qry.` for what does not."""
        return f"{'cmd' if self.changes else 'qry'}.{self.name}"

    @property
    def remembered(self) -> bool:
        """Whether the first answer to a command is kept for repetitions. One that shows a person's data never is: it
        would lie there in the clear; such a command must be harmless when it is carried out again."""
        return not any(personal_fields(self.result))


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """An owner's stream. Full means refused (`discard: new`), never silently dropped."""

    owner: str

    @property
    def name(self) -> str:
        return self.owner.upper()

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"evt.{self.owner}.>",)


@dataclass(frozen=True, slots=True)
class DurableSpec:
    """A durable pull consumer of a stream, and the NATS user who may read it.

    No filter means the whole stream, which a version gate needs; `max_ack_pending` leaves room for several replicas.
    What a killed replica had in hand comes to another after `ack_wait`; a batch takes a fraction of a second, and one
    that takes longer than that is delivered twice, which the gate makes harmless.
    """

    stream: str
    name: str
    user: str
    filters: tuple[str, ...] = ()
    ack_wait: timedelta = timedelta(seconds=15)
    max_ack_pending: int = 8 * MAX_BATCH


@dataclass(frozen=True, slots=True)
class SubscriberSpec:
    """An outside system: it gets the events of one province and no others, by its own durable or live."""

    name: str
    province: str
    owners: tuple[str, ...] = ("intake",)

    @property
    def filters(self) -> tuple[str, ...]:
        return tuple(f"evt.{owner}.*.*.*.{self.province}" for owner in self.owners)


def command(
    owner: str,
    verb: str,
    data: type[BaseModel],
    result: type[BaseModel],
    roles: frozenset[Role],
    refusals: tuple[str, ...] = (),
) -> CallSpec:
    """A command in its first version."""
    return CallSpec(owner, verb, 1, data, result, roles, refusals)


def query(
    owner: str,
    name: str,
    data: type[BaseModel],
    result: type[BaseModel],
    roles: frozenset[Role],
    refusals: tuple[str, ...] = (),
) -> CallSpec:
    """A query in its first version."""
    return CallSpec(owner, name, 1, data, result, roles, refusals, changes=False)
