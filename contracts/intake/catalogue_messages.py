"""Of reference data: what intake tells, and what it answers to whom."""

from contracts.intake.commands import catalogue as catalogue_commands
from contracts.intake.events import catalogue
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
)

_REFERENCE_REFUSALS = (str(IntakeRefusal.BAD_REFERENCE), str(IntakeRefusal.NOT_A_DRAFT))
_ASKERS = OFFICERS | ADMIN | {Role.CITIZEN, Role.VOLUNTEER, Role.LEAD, Role.PROVINCE}

_UNIT = (str(IntakeRefusal.UNKNOWN_UNIT),)

CALLS: tuple[CallSpec, ...] = (
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
    query("intake", "unit", catalogue_queries.UnitByCode, catalogue_queries.UnitLine, _ASKERS, _UNIT),
    query("intake", "unit-history", catalogue_queries.UnitHistory, catalogue_queries.UnitHistoryView, _ASKERS, _UNIT),
    query("intake", "deadline-recomputes", recompute.DeadlineRecomputes, recompute.DeadlineRecomputesView, ADMIN),
    query("intake", "deadline-moves", recompute.DeadlineMoves, recompute.DeadlineMovesView, ADMIN),
    query("intake", "retention-report", retention.RetentionReport, retention.RetentionReportView, ADMIN, _UNIT),
)
