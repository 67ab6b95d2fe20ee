"""Intake's part of the one table: what it tells, and what it answers to whom."""

from contracts.intake.commands import cases as commands
from contracts.intake.commands import importing
from contracts.intake.events import cases as events
from contracts.intake.events import catalogue
from contracts.intake.queries import cases as queries
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

_CASE_REFUSALS = tuple(str(code) for code in IntakeRefusal)

CALLS: tuple[CallSpec, ...] = (
    command(
        "intake",
        "submit-case",
        commands.SubmitCase,
        commands.CaseMoved,
        OFFICERS | {Role.CITIZEN, Role.OPERATOR},
        _CASE_REFUSALS,
        adults_only=True,
    ),
    command(
        "intake",
        "accept-case",
        commands.AcceptCase,
        commands.CaseMoved,
        frozenset({Role.RECEIVING_OFFICER, Role.CENTRE_HEAD}),
        _CASE_REFUSALS,
        adults_only=True,
    ),
    command(
        "intake",
        "complete-case",
        commands.CompleteCase,
        commands.CaseMoved,
        frozenset({Role.LEADER, Role.CENTRE_HEAD}),
        _CASE_REFUSALS,
        adults_only=True,
    ),
    command(
        "intake",
        "return-case",
        commands.ReturnCase,
        commands.CaseMoved,
        frozenset({Role.RECEIVING_OFFICER, Role.CENTRE_HEAD}),
        _CASE_REFUSALS,
        adults_only=True,
    ),
    command("intake", "import-cases", importing.ImportCases, importing.CasesImported, ADMIN, adults_only=True),
    query("intake", "case-by-code", queries.CaseByCode, queries.CaseView, OFFICERS | ADMIN, adults_only=True),
    query("intake", "case-counts", queries.CaseCounts, queries.CaseCountsView, ADMIN),
)
