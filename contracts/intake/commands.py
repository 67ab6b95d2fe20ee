"""What intake can be asked to do."""

from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.envelope import Message
from contracts.intake.vocabulary import CaseCode, CaseState, Channel, CommuneCode, ProcedureCode, UnitCode


class IntakeRefusal(StrEnum):
    """Intake's own refusal codes."""

    UNKNOWN_UNIT = "unknown-unit"
    UNKNOWN_PROCEDURE = "unknown-procedure"
    CASE_CODE_TAKEN = "case-code-taken"
    WRONG_STATE = "wrong-state"
    IMPOSSIBLE_TIME = "impossible-time"


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


class LogRow(Message):
    """One line of a commune's case log, as text: intake judges every row by itself.

    `line` is the line in the file, counted from 1 with the header. Instants are ISO 8601 with an offset;
    empty: not yet.
    """

    line: int = Field(ge=1)
    case_code: str
    unit: str
    deciding_unit: str
    procedure: str
    channel: str
    submitted_at: str
    accepted_at: str
    completed_at: str
    returned_at: str


class ImportCases(Message):
    """Take over rows of a case log; what was taken over before is left as it is."""

    rows: list[LogRow] = Field(max_length=2000)


class RejectedRow(Message):
    """A row that was not taken over: where, why (a stable code), and in words."""

    line: int
    column: str
    code: str
    message_vi: str
    message_en: str


class CasesImported(Message):
    """What became of the rows; counts and rejects add up to the rows sent.

    `advanced`: the case was known, and the row told what happened to it since.
    """

    imported: int
    advanced: int
    already_present: int
    rejected: list[RejectedRow]
