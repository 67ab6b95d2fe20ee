"""Intake's cases as its calls answer them, for the tests of one service."""

from services.chassis.calls import Calls
from services.intake import consumers
from services.intake.handlers.cases import CaseHandlers
from services.intake.handlers.importing import ImportHandler
from services.intake.handlers.reference import Fixed
from services.intake.handlers.views import CaseViews
from services.intake.reference import Reference
from tests.component.ground import CLOCK

REFERENCE = Reference.shipped()
BOOK = Fixed(REFERENCE)


def answer_cases(calls: Calls) -> Calls:
    """Registers everything about cases, by the reference data that the package brings."""
    consumers.register(calls, CaseHandlers(BOOK, CLOCK), CaseViews(BOOK, CLOCK), ImportHandler(BOOK, CLOCK))
    return calls
