"""What can be done with a case."""

from uuid import UUID

from pydantic import AwareDatetime

from contracts.envelope import Message
from contracts.intake.vocabulary import CaseCode, CaseState, Channel, CommuneCode, ProcedureCode, UnitCode


class SubmitCase(Message):
    """Hand in a case. `submitted_at` empty means now."""

    case_id: UUID
    receiving_unit: CommuneCode
    deciding_unit: UnitCode
    procedure: ProcedureCode
    channel: Channel
    submitted_at: AwareDatetime | None = None


class AcceptCase(Message):
    """Accept a complete, valid case under the code printed on its receipt. `accepted_at` empty means now."""

    case_id: UUID
    case_code: CaseCode
    accepted_at: AwareDatetime | None = None


class CompleteCase(Message):
    """Record that the result was decided."""

    case_id: UUID
    completed_at: AwareDatetime | None = None


class ReturnCase(Message):
    """Record that the result was handed over."""

    case_id: UUID
    returned_at: AwareDatetime | None = None


class CaseMoved(Message):
    """A case after a command: its state and version, and its due instant once accepted."""

    case_id: UUID
    state: CaseState
    version: int
    case_code: CaseCode | None = None
    due_at: AwareDatetime | None = None
