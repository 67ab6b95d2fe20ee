"""What the audit can be asked. Hashes and keys are hexadecimal."""

from datetime import date
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.envelope import Message
from contracts.intake.events.audit import AuditSealed
from contracts.intake.vocabulary import CaseCode
from contracts.personal import Personal


class AuditTrail(Message):
    """The entries of one entity, by its id or by a case's code; `after` goes on behind a page."""

    entity: UUID | None = None
    case_code: CaseCode | None = None
    after: int = Field(default=0, ge=0)


class AuditEntry(Message):
    """One step: who, when, what, from where to where, why.

    `events` of the log are covered by `digest`; `found_events` and `found_digest` are what the log holds of them now.
    """

    number: int
    at: AwareDatetime
    actor: str
    role: str
    action: str
    command_id: UUID
    from_version: int
    to_version: int
    from_state: str
    to_state: str
    reason: Personal[str] | None = None
    events: int
    digest: str
    previous: str
    hash: str
    found_events: int = 0
    found_digest: str | None = None


class AuditFinding(Message):
    """What is wrong, and where. `kind`: entry-changed, entry-missing, chain-broken, events-changed, record-changed,
    row-changed (then `table` names whose row is gone or another), event-without-entry (then `number` is the event's
    version)."""

    kind: str
    entity: UUID
    number: int
    table: str | None = None


class AuditTrailView(Message):
    """Entries in order, at most 500. `last_event`: the version of the entity's last event in the log; 0: none.

    `findings`: rows that these entries tell of, and that are gone or another.
    """

    entity: UUID
    last_event: int = 0
    entries: list[AuditEntry]
    more: bool
    findings: list[AuditFinding] = Field(default_factory=list)


class AuditRoots(Message):
    """The sealed days behind a number."""

    after: int = Field(default=0, ge=0)


class AuditRootsView(Message):
    """Sealed days in order, at most 1,000, and how things stand.

    `first_day`, `today`: of the audit, by the database's clock in Vietnam. `now`: that clock. `announced`: the number
    of the last one that was told to the others. `public_key`: of the key that signs now.
    """

    first_day: date
    today: date
    now: AwareDatetime
    announced: int
    public_key: str
    roots: list[AuditSealed]
    more: bool


class AuditCheck(Message):
    """Recompute a piece of a day: its entries behind a place, in the order of entity and number.

    `running`: the running hash up to there.
    """

    day: date
    after_entity: UUID = UUID(int=0)
    after_number: int = Field(default=0, ge=0)
    running: str = Field(pattern=r"^[0-9a-f]{64}$")


class AuditCheckView(Message):
    """What a piece came to. `found` counts findings; 100 are listed at most."""

    entries: int
    running: str
    last_entity: UUID
    last_number: int
    more: bool
    found: int
    findings: list[AuditFinding]


class AuditCoverage(Message):
    """Look whether each event of what is audited has its entry; a piece of the log, behind a place in it."""

    after: int = Field(default=0, ge=0)


class AuditCoverageView(Message):
    """What a piece came to. `last` is its end, `size` about that of the log. As above."""

    events: int
    last: int
    size: int
    more: bool
    found: int
    findings: list[AuditFinding]
