"""What can be asked of the reference data."""

from datetime import date

from pydantic import AwareDatetime, Field

from contracts.envelope import Message
from contracts.intake.catalogue import Confidence, DocumentStatus, Level, LimitUnit, Needed, PaperForm, ReferenceKind
from contracts.intake.vocabulary import ProcedureCode, ProvinceCode, UnitCode, UnitKind


class ReferenceDocuments(Message):
    """The versions of documents, newest first. `kind` empty: of all kinds."""

    kind: ReferenceKind | None = None
    limit: int = Field(default=100, ge=1, le=500)


class DocumentLine(Message):
    """A version of a document, without its content. `created_by` `shipped`: the package brought it."""

    kind: ReferenceKind
    version: int
    status: DocumentStatus
    sha256: str
    bytes: int
    note: str
    base: int | None = None
    created_by: str
    created_at: AwareDatetime
    published_by: str | None = None
    published_at: AwareDatetime | None = None


class ReferenceDocumentsView(Message):
    """`state` counts publications of any kind: whoever has seen this number has seen them all."""

    state: int
    documents: list[DocumentLine]


class ReferenceDocument(Message):
    """One document. `version` empty: the one in force."""

    kind: ReferenceKind
    version: int | None = None


class ReferenceDocumentView(Message):
    """A document with its content."""

    document: DocumentLine
    content: str


class ProcedureByCode(Message):
    """A procedure as it holds on a day, today if empty."""

    code: ProcedureCode
    on: date | None = None


class RequiredPaper(Message):
    """A paper that belongs to a case of the procedure."""

    name: str
    copies: int
    form: PaperForm
    needed: Needed
    confidence: Confidence
    source: str


class ProcedureLine(Message):
    """A version of a procedure. Without `limit_unit` its processing time is not known.

    `season_from`, `season_to`: MM-DD, both days included. `effective_to`: the last day.
    """

    code: ProcedureCode
    name: str
    field: str
    field_name: str
    level: Level
    limit_amount: int | None = None
    limit_unit: LimitUnit | None = None
    season_from: str | None = None
    season_to: str | None = None
    effective_from: date
    effective_to: date | None = None
    confidence: Confidence


class ProcedureView(ProcedureLine):
    """A version of a procedure, whole.

    `fee`: đồng, empty where it is not known. `payment_off_clock`: while payment is awaited the clock stands still.
    `retention_years`: years from closing, empty for ever if `retention_permanent`, else not known.
    """

    fee: int | None = None
    fee_source: str
    payment_off_clock: bool
    retention_years: int | None = None
    retention_permanent: bool
    retention_confidence: Confidence | None = None
    retention_source: str
    source: str
    note: str
    papers: list[RequiredPaper]


class Procedures(Message):
    """The procedures in force on a day, today if empty; of one field if asked for."""

    on: date | None = None
    field: str | None = None


class ProceduresView(Message):
    """Procedures in the order of the catalogue."""

    procedures: list[ProcedureLine]


class UnitByCode(Message):
    """A unit as it is on a day, today if empty."""

    code: UnitCode
    on: date | None = None


class UnitLine(Message):
    """A unit under one name. `valid_to` is the last day; `successors` took over: one after a merger, more: a split."""

    code: UnitCode
    name: str
    kind: UnitKind
    province: ProvinceCode
    valid_from: date
    valid_to: date | None = None
    successors: list[UnitCode]


class UnitHistory(Message):
    """What became of a unit, and what it came from."""

    code: UnitCode


class UnitHistoryView(Message):
    """The unit's own names in order, and all units, near and far, that went into it and that it went into."""

    names: list[UnitLine]
    predecessors: list[UnitLine]
    successors: list[UnitLine]
