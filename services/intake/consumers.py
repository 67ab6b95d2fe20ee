"""What intake is asked."""

from contracts.intake.commands.attachments import (
    AddAttachmentPiece,
    BeginAttachment,
    FinishAttachment,
    RemoveAttachment,
)
from contracts.intake.commands.cases import AcceptCase, CompleteCase, ReturnCase, SubmitCase
from contracts.intake.commands.importing import ImportCases
from contracts.intake.queries.attachments import AttachmentPiece, Attachments
from contracts.intake.queries.cases import CaseByCode, CaseCounts
from contracts.intake.queries.documents import CaseForm, CaseRegister, FeeSlip
from services.chassis.calls import Calls
from services.intake.handlers.attachments import AttachmentHandlers
from services.intake.handlers.cases import CaseHandlers
from services.intake.handlers.documents import DocumentHandlers
from services.intake.handlers.importing import ImportHandler


def register(calls: Calls, cases: CaseHandlers, import_cases: ImportHandler) -> None:
    """A table of contents: commands, then queries."""
    calls.command(SubmitCase, cases.submit)
    calls.command(AcceptCase, cases.accept)
    calls.command(CompleteCase, cases.complete)
    calls.command(ReturnCase, cases.hand_over)
    calls.command(ImportCases, import_cases)
    calls.query(CaseByCode, cases.by_code)
    calls.query(CaseCounts, cases.counts)


def register_documents(calls: Calls, attachments: AttachmentHandlers, documents: DocumentHandlers) -> None:
    """Papers: files in and out, and forms."""
    calls.command(BeginAttachment, attachments.begin)
    calls.command(AddAttachmentPiece, attachments.add_piece)
    calls.command(FinishAttachment, attachments.finish)
    calls.command(RemoveAttachment, attachments.remove)
    calls.query(Attachments, attachments.of_case)
    calls.query(AttachmentPiece, attachments.piece)
    calls.query(CaseForm, documents.case_form)
    calls.query(CaseRegister, documents.case_register)
    calls.query(FeeSlip, documents.fee_slip)
