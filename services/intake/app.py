"""The composition root of intake."""

from typing import cast

from services.chassis.runtime import Chassis, Service
from services.intake import consumers
from services.intake.handlers.assistance import Assistance, rounds
from services.intake.handlers.cases import CaseHandlers
from services.intake.handlers.catalogue import Announcer
from services.intake.handlers.importing import ImportHandler
from services.intake.limits import limits
from services.intake.reference import Reference
from services.intake.settings import IntakeSettings


def create() -> Service:
    """The service."""
    return Service("intake", wire, IntakeSettings)


async def wire(chassis: Chassis) -> None:
    """Puts the rooms together."""
    reference = Reference.shipped()
    consumers.register(chassis.calls, CaseHandlers(reference, chassis.clock), ImportHandler(reference, chassis.clock))
    allowed = limits(cast("IntakeSettings", chassis.settings).assistance_limits)
    consumers.register_assistance(chassis.calls, Assistance(reference, chassis.clock, allowed))
    chassis.rounds.extend(rounds(chassis.database, chassis.clock))
    chassis.at_start.append(Announcer(reference, chassis.database))
