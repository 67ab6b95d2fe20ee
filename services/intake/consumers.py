"""What intake is asked."""

from contracts.intake.commands import cases as commands
from contracts.intake.commands.attachments import (
    AddAttachmentPiece,
    BeginAttachment,
    FinishAttachment,
    RemoveAttachment,
)
from contracts.intake.commands.catalogue import DraftReference, PublishReference, WithdrawDraft
from contracts.intake.commands.feedback import (
    AcknowledgeComplaint,
    AnswerComplaint,
    CloseComplaint,
    FileComplaint,
    RateResult,
    WithdrawComplaint,
)
from contracts.intake.commands.importing import ImportCases
from contracts.intake.commands.people import CorrectPerson, ErasePerson, FindPeople, RevealPerson, RotateMasterKey
from contracts.intake.commands.queue import (
    CallAgain,
    CallNext,
    CancelTicket,
    FinishService,
    IssueTicket,
    MoveTicket,
    StartService,
)
from contracts.intake.commands.visits import AmendVisit, RecordVisit, RevokeVisit
from contracts.intake.queries import cases as queries
from contracts.intake.queries.attachments import AttachmentPiece, Attachments, ListAttachments
from contracts.intake.queries.audit import AuditCheck, AuditCoverage, AuditRoots, AuditTrail
from contracts.intake.queries.catalogue import (
    ProcedureByCode,
    Procedures,
    ReferenceDocument,
    ReferenceDocuments,
    UnitByCode,
    UnitHistory,
)
from contracts.intake.queries.documents import CaseForm, CaseRegister, FeeSlip, PrintFeeSlip, PrintRegister
from contracts.intake.queries.feedback import Complaints, SatisfactionSummary
from contracts.intake.queries.queue import Queue, QueueHistory
from contracts.intake.queries.recompute import DeadlineMoves, DeadlineRecomputes
from contracts.intake.queries.retention import RetentionReport
from contracts.intake.queries.visits import AssistanceSummary, Visits
from services.chassis.calls import Calls
from services.intake.handlers.assistance import Assistance
from services.intake.handlers.attachments import AttachmentHandlers
from services.intake.handlers.audit import Trail
from services.intake.handlers.audit_queries import AuditQueries
from services.intake.handlers.cases import CaseHandlers
from services.intake.handlers.catalogue import CatalogueViews
from services.intake.handlers.documents import DocumentHandlers
from services.intake.handlers.importing import ImportHandler
from services.intake.handlers.people import People
from services.intake.handlers.recompute import RecomputeViews
from services.intake.handlers.reference_book import ReferenceBook
from services.intake.handlers.reference_documents import ReferenceDocumentHandlers
from services.intake.handlers.retention import RetentionHandlers
from services.intake.handlers.views import CaseViews
from services.worktime.clock import Clock


def register(calls: Calls, cases: CaseHandlers, views: CaseViews, import_cases: ImportHandler) -> None:
    """A table of contents: the moves of a case, importing, then queries."""
    calls.command(commands.SubmitCase, cases.submit)
    calls.command(commands.AcceptCase, cases.accept)
    calls.command(commands.ServeCase, cases.serve)
    calls.command(commands.DeclineCase, cases.decline)
    calls.command(commands.StartCase, cases.start)
    calls.command(commands.RequestSupplement, cases.request_supplement)
    calls.command(commands.CompleteSupplement, cases.complete_supplement)
    calls.command(commands.RequestPayment, cases.request_payment)
    calls.command(commands.RecordPayment, cases.record_payment)
    calls.command(commands.ExtendCase, cases.extend)
    calls.command(commands.WithdrawCase, cases.withdraw)
    calls.command(commands.StopCase, cases.stop)
    calls.command(commands.AmendCase, cases.amend)
    calls.command(commands.CompleteCase, cases.complete)
    calls.command(commands.ReturnCase, cases.hand_over)
    calls.command(commands.ReportError, cases.report_error)
    calls.command(commands.CorrectResult, cases.correct_result)
    calls.command(ImportCases, import_cases)
    calls.query(queries.CaseByCode, views.by_code)
    calls.query(queries.CaseById, views.by_id)
    calls.query(queries.CaseHistory, views.history)
    calls.query(queries.Inbox, views.inbox)
    calls.query(queries.FindCases, views.find)
    calls.query(queries.CaseCounts, views.counts)
    calls.query(queries.CaseDigests, views.digests)


def register_documents(calls: Calls, attachments: AttachmentHandlers, documents: DocumentHandlers) -> None:
    """Papers: files in and out, and forms."""
    calls.command(BeginAttachment, attachments.begin)
    calls.command(AddAttachmentPiece, attachments.add_piece)
    calls.command(FinishAttachment, attachments.finish)
    calls.command(RemoveAttachment, attachments.remove)
    calls.query(Attachments, attachments.of_case)
    calls.command(ListAttachments, attachments.list_named)
    calls.command(AttachmentPiece, attachments.piece)
    calls.command(CaseForm, documents.case_form)
    calls.query(CaseRegister, documents.case_register)
    calls.query(FeeSlip, documents.fee_slip)
    calls.command(PrintRegister, documents.print_register)
    calls.command(PrintFeeSlip, documents.print_fee_slip)


def register_assistance(calls: Calls, assistance: Assistance) -> None:
    """Of visits, the queue, ratings and complaints: commands, then queries."""
    visits, queue, feedback = assistance.visits, assistance.queue, assistance.feedback
    calls.command(RecordVisit, visits.record)
    calls.command(AmendVisit, visits.amend)
    calls.command(RevokeVisit, visits.revoke)
    calls.command(IssueTicket, queue.issue)
    calls.command(CallNext, queue.call_next)
    calls.command(CallAgain, queue.call_again)
    calls.command(StartService, queue.start)
    calls.command(FinishService, queue.finish)
    calls.command(CancelTicket, queue.cancel)
    calls.command(MoveTicket, queue.move)
    calls.command(RateResult, feedback.rate)
    calls.command(FileComplaint, feedback.file)
    calls.command(AcknowledgeComplaint, feedback.acknowledge)
    calls.command(AnswerComplaint, feedback.answer)
    calls.command(CloseComplaint, feedback.close)
    calls.command(WithdrawComplaint, feedback.withdraw)
    calls.query(Visits, visits.visits)
    calls.query(AssistanceSummary, visits.summary)
    calls.query(Queue, queue.board)
    calls.query(QueueHistory, queue.history)
    calls.query(Complaints, feedback.complaints)
    calls.query(SatisfactionSummary, feedback.summary)


def register_people(calls: Calls, people: People) -> None:
    """Commands alone: to see somebody's data is written down, too."""
    calls.command(CorrectPerson, people.correct)
    calls.command(ErasePerson, people.erase)
    calls.command(RevealPerson, people.reveal)
    calls.command(FindPeople, people.find)
    calls.command(RotateMasterKey, people.rotate)


def register_audit(calls: Calls, audit: AuditQueries) -> None:
    calls.query(AuditTrail, audit.trail)
    calls.query(AuditRoots, audit.roots)
    calls.query(AuditCheck, audit.check)
    calls.query(AuditCoverage, audit.coverage)


def register_catalogue(calls: Calls, book: ReferenceBook, trail: Trail, clock: Clock) -> None:
    """Reference data, and what follows from them: commands, then queries."""
    documents, views = ReferenceDocumentHandlers(trail, clock), CatalogueViews(book, clock)
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
