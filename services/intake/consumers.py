"""What intake is asked."""

from contracts.intake.commands.cases import AcceptCase, CompleteCase, ReturnCase, SubmitCase
from contracts.intake.commands.importing import ImportCases
from contracts.intake.commands.people import CorrectPerson, ErasePerson, FindPeople, RevealPerson, RotateMasterKey
from contracts.intake.queries.audit import AuditCheck, AuditCoverage, AuditRoots, AuditTrail
from contracts.intake.queries.cases import CaseByCode, CaseCounts
from services.chassis.calls import Calls
from services.intake.handlers.audit_queries import AuditQueries
from services.intake.handlers.cases import CaseHandlers
from services.intake.handlers.importing import ImportHandler
from services.intake.handlers.people import People


def register(calls: Calls, cases: CaseHandlers, import_cases: ImportHandler) -> None:
    """A table of contents: commands, then queries."""
    calls.command(SubmitCase, cases.submit)
    calls.command(AcceptCase, cases.accept)
    calls.command(CompleteCase, cases.complete)
    calls.command(ReturnCase, cases.hand_over)
    calls.command(ImportCases, import_cases)
    calls.query(CaseByCode, cases.by_code)
    calls.query(CaseCounts, cases.counts)


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
