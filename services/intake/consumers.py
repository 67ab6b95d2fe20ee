"""What intake is asked."""

from contracts.intake.commands.cases import AcceptCase, CompleteCase, ReturnCase, SubmitCase
from contracts.intake.commands.catalogue import DraftReference, PublishReference, WithdrawDraft
from contracts.intake.commands.importing import ImportCases
from contracts.intake.queries.cases import CaseByCode, CaseCounts
from contracts.intake.queries.catalogue import (
    ProcedureByCode,
    Procedures,
    ReferenceDocument,
    ReferenceDocuments,
    UnitByCode,
    UnitHistory,
)
from contracts.intake.queries.recompute import DeadlineMoves, DeadlineRecomputes
from contracts.intake.queries.retention import RetentionReport
from services.chassis.calls import Calls
from services.intake.handlers.cases import CaseHandlers
from services.intake.handlers.catalogue import CatalogueViews
from services.intake.handlers.importing import ImportHandler
from services.intake.handlers.recompute import RecomputeViews
from services.intake.handlers.reference_book import ReferenceBook
from services.intake.handlers.reference_documents import ReferenceDocumentHandlers
from services.intake.handlers.retention import RetentionHandlers
from services.worktime.clock import Clock


def register(calls: Calls, cases: CaseHandlers, import_cases: ImportHandler) -> None:
    """A table of contents: commands, then queries."""
    calls.command(SubmitCase, cases.submit)
    calls.command(AcceptCase, cases.accept)
    calls.command(CompleteCase, cases.complete)
    calls.command(ReturnCase, cases.hand_over)
    calls.command(ImportCases, import_cases)
    calls.query(CaseByCode, cases.by_code)
    calls.query(CaseCounts, cases.counts)


def register_catalogue(calls: Calls, book: ReferenceBook, clock: Clock) -> None:
    """Reference data, and what follows from them: commands, then queries."""
    documents, views = ReferenceDocumentHandlers(clock), CatalogueViews(book, clock)
    recompute, retention = RecomputeViews(), RetentionHandlers(book, clock)
    calls.command(DraftReference, documents.draft)
    calls.command(PublishReference, documents.publish)
    calls.command(WithdrawDraft, documents.withdraw)
    calls.query(ReferenceDocuments, documents.versions)
    calls.query(ReferenceDocument, documents.content)
    calls.query(ProcedureByCode, views.procedure)
    calls.query(Procedures, views.procedures)
    calls.query(UnitByCode, views.unit)
    calls.query(UnitHistory, views.unit_history)
    calls.query(DeadlineRecomputes, recompute.runs)
    calls.query(DeadlineMoves, recompute.moves)
    calls.query(RetentionReport, retention.report)
