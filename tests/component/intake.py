"""Intake's cases as its calls answer them, for the tests of one service."""

from services.chassis.calls import Calls
from services.chassis.database import Connection
from services.intake import consumers
from services.intake.domain.vault import Vault
from services.intake.handlers.audit import Trail
from services.intake.handlers.cases import CaseHandlers
from services.intake.handlers.importing import ImportHandler
from services.intake.handlers.people import People
from services.intake.handlers.views import CaseViews
from services.intake.reference import Reference
from services.worktime.clock import Clock
from tests.component.ground import CLOCK

REFERENCE = Reference.shipped()


class Fixed:
    """Reference data that never change: what the package brings."""

    async def current(self, _: Connection) -> Reference:
        return REFERENCE

    async def read(self, _: Connection) -> Reference:
        return REFERENCE


BOOK = Fixed()
TRAIL = Trail()
PEOPLE = People(Vault({"test": bytes(32)}, bytes(32)), TRAIL, CLOCK)
CASES = CaseHandlers(BOOK, PEOPLE, TRAIL, CLOCK)
IMPORT = ImportHandler(BOOK, PEOPLE, TRAIL, CLOCK)


def answer_cases(calls: Calls, clock: Clock = CLOCK) -> Calls:
    """Registers everything about cases, by the reference data that the package brings."""
    cases, log = CaseHandlers(BOOK, PEOPLE, TRAIL, clock), ImportHandler(BOOK, PEOPLE, TRAIL, clock)
    consumers.register(calls, cases, CaseViews(BOOK, clock), log)
    return calls
