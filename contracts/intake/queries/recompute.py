"""What can be asked of deadlines that were computed anew because a calendar changed."""

from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.envelope import Message
from contracts.intake.vocabulary import CaseCode


class DeadlineRecomputes(Message):
    """The runs over open cases, newest first; or one of them."""

    id: UUID | None = None
    limit: int = Field(default=20, ge=1, le=200)


class RecomputeRun(Message):
    """One run: why, how far it is, and what it found.

    `open_cases` were open when it began, empty before; it has `looked` at so many.
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


class DeadlineRecomputesView(Message):
    """Runs, newest first."""

    runs: list[RecomputeRun]


class DeadlineMoves(Message):
    """The cases that a run moved, in the order of their ids; `after` is the last one of the page before."""

    recompute: UUID
    after: UUID | None = None
    limit: int = Field(default=100, ge=1, le=1_000)


class DeadlineMove(Message):
    """A case that is due at another instant."""

    case_id: UUID
    case_code: CaseCode | None = None
    old_due_at: AwareDatetime
    due_at: AwareDatetime
    calendar_version: str


class DeadlineMovesView(Message):
    """A page; `next` is where the one after it begins, empty at the end."""

    reason_vi: str
    reason_en: str
    moves: list[DeadlineMove]
    next: UUID | None = None
