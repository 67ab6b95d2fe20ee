"""SQL of cases."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

import asyncpg

from contracts.intake.vocabulary import CaseState, Channel
from services.chassis.database import Connection
from services.intake.domain.cases import Case

_COLUMNS = tuple(field.name for field in fields(Case))
_TYPES = {
    "id": "uuid",
    "version": "int",
    "submitted_at": "timestamptz",
    "accepted_at": "timestamptz",
    "due_at": "timestamptz",
    "completed_at": "timestamptz",
    "returned_at": "timestamptz",
}
_ROWS = "unnest({arrays}) as new({columns})".format(
    arrays=", ".join(f"${i}::{_TYPES.get(name, 'text')}[]" for i, name in enumerate(_COLUMNS, 1)),
    columns=", ".join(_COLUMNS),
)
_SELECT = f"select {', '.join(_COLUMNS)} from cases"
_INSERT = f"""
    insert into cases ({", ".join(_COLUMNS)}) select * from {_ROWS} order by new.case_code
    on conflict do nothing returning id
"""
_UPDATE = f"""
    update cases set {", ".join(f"{name} = new.{name}" for name in _COLUMNS if name != "id")}
    from {_ROWS} where cases.id = new.id
"""


def _case(row: asyncpg.Record) -> Case:
    values = dict(row)
    return Case(**{**values, "state": CaseState(values["state"]), "channel": Channel(values["channel"])})


def _arrays(cases: Sequence[Case]) -> list[list[Any]]:
    return [[getattr(case, name) for case in cases] for name in _COLUMNS]


async def insert(connection: Connection, cases: Sequence[Case]) -> set[UUID]:
    """Adds cases; the ids of those added. One whose id or code is taken is left out.

    In the order of their codes, so that two imports of the same cases wait for each other instead of deadlocking.
    """
    return {row["id"] for row in await connection.fetch(_INSERT, *_arrays(cases))}


async def update(connection: Connection, cases: Sequence[Case]) -> None:
    """Saves cases that were read `for update`."""
    await connection.execute(_UPDATE, *_arrays(cases))


async def by_id(connection: Connection, case_id: UUID) -> Case | None:
    """A case, locked until the end of the transaction."""
    row = await connection.fetchrow(f"{_SELECT} where id = $1 for update", case_id)
    return _case(row) if row else None


async def by_code(connection: Connection, code: str) -> Case | None:
    """A case, to read."""
    row = await connection.fetchrow(f"{_SELECT} where case_code = $1", code)
    return _case(row) if row else None


async def by_codes(connection: Connection, codes: Iterable[str]) -> dict[str, Case]:
    """Cases by code, locked in the order of their ids."""
    rows = await connection.fetch(f"{_SELECT} where case_code = any($1) order by id for update", list(codes))
    return {row["case_code"]: _case(row) for row in rows}


async def counts(connection: Connection) -> list[asyncpg.Record]:
    """Cases by receiving unit and state."""
    return await connection.fetch(
        """select receiving_unit as unit, state, count(*) as cases from cases
           group by receiving_unit, state order by receiving_unit, state"""
    )


async def where(connection: Connection, condition: str, *values: object) -> list[Case]:
    """Cases that fulfil a condition of another module of this room, which may go on with its order and its lock."""
    return [_case(row) for row in await connection.fetch(f"{_SELECT} where {condition}", *values)]
