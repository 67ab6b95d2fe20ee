"""SQL that reads what others need of a case or a unit's place in the country."""

from uuid import UUID

import asyncpg

from services.chassis.database import Connection
from services.intake.domain.linked import LinkedCase

_SELECT = "select id, receiving_unit, deciding_unit, province, procedure, field, state from cases"

_UNIT_CONDITION = {None: "$1::text is null", 2: "province = $1", 5: "{column} = $1"}


def in_unit(unit: str | None, column: str = "unit") -> str:
    """The SQL condition that rows belong to $1: a commune (5 digits), a province (2), or the nation (None)."""
    return _UNIT_CONDITION[None if unit is None else len(unit)].format(column=column)


async def case_by_code(connection: Connection, code: str, *, lock: bool = False) -> LinkedCase | None:
    """A case, to read; or locked until the end of the transaction, as for whoever adds what belongs to it."""
    lines = f"{_SELECT} where case_code = $1{' for update' if lock else ''}"
    return _case(await connection.fetchrow(lines, code))


async def case_by_id(connection: Connection, case_id: UUID) -> LinkedCase | None:
    """A case, to read."""
    return _case(await connection.fetchrow(f"{_SELECT} where id = $1", case_id))


def _case(row: asyncpg.Record | None) -> LinkedCase | None:
    return LinkedCase(**dict(row)) if row else None
