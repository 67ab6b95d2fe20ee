"""Intake's calls as one replica of the service has them, with a pool of its own and a clock that a test can set."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from contracts.intake.commands.cases import SubmitCase
from contracts.intake.vocabulary import Channel
from contracts.topology import TOPOLOGY
from services.chassis.calls import Calls
from services.chassis.database import Database
from services.chassis.ids import uuid7
from services.worktime.clock import Clock
from tests.component.ground import answer, command
from tests.component.intake import answer_cases


def replica(database: Database, clock: Clock) -> Calls:
    """Answers intake's calls."""
    return answer_cases(Calls("intake", database, TOPOLOGY, clock), clock)


async def submit(calls: Calls, **more: Any) -> UUID:
    """A new case of the sample commune; its id."""
    usual = SubmitCase(
        case_id=uuid7(),
        receiving_unit="31570",
        deciding_unit="31570",
        procedure="1.004222",
        channel=Channel.DIRECT,
    )
    wish = usual.model_copy(update=more)
    reply = await answer(calls, command(wish))
    assert reply.refusal is None, reply.refusal
    return wish.case_id
