"""Intake's part of the one table: what it tells, and what it answers to whom."""

from contracts.intake.commands import cases as commands
from contracts.intake.commands import importing, people
from contracts.intake.events import audit, catalogue
from contracts.intake.events import cases as events
from contracts.intake.queries import audit as audit_queries
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
    EventSpec("intake", "audit", "sealed", 1, audit.AuditSealed),
)

_CASE_REFUSALS = tuple(str(code) for code in IntakeRefusal)

_PERSON_REFUSALS = (str(IntakeRefusal.PERSON_ERASED), str(IntakeRefusal.PERSON_MISMATCH))
_MAY_ERASE = frozenset({Role.CENTRE_HEAD, Role.ADMINISTRATOR})

_PEOPLE: tuple[CallSpec, ...] = tuple(
    command("intake", verb, data, result, roles, _PERSON_REFUSALS, adults_only=True)
    for verb, data, result, roles in (
        ("correct-person", people.CorrectPerson, people.PersonChanged, OFFICERS),
        ("erase-person", people.ErasePerson, people.PersonChanged, _MAY_ERASE),
        ("reveal-person", people.RevealPerson, people.PersonView, OFFICERS),
        ("find-people", people.FindPeople, people.PeopleFound, OFFICERS),
        ("rotate-master-key", people.RotateMasterKey, people.MasterKeyRotated, ADMIN),
    )
)

_AUDIT: tuple[CallSpec, ...] = tuple(
    query("intake", name, data, result, roles, adults_only=True)
    for name, data, result, roles in (
        ("audit-trail", audit_queries.AuditTrail, audit_queries.AuditTrailView, ADMIN | {Role.CENTRE_HEAD}),
        ("audit-roots", audit_queries.AuditRoots, audit_queries.AuditRootsView, ADMIN),
        ("audit-check", audit_queries.AuditCheck, audit_queries.AuditCheckView, ADMIN),
        ("audit-coverage", audit_queries.AuditCoverage, audit_queries.AuditCoverageView, ADMIN),
    )
)

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
    *_PEOPLE,
    *_AUDIT,
)
