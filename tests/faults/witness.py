"""`python -m tests.faults.witness`: the reporting service, which also writes down every effect.

Reporting's own effect is the same however often it is run, so it could not betray an event applied twice. The witness
appends a row for each event in the effect's transaction, and nothing keeps it from appending one twice.

WITNESS_CRASH is the chance of dying, as by kill -9, after a batch is committed and before it is acknowledged.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Sequence
from typing import Any

from contracts.envelope import Event
from services.chassis.arrivals import Outcome, Undecodable
from services.chassis.consumer import Consumer, Delivered
from services.chassis.database import UnitOfWork
from services.chassis.runtime import Chassis, Service, main
from services.reporting import app, handlers


async def effect(work: UnitOfWork, events: Sequence[Event[Any]]) -> None:
    """The real effect, and one row for each event, in the order in which they are applied."""
    await handlers.project(work, events)
    await work.connection.executemany(
        "insert into witness (entity, version, kind) values ($1, $2, $3)",
        [(event.subject, event.entityversion, event.type) for event in events],
    )


class CrashingConsumer(Consumer):
    """Dies now and then at the worst moment."""

    async def _acknowledge(self, outcome: Outcome, broken: Sequence[Undecodable], origin: dict[int, Delivered]) -> None:
        if random.random() < float(os.environ.get("WITNESS_CRASH", "0")):
            os.kill(os.getpid(), signal.SIGKILL)
        await super()._acknowledge(outcome, broken, origin)


async def wire(chassis: Chassis) -> None:
    """Reporting as it is, with its consumer exchanged for the witness."""
    await app.wire(chassis)
    chassis.consumers["intake"] = CrashingConsumer(
        chassis.service, "intake", chassis.database, chassis.topology, effect
    )


if __name__ == "__main__":
    main(Service("reporting", wire))
