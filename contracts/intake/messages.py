"""Intake's part of the one table: what it tells, and what it answers to whom."""

from dataclasses import replace

from contracts.intake.commands import attachments, importing
from contracts.intake.commands import cases as commands
from contracts.intake.events import cases as events
from contracts.intake.events import catalogue
from contracts.intake.queries import attachments as attachment_queries
from contracts.intake.queries import cases as queries
from contracts.intake.queries import documents
from contracts.intake.refusals import IntakeRefusal
from contracts.roles import OFFICERS, Role
from contracts.specs import ADMIN, CallSpec, EventSpec, command, query

EVENTS: tuple[EventSpec, ...] = (
    EventSpec("intake", "unit", "registered", 1, catalogue.UnitRegistered),
    EventSpec("intake", "procedure", "published", 1, catalogue.ProcedurePublished),
    EventSpec("intake", "case", "submitted", 1, events.CaseSubmitted),
    EventSpec("intake", "case", "accepted", 1, events.CaseAccepted),
    EventSpec("intake", "case", "completed", 1, events.CaseCompleted),
    EventSpec("intake", "case", "returned", 1, events.CaseReturned),
)

_FORM_REFUSALS = (str(IntakeRefusal.FORM_NOT_AVAILABLE),)
_PAPERS = OFFICERS | {Role.CITIZEN, Role.OPERATOR}
"""Who hands papers in, or looks at those of a case; whose case it is, the door has established."""

_CASE_REFUSALS = tuple(str(code) for code in IntakeRefusal)

CALLS: tuple[CallSpec, ...] = (
    command(
        "intake",
        "submit-case",
        commands.SubmitCase,
        commands.CaseMoved,
        OFFICERS | {Role.CITIZEN, Role.OPERATOR},
        _CASE_REFUSALS,
    ),
    command(
        "intake",
        "accept-case",
        commands.AcceptCase,
        commands.CaseMoved,
        frozenset({Role.RECEIVING_OFFICER, Role.CENTRE_HEAD}),
        _CASE_REFUSALS,
    ),
    command(
        "intake",
        "complete-case",
        commands.CompleteCase,
        commands.CaseMoved,
        frozenset({Role.LEADER, Role.CENTRE_HEAD}),
        _CASE_REFUSALS,
    ),
    command(
        "intake",
        "return-case",
        commands.ReturnCase,
        commands.CaseMoved,
        frozenset({Role.RECEIVING_OFFICER, Role.CENTRE_HEAD}),
        _CASE_REFUSALS,
    ),
    command("intake", "import-cases", importing.ImportCases, importing.CasesImported, ADMIN),
    query("intake", "case-by-code", queries.CaseByCode, queries.CaseView, OFFICERS | ADMIN),
    query("intake", "case-counts", queries.CaseCounts, queries.CaseCountsView, ADMIN),
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
    query(
        "intake",
        "attachment-piece",
        attachment_queries.AttachmentPiece,
        attachment_queries.AttachmentPieceView,
        _PAPERS,
    ),
    replace(query("intake", "case-form", documents.CaseForm, documents.DocumentView, _PAPERS), refusals=_FORM_REFUSALS),
    replace(
        query("intake", "case-register", documents.CaseRegister, documents.DocumentView, OFFICERS | ADMIN),
        refusals=(*_FORM_REFUSALS, str(IntakeRefusal.UNKNOWN_UNIT)),
    ),
    replace(query("intake", "fee-slip", documents.FeeSlip, documents.DocumentView, _PAPERS), refusals=_FORM_REFUSALS),
)
