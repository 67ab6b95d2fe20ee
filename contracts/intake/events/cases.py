"""What intake tells of cases.

A case's events carry its dimensions each time, so that a subscriber of one fact needs no other.
"""

from uuid import UUID

from pydantic import AwareDatetime

from contracts.envelope import Message
from contracts.intake.vocabulary import (
    CaseCode,
    CaseState,
    Channel,
    CommuneCode,
    LimitKind,
    Outcome,
    ProcedureCode,
    StopCause,
    UnitCode,
)


class CaseFact(Message):
    """The dimensions of a case: where it was received, who decides, what it is about, how it came.

    `field` is the code of the procedure's field (lĩnh vực).
    """

    case_id: UUID
    receiving_unit: CommuneCode
    deciding_unit: UnitCode
    procedure: ProcedureCode
    field: str
    channel: Channel


class CaseSubmitted(CaseFact):
    """A citizen or business handed a case in; no clock runs yet, except that for accepting it (Art 17.2).

    `accept_by`: when an online case has to be accepted, or its mending asked for.
    """

    submitted_at: AwareDatetime
    accept_by: AwareDatetime | None = None


class CaseAccepted(CaseFact):
    """The complete, valid case was accepted and its clock started (Art 17.3).

    `forward_by`: when paper has to be with the deciding unit (Art 18.2), by the calendar of that moment.
    """

    case_code: CaseCode
    accepted_at: AwareDatetime
    due_at: AwareDatetime
    rule_version: str
    calendar_version: str
    forward_by: AwareDatetime | None = None


class CaseDeclined(CaseFact):
    """The case was not accepted."""

    declined_at: AwareDatetime


class CaseStarted(CaseFact):
    """Work on the case began."""

    started_at: AwareDatetime


class SupplementRequested(CaseFact):
    """The citizen was asked to complete the papers; after `complete_by` the centre may close the case (Art 19.5)."""

    requested_at: AwareDatetime
    complete_by: AwareDatetime


class SupplementCompleted(CaseFact):
    """The papers are complete. An accepted case's clock started anew: `due_at`. Without: it is still to be accepted."""

    completed_at: AwareDatetime
    state: CaseState
    due_at: AwareDatetime | None = None
    calendar_version: str | None = None


class PaymentRequested(CaseFact):
    """The case waits for a payment, in đồng."""

    requested_at: AwareDatetime
    amount: int


class PaymentRecorded(CaseFact):
    """The amount was paid. `due_at` moved on where the wait was off the clock."""

    paid_at: AwareDatetime
    amount: int
    state: CaseState
    due_at: AwareDatetime
    calendar_version: str


class CaseExtended(CaseFact):
    """An apology was sent and a new date set (Art 19.6)."""

    extended_at: AwareDatetime
    old_due_at: AwareDatetime
    due_at: AwareDatetime


class DeadlineMoved(CaseFact):
    """The unit's calendar changed, and the due instant of the open case with it.

    `recompute` is the run that found it: its list has all that moved for the same reason. `was_overdue`: the old
    instant had passed when the calendar was published; whoever counts the overdue counts this case otherwise now.
    """

    moved_at: AwareDatetime
    old_due_at: AwareDatetime
    due_at: AwareDatetime
    calendar_version: str
    reason_vi: str | None = None
    reason_en: str | None = None
    recompute: UUID | None = None
    was_overdue: bool = False


class LimitMoved(CaseFact):
    """The unit's calendar changed, and with it another limit of the case than its due instant. As `DeadlineMoved`."""

    limit: LimitKind
    moved_at: AwareDatetime
    old_by: AwareDatetime
    by: AwareDatetime
    calendar_version: str
    reason_vi: str | None = None
    reason_en: str | None = None
    recompute: UUID | None = None
    was_overdue: bool = False


class CaseWithdrawn(CaseFact):
    """The citizen took the case back before there was a result (Art 21).

    `waived`: đồng that the case waited for, which nobody has to pay any more.
    """

    withdrawn_at: AwareDatetime
    waived: int | None = None


class CaseStopped(CaseFact):
    """The centre ended the case without a result. `waived`: as above."""

    stopped_at: AwareDatetime
    cause: StopCause
    waived: int | None = None


class CaseAmended(CaseFact):
    """What was recorded of the case was corrected; the dimensions are those that hold from now on."""

    amended_at: AwareDatetime
    due_at: AwareDatetime | None = None
    rule_version: str | None = None
    calendar_version: str | None = None


class CaseCompleted(CaseFact):
    """The result was decided; the clock stopped."""

    completed_at: AwareDatetime
    outcome: Outcome = Outcome.GRANTED


class CaseReturned(CaseFact):
    """The result was handed over."""

    returned_at: AwareDatetime


class ErrorReported(CaseFact):
    """The result has an error, to be corrected by `correct_by` (Art 23.1)."""

    reported_at: AwareDatetime
    correct_by: AwareDatetime


class ResultCorrected(CaseFact):
    """The error in the result was corrected."""

    corrected_at: AwareDatetime
