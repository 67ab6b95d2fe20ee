"""Taking over a case log."""

from pydantic import Field

from contracts.envelope import Message


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
