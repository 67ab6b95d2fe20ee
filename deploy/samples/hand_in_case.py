"""Hands a case in and accepts it, as a counter would: python hand_in_case.py [UNIT [PROCEDURE]]; the stack has to run.

Every other move is a command alike: `tiepsuc case moves` lists them, `contracts/intake/commands/cases.py` their data.
"""

import asyncio
import sys

from contracts.envelope import Actor
from contracts.intake.commands.cases import AcceptCase, CaseMoved, SubmitCase
from contracts.intake.vocabulary import Channel
from contracts.roles import Role
from contracts.topology import TOPOLOGY
from services.chassis.client import Caller
from services.chassis.connect import operator
from services.chassis.ids import uuid7
from services.worktime.clock import SystemClock


async def main(unit: str = "31570", procedure: str = "1.004222") -> None:
    async with operator() as (client, _):
        counter = Caller(client, TOPOLOGY, SystemClock(), Actor(id="counter-1", role=Role.RECEIVING_OFFICER))
        case = uuid7()
        submit = SubmitCase(
            case_id=case, receiving_unit=unit, deciding_unit=unit, procedure=procedure, channel=Channel.DIRECT
        )
        await counter.call("intake", submit, CaseMoved)
        accepted = await counter.call("intake", AcceptCase(case_id=case), CaseMoved, expected_version=1)
        print(accepted.case_code, accepted.due_at)  # noqa: T201 - what it is for


asyncio.run(main(*sys.argv[1:]))
