"""What tests of assistance share: commands as somebody sends them, a case to refer to, a look into the log."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from contracts.envelope import Actor
from contracts.roles import Role
from services.chassis.calls import Calls
from services.chassis.database import Database
from services.chassis.ids import uuid7
from services.intake.domain.audit import Entry, chain_faults, digest_of
from services.intake.reference import Reference
from services.intake.store import audit as audit_store
from services.worktime.clock import ZONE
from tests.component.ground import answer, command, query

MORNING = datetime(2025, 7, 2, 8, tzinfo=ZONE)
DAY = MORNING.date()
units = (
    unit.code for unit in Reference.shipped().unit_by_code.values() if len(unit.code) == 5 and unit.province == "92"
)
codes = (f"H13.57-250702-{number:04d}" for number in count(1))


class Log:
    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def digest(self, entity: UUID, version: int) -> bytes:
        """The digest of one of the entity's events, as the audit has it."""
        payload = await self.connection.fetchval(
            "select payload from outbox where entity = $1 and version = $2", entity, version
        )
        return digest_of([payload])

    async def facts(self, entity: UUID) -> list[str]:
        """The entity's facts in order, e.g. `ticket.issued`."""
        rows = await self.connection.fetch("select subject from outbox where entity = $1 order by version", entity)
        return [".".join(row["subject"].split(".")[2:4]) for row in rows]


async def chain(database: Database, case_id: UUID) -> list[Entry]:
    """A case's entries, whose hashes and places are looked through. Only those of what did not move it: a case of
    `a_case` was never handed in."""
    async with database.reading() as connection:
        entries = await audit_store.entries_of(connection, case_id, 0, 1_000)
    assert [each.number for each in entries] == list(range(1, len(entries) + 1))
    assert list(chain_faults(entries, {})) == []
    return entries


async def do(calls: Calls, data: Any, role: Role = Role.RECEIVING_OFFICER, actor: str = "tester", **more: Any) -> Any:
    """The result of a command that is not refused."""
    made = command(data, role=role, **more)
    reply = await answer(calls, made.model_copy(update={"actor": Actor(id=actor, role=role)}))
    assert reply.refusal is None, reply.refusal
    return reply.result


async def refused(calls: Calls, data: Any, role: Role = Role.RECEIVING_OFFICER, actor: str = "tester") -> str:
    reply = await answer(calls, command(data, role=role).model_copy(update={"actor": Actor(id=actor, role=role)}))
    assert reply.refusal is not None, reply.result
    return str(reply.refusal.code)


async def ask(calls: Calls, data: Any, role: Role = Role.OPERATOR) -> Any:
    reply = await answer(calls, query(data, role=role))
    assert reply.refusal is None, reply.refusal
    return reply.result


async def a_case(database: Database, unit: str, state: str = "completed") -> tuple[UUID, str]:
    case_id, code = uuid7(), next(codes)
    await database.pool.execute(
        """insert into cases (id, version, state, case_code, receiving_unit, deciding_unit, province, procedure, field,
                              channel, submitted_at, accepted_at, clock_started_at, due_at, moved_at, completed_at,
                              outcome)
           values ($1, 3, $2, $3, $4, $4, '92', '2.000815', 'chung-thuc', 'direct', $5, $5, $5, $5, $5,
                   case when $2 = 'completed' then $5::timestamptz end,
                   case when $2 = 'completed' then 'granted' end)""",
        case_id,
        state,
        code,
        unit,
        MORNING,
    )
    return case_id, code
