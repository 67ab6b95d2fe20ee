"""What intake is asked."""

from contracts.intake.commands.cases import AcceptCase, CompleteCase, ReturnCase, SubmitCase
from contracts.intake.commands.importing import ImportCases
from contracts.intake.queries.cases import CaseByCode, CaseCounts
from services.chassis.calls import Calls
from services.intake.handlers.cases import CaseHandlers
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
