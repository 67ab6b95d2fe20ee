"""The composition root of intake."""

from services.chassis.runtime import Chassis, Service
from services.intake import consumers
from services.intake.handlers.cases import CaseHandlers
from services.intake.handlers.catalogue import Announcer
from services.intake.handlers.importing import ImportHandler
from services.intake.handlers.reference import Fixed
from services.intake.handlers.views import CaseViews
from services.intake.reference import Reference


def create() -> Service:
    """The service."""
    return Service("intake", wire)


async def wire(chassis: Chassis) -> None:
    """Puts the rooms together."""
    reference = Reference.shipped()
    book = Fixed(reference)
    consumers.register(
        chassis.calls,
        CaseHandlers(book, chassis.clock),
        CaseViews(book, chassis.clock),
        ImportHandler(book, chassis.clock),
    )
    chassis.at_start.append(Announcer(reference, chassis.database))
