"""Intake's part of the one table: what it tells, and what it answers to whom."""

from contracts.intake.commands import cases as commands
from contracts.intake.commands import catalogue as catalogue_commands
from contracts.intake.commands import importing
from contracts.intake.events import cases as events
from contracts.intake.events import catalogue, deadlines
from contracts.intake.queries import cases as queries
from contracts.intake.queries import catalogue as catalogue_queries
from contracts.intake.queries import recompute, retention
from contracts.intake.refusals import IntakeRefusal
from contracts.roles import OFFICERS, Role
from contracts.specs import ADMIN, CallSpec, EventSpec, command, query

EVENTS: tuple[EventSpec, ...] = (
    EventSpec("intake", "unit", "registered", 1, catalogue.UnitRegistered),
    EventSpec("intake", "procedure", "published", 1, catalogue.ProcedurePublished),
    EventSpec("intake", "procedure", "retired", 1, catalogue.ProcedureRetired),
    EventSpec("intake", "calendar", "published", 1, catalogue.CalendarPublished),
    EventSpec("intake", "case", "submitted", 1, events.CaseSubmitted),
    EventSpec("intake", "case", "accepted", 1, events.CaseAccepted),
    EventSpec("intake", "case", "completed", 1, events.CaseCompleted),
    EventSpec("intake", "case", "returned", 1, events.CaseReturned),
    EventSpec("intake", "case", "deadline-moved", 1, deadlines.DeadlineMoved),
)

_CASE_REFUSALS = tuple(str(code) for code in IntakeRefusal)

_REFERENCE_REFUSALS = (str(IntakeRefusal.BAD_REFERENCE), str(IntakeRefusal.NOT_A_DRAFT))
_ASKERS = OFFICERS | ADMIN | {Role.CITIZEN, Role.VOLUNTEER, Role.LEAD, Role.PROVINCE}

CATALOGUE_CALLS: tuple[CallSpec, ...] = (
    command(
        "intake",
        "draft-reference",
        catalogue_commands.DraftReference,
        catalogue_commands.ReferenceDrafted,
        ADMIN,
        _REFERENCE_REFUSALS,
    ),
    command(
        "intake",
        "publish-reference",
        catalogue_commands.PublishReference,
        catalogue_commands.ReferenceMoved,
        ADMIN,
        _REFERENCE_REFUSALS,
    ),
    command(
        "intake",
        "withdraw-draft",
        catalogue_commands.WithdrawDraft,
        catalogue_commands.ReferenceMoved,
        ADMIN,
        _REFERENCE_REFUSALS,
    ),
    query(
        "intake",
        "reference-documents",
        catalogue_queries.ReferenceDocuments,
        catalogue_queries.ReferenceDocumentsView,
        ADMIN,
    ),
    query(
        "intake",
        "reference-document",
        catalogue_queries.ReferenceDocument,
        catalogue_queries.ReferenceDocumentView,
        ADMIN,
    ),
    query("intake", "procedure", catalogue_queries.ProcedureByCode, catalogue_queries.ProcedureView, _ASKERS),
    query("intake", "procedures", catalogue_queries.Procedures, catalogue_queries.ProceduresView, _ASKERS),
    query("intake", "unit", catalogue_queries.UnitByCode, catalogue_queries.UnitLine, _ASKERS),
    query("intake", "unit-history", catalogue_queries.UnitHistory, catalogue_queries.UnitHistoryView, _ASKERS),
    query("intake", "deadline-recomputes", recompute.DeadlineRecomputes, recompute.DeadlineRecomputesView, ADMIN),
    query("intake", "deadline-moves", recompute.DeadlineMoves, recompute.DeadlineMovesView, ADMIN),
    query("intake", "retention-report", retention.RetentionReport, retention.RetentionReportView, ADMIN),
)

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
    *CATALOGUE_CALLS,
)
