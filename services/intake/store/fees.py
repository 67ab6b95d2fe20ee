"""SQL of fees."""

from collections.abc import Collection, Sequence
from dataclasses import fields
from uuid import UUID

import asyncpg

from contracts.intake.vocabulary import PaymentMethod
from services.chassis.database import Connection
from services.intake.domain.fees import Fee
from services.intake.store.rows import in_zone

_COLUMNS = tuple(field.name for field in fields(Fee))
_SELECT = f"select {', '.join(_COLUMNS)} from fee"


def _fee(row: asyncpg.Record) -> Fee:
    values = in_zone(row)
    return Fee(**{**values, "method": PaymentMethod(values["method"]) if values["method"] else None})


async def insert(connection: Connection, fee: Fee) -> None:
    places = ", ".join(f"${number}" for number in range(1, len(_COLUMNS) + 1))
    await connection.execute(
        f"insert into fee ({', '.join(_COLUMNS)}) values ({places})", *(getattr(fee, name) for name in _COLUMNS)
    )


async def update(connection: Connection, fee: Fee) -> None:
    """Saves a fee that was read with a lock."""
    changes = ", ".join(f"{name} = ${number}" for number, name in enumerate(_COLUMNS, 1) if name != "id")
    await connection.execute(f"update fee set {changes} where id = $1", *(getattr(fee, name) for name in _COLUMNS))


async def by_id(connection: Connection, id: UUID, *, lock: bool = False) -> Fee | None:
    row = await connection.fetchrow(f"{_SELECT} where id = $1{' for update' if lock else ''}", id)
    return _fee(row) if row else None


async def by_ids(connection: Connection, ids: Collection[UUID]) -> list[Fee]:
    """These fees; those that are not there are left out."""
    return [_fee(row) for row in await connection.fetch(f"{_SELECT} where id = any($1)", list(ids))]


async def of_case(connection: Connection, case_id: UUID, *, lock: bool = False) -> list[Fee]:
    """A case's fees, oldest first."""
    rows = await connection.fetch(
        f"{_SELECT} where case_id = $1 order by asked_at, id{' for update' if lock else ''}", case_id
    )
    return [_fee(row) for row in rows]


async def open_of(connection: Connection, case_ids: Collection[UUID]) -> list[Fee]:
    """Fees of these cases that are neither paid nor waived, locked; their cases are locked by the caller."""
    rows = await connection.fetch(
        f"{_SELECT} where case_id = any($1) and paid_at is null and waived_at is null order by id for update",
        list(case_ids),
    )
    return [_fee(row) for row in rows]


async def waive(connection: Connection, waived: Sequence[Fee]) -> None:
    """Saves that fees were waived that were read with a lock."""
    if waived:
        await connection.execute(
            """update fee set waived_at = new.at, waived_by = new.by, waive_reason = new.reason
               from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[]) as new(id, at, by, reason)
               where fee.id = new.id""",
            [each.id for each in waived],
            [each.waived_at for each in waived],
            [each.waived_by for each in waived],
            [each.waive_reason for each in waived],
        )


async def next_serial(connection: Connection, unit: str, year: int) -> int:
    """The next number of a unit's slips in a year; others wait for it until the end of the transaction."""
    serial: int = await connection.fetchval(
        """insert into receipt_counter as c (unit, year, last) values ($1, $2, 1)
           on conflict (unit, year) do update set last = c.last + 1 returning last""",
        unit,
        year,
    )
    return serial
