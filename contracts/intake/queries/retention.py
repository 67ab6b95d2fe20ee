"""What can be asked of retention: nothing is deleted by itself."""

from datetime import date
from uuid import UUID

from pydantic import Field

from contracts.envelope import Message
from contracts.intake.catalogue import Confidence
from contracts.intake.vocabulary import CaseCode, CommuneCode, ProcedureCode, UnitCode


class RetentionReport(Message):
    """Closed cases past their retention period on a day (today if empty), of a unit or province or of all.

    Codes come in pages: `after` is the last case of the page before.
    """

    on: date | None = None
    unit: UnitCode | None = None
    after: UUID | None = None
    limit: int = Field(default=200, ge=0, le=2_000)


class RetentionGroup(Message):
    """Cases of one unit, field and year of closing. A report has those with most due first, 1,000 at most."""

    unit: CommuneCode
    field: str
    year: int
    closed: int
    due: int


class RetentionBasis(Message):
    """The period that a procedure's cases are kept, with where it comes from and how sure it is.

    `years` empty: for ever if `permanent`, else not known; such cases are never due. `closed`: cases it applies to.
    """

    procedure: ProcedureCode
    years: int | None = None
    permanent: bool
    confidence: Confidence | None = None
    source: str
    closed: int
    due: int


class RetentionCase(Message):
    """A case that is due for deletion."""

    case_id: UUID
    case_code: CaseCode
    unit: CommuneCode
    procedure: ProcedureCode
    closed_on: date
    kept_until: date


class RetentionReportView(Message):
    """What is due on the day; `next` is where the next page of cases begins, empty at the end."""

    on: date
    closed: int
    due: int
    groups: list[RetentionGroup]
    bases: list[RetentionBasis]
    cases: list[RetentionCase]
    next: UUID | None = None
