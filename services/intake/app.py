"""The composition root of intake."""

from services.chassis.runtime import Chassis, Round, Service
from services.intake import consumers
from services.intake.handlers.cases import CaseHandlers
from services.intake.handlers.catalogue import Announcer
from services.intake.handlers.importing import ImportHandler
from services.intake.handlers.recompute import Recompute
from services.intake.handlers.reference_book import ReferenceBook
from services.intake.handlers.reference_documents import ShippedDocuments
from services.intake.reference import Reference


def create() -> Service:
    """The service."""
    return Service("intake", wire)


async def wire(chassis: Chassis) -> None:
    """Puts the rooms together."""
    reference = Reference.shipped()
    book = ReferenceBook()
    consumers.register(chassis.calls, CaseHandlers(reference, chassis.clock), ImportHandler(reference, chassis.clock))
    consumers.register_catalogue(chassis.calls, book, chassis.clock)
    chassis.at_start.append(ShippedDocuments(chassis.database, chassis.clock))
    chassis.rounds.append(Round("announcing", 60, Announcer(chassis.database, book, chassis.clock)))
    chassis.rounds.append(Round("deadlines", 1, Recompute(chassis.database, book, chassis.clock)))
