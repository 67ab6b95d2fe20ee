"""What can be done with a case. Who may, and when, is the table in `contracts.intake.lifecycle`.

An instant left out means now. `reason` is for the citizen and the audit: no names, no numbers of documents.
"""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.envelope import Message
from contracts.free_text import FreeText
from contracts.intake.people import PersonDetails
from contracts.intake.vocabulary import (
    CaseCode,
    CaseState,
    Channel,
    CommuneCode,
    Outcome,
    PaymentMethod,
    ProcedureCode,
    StopCause,
    UnitCode,
)

Reason = Annotated[FreeText, Field(max_length=1_000)]
Amount = Annotated[int, Field(ge=1, le=10_000_000_000_000, description="Vietnamese đồng")]


class SubmitCase(Message):
    """Hand in a case. `case_code`: of the system where it was handed in, if that gave one.

    `applicant`: whose case it is; kept encrypted, and in no event.
    """

    case_id: UUID
    receiving_unit: CommuneCode
    deciding_unit: UnitCode
    procedure: ProcedureCode
    channel: Channel
    submitted_at: AwareDatetime | None = None
    case_code: CaseCode | None = None
    applicant: PersonDetails | None = None


class AcceptCase(Message):
    """Accept a complete, valid case under the code printed on its receipt; without a code, intake gives it the next."""

    case_id: UUID
    case_code: CaseCode | None = None
    accepted_at: AwareDatetime | None = None


class ServeCase(Message):
    """Record a case whose result was given at once: received, decided and handed over (Decree 118/2025 Art 17.4)."""

    case_id: UUID
    receiving_unit: CommuneCode
    deciding_unit: UnitCode
    procedure: ProcedureCode
    channel: Channel = Channel.DIRECT
    case_code: CaseCode | None = None
    applicant: PersonDetails | None = None
    served_at: AwareDatetime | None = None


class DeclineCase(Message):
    """Do not accept a case, in writing (form 03)."""

    case_id: UUID
    reason: Reason
    declined_at: AwareDatetime | None = None


class StartCase(Message):
    """The papers went on to whoever works on them."""

    case_id: UUID
    started_at: AwareDatetime | None = None


class RequestSupplement(Message):
    """Ask the citizen to complete or mend papers, once and in full (form 02). `items`: what is missing or wrong."""

    case_id: UUID
    reason: Reason
    items: list[Reason] = Field(default_factory=list, max_length=50)
    requested_at: AwareDatetime | None = None


class CompleteSupplement(Message):
    """The citizen brought what was asked for: the clock starts anew (Art 19.5)."""

    case_id: UUID
    completed_at: AwareDatetime | None = None


class RequestPayment(Message):
    """Ask for a fee, charge or tax."""

    case_id: UUID
    amount: Amount
    reason: Reason = ""
    requested_at: AwareDatetime | None = None


class RecordPayment(Message):
    """Record that the amount asked for was paid. `reference`: the payment's, in the system that took it."""

    case_id: UUID
    amount: Amount
    method: PaymentMethod = PaymentMethod.CASH
    reference: Annotated[str, Field(max_length=100)] = ""
    paid_at: AwareDatetime | None = None


class ExtendCase(Message):
    """Apologise, give the reason, and set a new date (form 04)."""

    case_id: UUID
    new_due_at: AwareDatetime
    reason: Reason
    extended_at: AwareDatetime | None = None


class WithdrawCase(Message):
    """The citizen takes the case back (Art 21)."""

    case_id: UUID
    reason: Reason = ""
    withdrawn_at: AwareDatetime | None = None


class StopCase(Message):
    """The centre ends a case without a result (form 05)."""

    case_id: UUID
    cause: StopCause
    reason: Reason
    stopped_at: AwareDatetime | None = None


class AmendCase(Message):
    """Correct what was recorded at the counter; what is left out stays. The deadline follows a changed procedure."""

    case_id: UUID
    reason: Reason
    procedure: ProcedureCode | None = None
    channel: Channel | None = None


class CompleteCase(Message):
    """Record that the result was decided. A refusal on the merits needs its reason (Art 19.3, form 03)."""

    case_id: UUID
    outcome: Outcome = Outcome.GRANTED
    reason: Reason = ""
    completed_at: AwareDatetime | None = None


class ReturnCase(Message):
    """Record that the result was handed over."""

    case_id: UUID
    returned_at: AwareDatetime | None = None


class ReportError(Message):
    """The result has an error; it is to be corrected within 3 working days (Art 23.1)."""

    case_id: UUID
    reason: Reason
    reported_at: AwareDatetime | None = None


class CorrectResult(Message):
    """The error in the result was corrected."""

    case_id: UUID
    corrected_at: AwareDatetime | None = None


class LikeCase(Message):
    """A case that may be the same: of the same citizen, for the same procedure at the same unit, at about the time."""

    case_id: UUID
    case_code: CaseCode | None = None
    state: CaseState
    submitted_at: AwareDatetime


class CaseMoved(Message):
    """A case after a command: its state and version, and its due instant once accepted.

    `fee_id`: of the fee that was asked for or paid; `receipt_number`: of its slip, once it is paid.
    `forward_by`: when paper has to be with the deciding unit (Art 18.2). `duplicates` are pointed out, not refused.
    """

    case_id: UUID
    state: CaseState
    version: int
    case_code: CaseCode | None = None
    due_at: AwareDatetime | None = None
    act_by: AwareDatetime | None = None
    forward_by: AwareDatetime | None = None
    fee_id: UUID | None = None
    receipt_number: str | None = None
    duplicates: list[LikeCase] = Field(default_factory=list)
