"""What can be asked of deadlines that were computed anew because a calendar changed."""

from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.envelope import Message
from contracts.intake.vocabulary import CaseCode, CommuneCode, LimitKind


class DeadlineRecomputes(Message):
    """The runs over open cases, newest first; or one of them."""

    id: UUID | None = None
    limit: int = Field(default=20, ge=1, le=200)


class MovedLimits(Message):
    """How many limits of one kind a run moved. `overdue`: those that had passed when the calendar was published."""

    limit: LimitKind
    moved: int
    overdue: int


class RecomputeRun(Message):
    """One run: why, how far it is, and what it found.

    `open_cases` had a limit when it began, empty before; it has `looked` at so many, and `moved` limits of so many.
    `limits`: what moved, of complaints as well, by its kind.
    """

    id: UUID
    reason_vi: str
    reason_en: str
    requested_by: str
    requested_at: AwareDatetime
    done_at: AwareDatetime | None = None
    open_cases: int | None = None
    looked: int
    moved: int
    limits: list[MovedLimits] = Field(default_factory=list)


class DeadlineRecomputesView(Message):
    """Runs, newest first."""

    runs: list[RecomputeRun]


class DeadlineMoves(Message):
    """The cases and complaints that a run moved, in the order of their ids; `after`: `next` of the page before."""

    recompute: UUID
    after: UUID | None = None
    limit: int = Field(default=100, ge=1, le=1_000)


class DeadlineMove(Message):
    """A limit of a case that is at another instant: at `due_at`, until now at `old_due_at`.

    `was_overdue`: the old instant had passed when the calendar was published.
    """

    case_id: UUID
    case_code: CaseCode | None = None
    old_due_at: AwareDatetime
    due_at: AwareDatetime
    calendar_version: str
    limit: LimitKind = LimitKind.DUE
    was_overdue: bool = False


class ComplaintMove(Message):
    """A limit of a complaint that is at another instant. As `DeadlineMove`."""

    complaint_id: UUID
    unit: CommuneCode
    limit: LimitKind
    old_by: AwareDatetime
    by: AwareDatetime
    calendar_version: str
    was_overdue: bool = False


class DeadlineMovesView(Message):
    """A page; `next` is where the one after it begins, empty at the end. All limits of a case stand on one page."""

    reason_vi: str
    reason_en: str
    moves: list[DeadlineMove]
    complaints: list[ComplaintMove] = Field(default_factory=list)
    next: UUID | None = None
