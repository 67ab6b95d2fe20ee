"""What intake tells of how content people are: categories only, never who or in which words."""

from uuid import UUID

from pydantic import AwareDatetime

from contracts.envelope import Message
from contracts.intake.feedback import ComplaintOutcome, ComplaintSubject, FeedbackReason, Satisfaction
from contracts.intake.vocabulary import CommuneCode, LimitKind, ProcedureCode, UnitCode


class RatingRecorded(Message):
    """A result was rated, or rated anew: the later version counts. With the dimensions of its case."""

    rating_id: UUID
    case_id: UUID
    receiving_unit: CommuneCode
    deciding_unit: UnitCode
    procedure: ProcedureCode
    field: str
    answer: Satisfaction
    reason: FeedbackReason | None = None
    rated_at: AwareDatetime


class ComplaintFact(Message):
    """What every fact about a complaint says; case, procedure and field where it is about a case."""

    complaint_id: UUID
    unit: CommuneCode
    subject: ComplaintSubject
    reason: FeedbackReason
    case_id: UUID | None = None
    procedure: ProcedureCode | None = None
    field: str | None = None


class ComplaintFiled(ComplaintFact):
    """Somebody complained; by when it is to be acknowledged and answered."""

    filed_at: AwareDatetime
    acknowledge_by: AwareDatetime
    answer_by: AwareDatetime


class ComplaintLimitMoved(ComplaintFact):
    """The unit's calendar changed, and with it until when the complaint is to be acknowledged or answered.

    `was_overdue`: the old instant had passed when the calendar was published. `recompute`: the run that found it.
    """

    limit: LimitKind
    moved_at: AwareDatetime
    old_by: AwareDatetime
    by: AwareDatetime
    calendar_version: str
    reason_vi: str | None = None
    reason_en: str | None = None
    recompute: UUID | None = None
    was_overdue: bool = False


class ComplaintAcknowledged(ComplaintFact):
    """It has been read."""

    acknowledged_at: AwareDatetime


class ComplaintAnswered(ComplaintFact):
    """It has been answered, and so."""

    answered_at: AwareDatetime
    outcome: ComplaintOutcome


class ComplaintClosed(ComplaintFact):
    """Nothing is left to be done."""

    closed_at: AwareDatetime
    outcome: ComplaintOutcome


class ComplaintWithdrawn(ComplaintFact):
    """Whoever filed it took it back: it counts no more."""

    withdrawn_at: AwareDatetime
