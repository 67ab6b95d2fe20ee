"""SQL of what forms are made from."""

from dataclasses import fields
from datetime import datetime
from uuid import UUID

import asyncpg

from contracts.intake.vocabulary import CaseState, Channel
from services.chassis.database import Connection
from services.intake.domain.cases import Case

_SELECT = f"select {', '.join(field.name for field in fields(Case))} from cases"


def _case(row: asyncpg.Record) -> Case:
    values = dict(row)
    return Case(**{**values, "state": CaseState(values["state"]), "channel": Channel(values["channel"])})


async def case_to_read(connection: Connection, id: UUID) -> Case | None:
    """A case, without a lock."""
    row = await connection.fetchrow(f"{_SELECT} where id = $1", id)
    return _case(row) if row else None


async def accepted_between(connection: Connection, unit: str, start: datetime, end: datetime, most: int) -> list[Case]:
    """The cases that a unit accepted from an instant to before another, `most` at most, in that order."""
    rows = await connection.fetch(
        f"""{_SELECT} where receiving_unit = $1 and accepted_at >= $2 and accepted_at < $3
            order by accepted_at, id limit $4""",
        unit,
        start,
        end,
        most,
    )
    return [_case(row) for row in rows]
