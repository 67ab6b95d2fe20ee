"""What ends a service that cannot go on: a supervisor starts it afresh, and the code says why."""

import asyncio
from enum import IntEnum

from nats.aio.client import Client

from contracts.topology import DurableSpec
from services.chassis.errors import Fault, fault_of

_EVERY = 2.0
_STRIKES = 3


class ExitCode(IntEnum):
    """Why a service ended."""

    STOPPED = 0
    CANNOT_CONSUME = 70
    CONNECTION_CLOSED = 71
    CONNECTION_LOST = 72
    MISCONFIGURED = 78
    FAILED = 1


class Ended(Exception):
    """Ends the process with this code."""

    def __init__(self, code: ExitCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code


async def connection(client: Client, lost_seconds: float) -> None:
    """Ends the process when NATS has been away for long: a fresh start heals what a reconnect may not."""
    lost = 0.0
    while True:
        await asyncio.sleep(_EVERY)
        lost = 0.0 if client.is_connected else lost + _EVERY
        if lost > lost_seconds:
            raise Ended(ExitCode.CONNECTION_LOST, f"no NATS connection for {lost:.0f} s")


async def durable(client: Client, spec: DurableSpec) -> None:
    """Ends the process when its durable is gone or another: a pull subscription then waits silently for ever."""
    created, strikes = None, 0
    while True:
        if client.is_connected:
            try:
                info = await client.jetstream(timeout=2).consumer_info(spec.stream, spec.name)
            except Exception as error:
                if fault_of(error) is not Fault.SURROUNDINGS:
                    raise
                strikes += 1
            else:
                strikes = 0
                if created is not None and info.created != created:
                    raise Ended(ExitCode.CANNOT_CONSUME, f"durable {spec.name} was re-created")
                created = info.created
            if strikes >= _STRIKES:
                raise Ended(ExitCode.CANNOT_CONSUME, f"durable {spec.name} of {spec.stream} is gone")
        await asyncio.sleep(_EVERY)
