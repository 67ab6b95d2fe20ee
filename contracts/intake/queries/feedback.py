"""What can be asked about ratings and complaints."""

from datetime import date
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.envelope import Message
from contracts.intake.feedback import (
    ComplaintOutcome,
    ComplaintState,
    ComplaintSubject,
    FeedbackReason,
    Satisfaction,
)
from contracts.intake.vocabulary import CommuneCode, UnitCode


class Complaints(Message):
    """A unit's complaints in order of filing; `after` is the last one of the page before."""

    unit: CommuneCode
    open_only: bool = True
    after: UUID | None = None
    limit: int = Field(default=50, ge=1, le=200)


class ComplaintLine(Message):
    """A complaint. `overdue`: its next step is late. `moves`: verbs of what whoever asks may do with it."""

    complaint_id: UUID
    version: int
    state: ComplaintState
    subject: ComplaintSubject
    reason: FeedbackReason
    filed_at: AwareDatetime
    acknowledge_by: AwareDatetime
    answer_by: AwareDatetime
    overdue: bool
    outcome: ComplaintOutcome | None = None
    case_id: UUID | None = None
    moves: list[str]


class ComplaintsView(Message):
    """A page; `next` is what to ask for after it, none at the end."""

    complaints: list[ComplaintLine]
    next: UUID | None = None


class SatisfactionSummary(Message):
    """How content people were in a commune, a province, or (without unit) the nation."""

    unit: UnitCode | None = None
    first_day: date
    last_day: date


class RatingCount(Message):
    """Ratings with one answer and, where dissatisfied, one reason."""

    answer: Satisfaction
    reason: FeedbackReason | None = None
    ratings: int


class ComplaintCount(Message):
    """Complaints of one kind; no outcome while unanswered or when withdrawn."""

    subject: ComplaintSubject
    reason: FeedbackReason
    state: ComplaintState
    outcome: ComplaintOutcome | None = None
    complaints: int
    answered_late: int


class SatisfactionSummaryView(Message):
    """Ratings first given, and complaints filed, from the first day to the last.

    `cases_against` are the different cases that were disliked or complained of (not withdrawn): what Decision 766
    takes off besides the overdue. Complaints that are about no case are counted by `complaints_without_case`.
    """

    unit: UnitCode | None = None
    first_day: date
    last_day: date
    rated: int
    ratings: list[RatingCount]
    complaints: list[ComplaintCount]
    cases_against: int
    complaints_without_case: int
