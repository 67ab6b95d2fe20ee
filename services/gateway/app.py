"""The composition root of gateway."""

from services.chassis.runtime import Chassis, Service


def create() -> Service:
    """The service: so far only what the chassis gives every service."""
    return Service("gateway", wire)


async def wire(_: Chassis) -> None:
    """Nothing of its own to wire yet."""
