"""What intake is asked."""

from contracts.intake.commands import AcceptCase, CompleteCase, ImportCases, ReturnCase, SubmitCase
from contracts.intake.queries import CaseByCode, CaseCounts
from services.chassis.calls import Calls
from services.intake.handlers import CaseHandlers, ImportHandler


def register(calls: Calls, cases: CaseHandlers, import_cases: ImportHandler) -> None:
    """A table of contents: commands, then queries."""
    calls.command(SubmitCase, cases.submit)
    calls.command(AcceptCase, cases.accept)
    calls.command(CompleteCase, cases.complete)
    calls.command(ReturnCase, cases.hand_over)
    calls.command(ImportCases, import_cases)
    calls.query(CaseByCode, cases.by_code)
    calls.query(CaseCounts, cases.counts)
