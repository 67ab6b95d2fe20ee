"""The one table of who says what to whom: events, streams, durables, commands, queries, users.

Everything that must agree with it is derived from it: subjects, JetStream streams and consumers, NATS
permissions, JSON Schemas, the AsyncAPI document, PostgreSQL databases. Services declare nothing themselves.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from pydantic import BaseModel

from contracts.intake import commands as intake_commands
from contracts.intake import events as intake_events
from contracts.intake import queries as intake_queries
from contracts.intake.commands import IntakeRefusal
from contracts.operations import commands as operations_commands
from contracts.operations import queries as operations_queries
from contracts.refusals import CommonRefusal
from contracts.reporting import queries as reporting_queries
from contracts.roles import OFFICERS, Role

SERVICES = ("intake", "scheduling", "escalation", "reporting", "gateway")
"""One word per service, used as folder, subject owner, database, NATS user and metric label."""

CALLERS = ("gateway", "operator")
"""NATS users who may send commands and queries: the door for people, and the operator's command line."""

NO_PROVINCE = "00"
RETENTION = timedelta(days=30)
DUPLICATE_WINDOW = timedelta(hours=1)
MAX_BATCH = 500
"""Messages in one atomic publish and in one fetch; the server's limit for a batch is 1,000."""
MAX_PAYLOAD = 1_000_000
"""Bytes of one message: event, call or reply. The server's limit is 1 MiB, headers included."""


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


EVENTS: tuple[EventSpec, ...] = (
    EventSpec("intake", "unit", "registered", 1, intake_events.UnitRegistered),
    EventSpec("intake", "procedure", "published", 1, intake_events.ProcedurePublished),
    EventSpec("intake", "case", "submitted", 1, intake_events.CaseSubmitted),
    EventSpec("intake", "case", "accepted", 1, intake_events.CaseAccepted),
    EventSpec("intake", "case", "completed", 1, intake_events.CaseCompleted),
    EventSpec("intake", "case", "returned", 1, intake_events.CaseReturned),
)

_CASE_REFUSALS = tuple(str(code) for code in IntakeRefusal)
_ADMIN = frozenset({Role.ADMINISTRATOR, Role.OPERATOR})
_FIGURES = OFFICERS | _ADMIN | {Role.LEAD, Role.PROVINCE}


def _command(
    owner: str,
    verb: str,
    data: type[BaseModel],
    result: type[BaseModel],
    roles: frozenset[Role],
    refusals: tuple[str, ...] = (),
) -> CallSpec:
    return CallSpec(owner, verb, 1, data, result, roles, refusals)


def _query(owner: str, name: str, data: type[BaseModel], result: type[BaseModel], roles: frozenset[Role]) -> CallSpec:
    return CallSpec(owner, name, 1, data, result, roles, changes=False)


def _of_every_service(owner: str) -> Iterator[CallSpec]:
    """What the chassis answers for each service, see `contracts.operations`."""
    c, q = operations_commands, operations_queries
    yield _command(owner, "replay-events", c.ReplayEvents, c.EventsReplayed, _ADMIN)
    yield _command(owner, "retry-dead-letter", c.RetryDeadLetter, c.DeadLetterRetried, _ADMIN)
    yield _command(owner, "edit-dead-letter", c.EditDeadLetter, c.DeadLetterSettled, _ADMIN)
    yield _command(owner, "discard-dead-letter", c.DiscardDeadLetter, c.DeadLetterSettled, _ADMIN)
    yield _query(owner, "health", q.Health, q.HealthView, _ADMIN)
    yield _query(owner, "dead-letters", q.DeadLetters, q.DeadLettersView, _ADMIN)
    yield _query(owner, "dead-letter", q.DeadLetterById, q.DeadLetterView, _ADMIN)
    yield _query(owner, "log-digest", q.LogDigest, q.LogDigestView, _ADMIN)
    yield _query(owner, "log-places", q.LogPlaces, q.LogPlacesView, _ADMIN)
    yield _query(owner, "gate-digest", q.GateDigest, q.GateDigestView, _ADMIN)
    yield _query(owner, "entity-versions", q.EntityVersions, q.EntityVersionsView, _ADMIN)


CALLS: tuple[CallSpec, ...] = (
    _command(
        "intake",
        "submit-case",
        intake_commands.SubmitCase,
        intake_commands.CaseMoved,
        OFFICERS | {Role.CITIZEN, Role.OPERATOR},
        _CASE_REFUSALS,
    ),
    _command(
        "intake",
        "accept-case",
        intake_commands.AcceptCase,
        intake_commands.CaseMoved,
        frozenset({Role.RECEIVING_OFFICER, Role.CENTRE_HEAD}),
        _CASE_REFUSALS,
    ),
    _command(
        "intake",
        "complete-case",
        intake_commands.CompleteCase,
        intake_commands.CaseMoved,
        frozenset({Role.LEADER, Role.CENTRE_HEAD}),
        _CASE_REFUSALS,
    ),
    _command(
        "intake",
        "return-case",
        intake_commands.ReturnCase,
        intake_commands.CaseMoved,
        frozenset({Role.RECEIVING_OFFICER, Role.CENTRE_HEAD}),
        _CASE_REFUSALS,
    ),
    _command("intake", "import-cases", intake_commands.ImportCases, intake_commands.CasesImported, _ADMIN),
    _query("intake", "case-by-code", intake_queries.CaseByCode, intake_queries.CaseView, OFFICERS | _ADMIN),
    _query("intake", "case-counts", intake_queries.CaseCounts, intake_queries.CaseCountsView, _ADMIN),
    _query("reporting", "form-ii-06a", reporting_queries.FormII06a, reporting_queries.FormII06aView, _FIGURES),
    _query(
        "reporting",
        "case-counts",
        reporting_queries.ProjectedCaseCounts,
        reporting_queries.ProjectedCaseCountsView,
        _ADMIN,
    ),
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
