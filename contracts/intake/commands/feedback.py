"""How content somebody is: one tap after the result, and complaints."""

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
from contracts.intake.vocabulary import CaseCode, CommuneCode


class RateResult(Message):
    """One tap by who holds the case's code. A reason only with `dissatisfied`. Changeable for some days."""

    case_code: CaseCode
    answer: Satisfaction
    reason: FeedbackReason | None = None


class ResultRated(Message):
    """The rating as it stands, and until when it can be changed."""

    rating_id: UUID
    version: int
    answer: Satisfaction
    changeable_until: AwareDatetime


class FileComplaint(Message):
    """Complain. About a case: its code, and no unit. About a unit or conduct: the unit.

    `about_actor`: the account that the complaint is about, who then may not deal with it.
    """

    complaint_id: UUID
    subject: ComplaintSubject
    reason: FeedbackReason
    case_code: CaseCode | None = None
    unit: CommuneCode | None = None
    about_actor: str | None = Field(default=None, min_length=1, max_length=100)


class AcknowledgeComplaint(Message):
    """It has been read, and will be answered."""

    complaint_id: UUID


class AnswerComplaint(Message):
    """It has been answered."""

    complaint_id: UUID
    outcome: ComplaintOutcome


class CloseComplaint(Message):
    """Nothing is left to be done."""

    complaint_id: UUID


class WithdrawComplaint(Message):
    """Whoever filed it takes it back."""

    complaint_id: UUID


class ComplaintMoved(Message):
    """A complaint after a command, and by when its next step is due."""

    complaint_id: UUID
    state: ComplaintState
    version: int
    acknowledge_by: AwareDatetime
    answer_by: AwareDatetime
    outcome: ComplaintOutcome | None = None
