"""SQL of retention: closed cases against the period that their procedure's are kept."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import asyncpg

from services.chassis.database import Connection

_CLOSED = """
    with basis as (select * from unnest($1::text[], $2::int[]) as basis(procedure, years)),
    closed as (
        select id, case_code, receiving_unit as unit, field, procedure, closed_on,
               (closed_on + make_interval(years => years))::date as kept_until
        from (select *, coalesce(returned_at, completed_at, ended_at)::date as closed_on from cases
              where state in ('completed', 'returned', 'declined', 'withdrawn', 'stopped')
                and ($4::text is null or receiving_unit = $4 or province = $4)) as cases
        left join basis using (procedure)
    )
"""
_GROUPS = """
    select unit, field, extract(year from closed_on)::int as year, count(*) as closed,
           count(*) filter (where kept_until < $3) as due
    from closed group by 1, 2, 3 order by due desc, closed desc, 1, 2, 3 limit 1000
"""
_BASES = """
    select procedure, count(*) as closed, count(*) filter (where kept_until < $3) as due
    from closed group by procedure order by procedure
"""
_CASES = """
    select id as case_id, case_code, unit, procedure, closed_on, kept_until from closed
    where kept_until < $3 and ($5::uuid is null or id > $5) order by id limit $6
"""


class Retained:
    """Closed cases on a day, of a unit, a province or all; `years` by procedure, None: never due."""

    def __init__(self, connection: Connection, years: Mapping[str, int | None], on: date, unit: str | None) -> None:
        self._connection = connection
        self._arguments = (list(years), list(years.values()), on, unit)

    async def groups(self) -> list[asyncpg.Record]:
        """Counts by unit, field and year, those with most due first, 1,000 at most."""
        return await self._connection.fetch(_CLOSED + _GROUPS, *self._arguments)

    async def bases(self) -> list[asyncpg.Record]:
        """Counts by procedure."""
        return await self._connection.fetch(_CLOSED + _BASES, *self._arguments)

    async def cases(self, after: UUID | None, limit: int) -> list[asyncpg.Record]:
        """A page of those that are due."""
        return await self._connection.fetch(_CLOSED + _CASES, *self._arguments, after, limit)
