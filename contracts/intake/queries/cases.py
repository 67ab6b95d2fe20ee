"""What intake can be asked about cases."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.envelope import Message
from contracts.intake.vocabulary import (
    CaseCode,
    CaseState,
    Channel,
    CommuneCode,
    IntervalKind,
    Outcome,
    ProcedureCode,
    StopCause,
    UnitCode,
    Urgency,
)

PageSize = Annotated[int, Field(ge=1, le=200)]
COUNTED_TO = 1_000
"""How far the cases of an inbox are counted for those who look at it; exact figures are reporting's."""


class CaseByCode(Message):
    """The case with this code."""

    case_code: CaseCode


class CaseById(Message):
    """The case with this id."""

    case_id: UUID


class DeadlineStep(Message):
    """One step on the way to a due instant, with the article of law behind it."""

    kind: str
    at: AwareDatetime
    note_vi: str
    note_en: str
    article: str


class CaseWait(Message):
    """A raw interval in which a case waited. `until` None: it still does; `by`: what the law gives for it."""

    kind: IntervalKind
    since: AwareDatetime
    until: AwareDatetime | None = None
    by: AwareDatetime | None = None
    amount: int | None = None


class AllowedMove(Message):
    """A move that the asker may make now, its conditions aside: the command's verb, and its name for people."""

    verb: str
    name_vi: str
    name_en: str


class CaseView(Message):
    """A case as it stands, its deadline explained.

    `due_at` is the law's reading, by which a supplement starts the clock anew; `due_at_paused` that of Decision 766,
    which subtracts the citizen's time; `first_due_at` what the receipt says. `act_by`: until when the law wants the
    next step. Where an apology set a new date (Art 19.6), both readings go on from `new_due_at`; the last of the steps
    is what holds. `forward_by`: until when the paper of a case that was just accepted has to be with the deciding unit
    (Art 18.2), by the calendar as it stands now.
    """

    case_id: UUID
    case_code: CaseCode | None = None
    receiving_unit: CommuneCode
    deciding_unit: UnitCode
    procedure: ProcedureCode
    channel: Channel
    state: CaseState
    version: int
    submitted_at: AwareDatetime
    accepted_at: AwareDatetime | None = None
    due_at: AwareDatetime | None = None
    completed_at: AwareDatetime | None = None
    returned_at: AwareDatetime | None = None
    deadline_steps: list[DeadlineStep]
    act_by: AwareDatetime | None = None
    first_due_at: AwareDatetime | None = None
    due_at_paused: AwareDatetime | None = None
    clock_started_at: AwareDatetime | None = None
    started_at: AwareDatetime | None = None
    extended_at: AwareDatetime | None = None
    new_due_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    outcome: Outcome | None = None
    stop_cause: StopCause | None = None
    rule_version: str | None = None
    calendar_version: str | None = None
    urgency: Urgency | None = None
    forward_by: AwareDatetime | None = None
    waits: list[CaseWait] = Field(default_factory=list)
    moves: list[AllowedMove] = Field(default_factory=list)


class CaseHistory(Message):
    """What happened to a case, in order."""

    case_id: UUID


class CaseStep(Message):
    """One event of a case: its kind (`accepted`), when it was recorded, and what was said with it."""

    version: int
    kind: str
    recorded_at: AwareDatetime
    facts: dict[str, str | int | None]
    reason: str | None = None
    items: list[str] = Field(default_factory=list)


class CaseHistoryView(Message):
    """A case's steps, the first first."""

    case_id: UUID
    steps: list[CaseStep]


class Inbox(Message):
    """Cases that wait, in the order in which they have to be done: overdue ones, then by the next limit, then work
    without a limit and last results to be picked up, the longest waiting first.

    `side`: of the unit that receives, of the one that decides, or of a whole province. `states` empty: all that wait.
    `cursor`: the one that the page before ended with.
    """

    unit: UnitCode
    side: Literal["receiving", "deciding", "province"] = "deciding"
    states: list[CaseState] = Field(default_factory=list, max_length=10)
    cursor: str | None = Field(default=None, max_length=100)
    size: PageSize = 50


class ListedCase(Message):
    """A case in a list. `queue_at`: what its part of the list is ordered by, `act_by` or else since when it waits.

    `urgency` None: it waits for nobody.
    """

    case_id: UUID
    case_code: CaseCode | None = None
    receiving_unit: CommuneCode
    deciding_unit: UnitCode
    procedure: ProcedureCode
    field: str
    channel: Channel
    state: CaseState
    version: int
    submitted_at: AwareDatetime
    due_at: AwareDatetime | None = None
    act_by: AwareDatetime | None = None
    queue_at: AwareDatetime
    urgency: Urgency | None = None


class InboxView(Message):
    """A page of an inbox; `cursor` None: it is the last.

    `counts`: how many wait in each state, whatever was asked; one of `counted_to` means that many or more.
    """

    cases: list[ListedCase]
    cursor: str | None = None
    counts: dict[CaseState, int]
    counted_to: int = COUNTED_TO


class FindCases(Message):
    """Cases by a part of their code: how it begins, or how it ends (those not yet finished)."""

    text: str = Field(min_length=3, max_length=40, pattern=r"^[A-Z0-9.\-]+$")
    size: PageSize = 20


class FoundCases(Message):
    """What was found, in the order of the codes."""

    cases: list[ListedCase]


UNITS_AT_ONCE = 250
"""Units in one answer of counts: with all their states, they fit into what the bus carries many times, and no single
look at the database takes long where there are millions of cases."""
CASES_AT_ONCE = 5_000
"""Cases in one answer of digests."""


class CaseCounts(Message):
    """How many cases each unit has in each state: what projections elsewhere must agree with.

    `after`: the unit that the page before ended with.
    """

    after: CommuneCode | None = None


class UnitCaseCount(Message):
    """Cases of one receiving unit in one state, and a digest of what a projection has to hold of them, see
    `CaseDigest`: their exclusive or."""

    unit: CommuneCode
    state: CaseState
    cases: int
    digest: int | None = None


class CaseCountsView(Message):
    """Counts by receiving unit and state, units in order of their code. `next`: what to ask after, if there is more."""

    counts: list[UnitCaseCount]
    next: CommuneCode | None = None


def last_unit(counts: Sequence[UnitCaseCount]) -> str | None:
    """What to ask after; None: a page that is not full is the last."""
    return counts[-1].unit if len({count.unit for count in counts}) == UNITS_AT_ONCE else None


class CaseDigests(Message):
    """What a projection has to hold of each case of a receiving unit, as a number. `after`: the case that a page
    ended with."""

    unit: CommuneCode
    after: UUID | None = None


class CaseDigest(Message):
    """A case as it is in one version.

    `digest` covers id, state, procedure, field, channel and province, and when it was submitted, accepted, due,
    finished (with a result, or withdrawn or stopped) and handed over. It is the first 64 bits, signed, of the MD5 of
    these in PostgreSQL's binary form: equal digests, equal cases.
    """

    case_id: UUID
    version: int
    digest: int


class CaseDigestsView(Message):
    """Cases in order of id, 5,000 at most. `next`: what to ask after, if there is more."""

    cases: list[CaseDigest]
    next: UUID | None = None


def last_case(cases: Sequence[Any]) -> UUID | None:
    """What to ask for more cases after; None: a page that is not full is the last."""
    last: UUID | None = cases[-1].case_id if len(cases) == CASES_AT_ONCE else None
    return last
