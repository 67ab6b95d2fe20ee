"""The composition root of reporting."""

from services.chassis.runtime import Chassis, Service
from services.reporting import consumers
from services.reporting.handlers import FigureHandlers


def create() -> Service:
    """The service."""
    return Service("reporting", wire)


async def wire(chassis: Chassis) -> None:
    """Puts the rooms together."""
    consumers.register(chassis, FigureHandlers(chassis.clock))
