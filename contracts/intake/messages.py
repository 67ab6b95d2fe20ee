"""Intake's part of the one table: what it tells, and what it answers to whom."""

from pydantic import BaseModel

from contracts.intake import assistance_messages, catalogue_messages, people_messages
from contracts.intake.commands import attachments, importing
from contracts.intake.commands import cases as commands
from contracts.intake.events import cases as events
from contracts.intake.lifecycle import MOVES
from contracts.intake.queries import attachments as attachment_queries
from contracts.intake.queries import cases as queries
from contracts.intake.queries import documents
from contracts.intake.refusals import IntakeRefusal
from contracts.roles import OFFICERS, Role
from contracts.specs import ADMIN, CallSpec, EventSpec, command, query

EVENTS: tuple[EventSpec, ...] = (
    *catalogue_messages.EVENTS,
    EventSpec("intake", "case", "submitted", 1, events.CaseSubmitted),
    EventSpec("intake", "case", "accepted", 1, events.CaseAccepted),
    EventSpec("intake", "case", "declined", 1, events.CaseDeclined),
    EventSpec("intake", "case", "started", 1, events.CaseStarted),
    EventSpec("intake", "case", "supplement-requested", 1, events.SupplementRequested),
    EventSpec("intake", "case", "supplement-completed", 1, events.SupplementCompleted),
    EventSpec("intake", "case", "payment-requested", 1, events.PaymentRequested),
    EventSpec("intake", "case", "payment-recorded", 1, events.PaymentRecorded),
    EventSpec("intake", "case", "extended", 1, events.CaseExtended),
    EventSpec("intake", "case", "deadline-moved", 1, events.DeadlineMoved),
    EventSpec("intake", "case", "limit-moved", 1, events.LimitMoved),
    EventSpec("intake", "case", "withdrawn", 1, events.CaseWithdrawn),
    EventSpec("intake", "case", "stopped", 1, events.CaseStopped),
    EventSpec("intake", "case", "amended", 1, events.CaseAmended),
    EventSpec("intake", "case", "completed", 1, events.CaseCompleted),
    EventSpec("intake", "case", "returned", 1, events.CaseReturned),
    EventSpec("intake", "case", "error-reported", 1, events.ErrorReported),
    EventSpec("intake", "case", "result-corrected", 1, events.ResultCorrected),
    *people_messages.EVENTS,
    *assistance_messages.EVENTS,
)

_FORM_REFUSALS = (str(IntakeRefusal.FORM_NOT_AVAILABLE),)
_PAPERS = OFFICERS | {Role.CITIZEN, Role.OPERATOR}
"""Who hands papers in, or looks at those of a case; whose case it is, the door has established."""

_CASE_REFUSALS = tuple(str(code) for code in IntakeRefusal)

_DATA: dict[str, type[BaseModel]] = {
    "submit-case": commands.SubmitCase,
    "accept-case": commands.AcceptCase,
    "serve-case": commands.ServeCase,
    "decline-case": commands.DeclineCase,
    "start-case": commands.StartCase,
    "request-supplement": commands.RequestSupplement,
    "complete-supplement": commands.CompleteSupplement,
    "request-payment": commands.RequestPayment,
    "record-payment": commands.RecordPayment,
    "extend-case": commands.ExtendCase,
    "withdraw-case": commands.WithdrawCase,
    "stop-case": commands.StopCase,
    "amend-case": commands.AmendCase,
    "complete-case": commands.CompleteCase,
    "return-case": commands.ReturnCase,
    "report-error": commands.ReportError,
    "correct-result": commands.CorrectResult,
}

_UNIT = (str(IntakeRefusal.UNKNOWN_UNIT),)

CALLS: tuple[CallSpec, ...] = (
    *(command("intake", m.verb, _DATA[m.verb], commands.CaseMoved, m.movers, _CASE_REFUSALS) for m in MOVES),
    command("intake", "import-cases", importing.ImportCases, importing.CasesImported, ADMIN),
    query("intake", "case-by-code", queries.CaseByCode, queries.CaseView, OFFICERS | ADMIN),
    query("intake", "case-by-id", queries.CaseById, queries.CaseView, OFFICERS | ADMIN),
    query("intake", "case-history", queries.CaseHistory, queries.CaseHistoryView, OFFICERS | ADMIN),
    query("intake", "inbox", queries.Inbox, queries.InboxView, OFFICERS | ADMIN | {Role.PROVINCE}, _UNIT),
    query("intake", "find-cases", queries.FindCases, queries.FoundCases, OFFICERS | ADMIN),
    query("intake", "case-counts", queries.CaseCounts, queries.CaseCountsView, ADMIN),
    query("intake", "case-digests", queries.CaseDigests, queries.CaseDigestsView, ADMIN),
    *(
        command("intake", verb, data, attachments.AttachmentProgress, roles, _CASE_REFUSALS)
        for verb, data, roles in (
            ("begin-attachment", attachments.BeginAttachment, _PAPERS),
            ("add-attachment-piece", attachments.AddAttachmentPiece, _PAPERS),
            ("finish-attachment", attachments.FinishAttachment, _PAPERS),
            ("remove-attachment", attachments.RemoveAttachment, OFFICERS | ADMIN),
        )
    ),
    query("intake", "attachments", attachment_queries.Attachments, attachment_queries.AttachmentsView, _PAPERS),
    # These show what is personal, and so are commands: they are written to the audit.
    command(
        "intake",
        "list-attachments",
        attachment_queries.ListAttachments,
        attachment_queries.AttachmentsView,
        _PAPERS,
    ),
    command(
        "intake",
        "attachment-piece",
        attachment_queries.AttachmentPiece,
        attachment_queries.AttachmentPieceView,
        _PAPERS,
    ),
    command("intake", "case-form", documents.CaseForm, documents.DocumentView, _PAPERS, _FORM_REFUSALS),
    query(
        "intake",
        "case-register",
        documents.CaseRegister,
        documents.DocumentView,
        OFFICERS | ADMIN,
        (*_FORM_REFUSALS, *_UNIT),
    ),
    query("intake", "fee-slip", documents.FeeSlip, documents.DocumentView, _PAPERS, _FORM_REFUSALS),
    command(
        "intake",
        "print-register",
        documents.PrintRegister,
        documents.DocumentView,
        OFFICERS | ADMIN,
        (*_FORM_REFUSALS, *_UNIT),
    ),
    command("intake", "print-fee-slip", documents.PrintFeeSlip, documents.DocumentView, _PAPERS, _FORM_REFUSALS),
    *catalogue_messages.CALLS,
    *people_messages.CALLS,
    *assistance_messages.CALLS,
)
