"""`python -m tests.support.slow_reporting`: reporting with an effect that takes its time, to be stopped amid it."""

import asyncio
from collections.abc import Sequence
from typing import Any

from contracts.envelope import Event
from services.chassis.database import UnitOfWork
from services.chassis.runtime import Chassis, Service, main
from services.reporting import app

SECONDS = 2.0
BEGUN = "an effect has begun"


async def wire(chassis: Chassis) -> None:
    """As reporting, but slower."""
    await app.wire(chassis)
    consumer = chassis.consumers["intake"]
    effect = consumer._effect

    async def slow(work: UnitOfWork, events: Sequence[Event[Any]]) -> None:
        print(f"{BEGUN}: {len(events)} events", flush=True)  # noqa: T201 - read by the test
        await effect(work, events)
        await asyncio.sleep(SECONDS)

    consumer._effect = slow


if __name__ == "__main__":
    main(Service("reporting", wire))
