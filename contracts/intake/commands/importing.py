"""Taking over a case log."""

from enum import StrEnum
from operator import not_
from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.envelope import Message
from contracts.intake.commands.cases import LikeCase
from contracts.personal import Personal


def _unless_empty() -> Any:
    """A field that most rows leave empty; then it is not sent either, which halves a row on the wire."""
    return Field(default="", exclude_if=not_)


class LogRow(Message):
    """One line of a commune's case log, as text: intake judges every row by itself.

    `line` is the line in the file, counted from 1 with the header. Instants are ISO 8601 with an offset;
    empty: not yet. The first nine columns make a case log; the others stand for what only some exports tell:

    - `declined_at`: not accepted, or refused; `withdrawn_at`: the citizen took it back (Decree 118/2025 Art 21);
      `stopped_at`: the centre closed it; `reason`: why, in words.
    - `supplement_requested_at`, `supplement_completed_at`: the one request for papers (Art 11.2c, 19.5).
    - `payment_requested_at`, `paid_at`: the financial obligation; `started_at`: the specialist began.
    - `new_due_at`: the deadline that an apology announced (Art 19.6).
    - `applicant_...`: whose case it is. Personal: never logged, in no event.
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
    declined_at: str = _unless_empty()
    supplement_requested_at: str = _unless_empty()
    supplement_completed_at: str = _unless_empty()
    payment_requested_at: str = _unless_empty()
    paid_at: str = _unless_empty()
    withdrawn_at: str = _unless_empty()
    stopped_at: str = _unless_empty()
    new_due_at: str = _unless_empty()
    started_at: str = _unless_empty()
    reason: str = _unless_empty()
    applicant_name: Personal[str] = _unless_empty()
    applicant_id_number: Personal[str] = _unless_empty()
    applicant_phone: Personal[str] = _unless_empty()


class ImportCases(Message):
    """Take over rows of a case log; what was taken over before is left as it is."""

    judges_nul: ClassVar[bool] = True  # it costs its row only

    rows: list[LogRow] = Field(max_length=2000)


class RejectedRow(Message):
    """A row that was not taken over: where, why (a stable code), and in words."""

    line: int
    column: str
    code: str
    message_vi: str
    message_en: str


class ImportRemark(StrEnum):
    """What somebody should look at in a row that was taken over."""

    POSSIBLE_DUPLICATE = "possible-duplicate"
    OTHER_APPLICANT = "other-applicant"
    APPLICANT_ERASED = "applicant-erased"


class RemarkedRow(Message):
    """A row that was taken over, or was there already, and what there is to be said of its case. It names nobody.

    `duplicates`: cases of the same citizen, for the same procedure at the same unit, within the window of the rules;
    of two rows of one command, the later is told of the earlier. Who sends the rows again is told the same again.
    The other codes: the row names somebody, and the case keeps the applicant that it has, or had.
    """

    line: int
    column: str
    code: ImportRemark
    message_vi: str
    message_en: str
    case_id: UUID
    duplicates: list[LikeCase] = Field(default_factory=list)


class CasesImported(Message):
    """What became of the rows; counts and rejects add up to the rows sent.

    `advanced`: the case was known, and the row told what happened to it since, or whose it is. `remarks` are of rows
    that are counted beside: pointed out, not refused.
    """

    imported: int
    advanced: int
    already_present: int
    rejected: list[RejectedRow]
    remarks: list[RemarkedRow] = Field(default_factory=list)
