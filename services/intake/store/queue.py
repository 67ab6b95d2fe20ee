"""SQL of the queue at the counters."""

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from contracts.intake.counter import Purpose, Series, TicketState
from services.chassis.database import Connection
from services.intake.domain.queue import Ticket
from services.intake.store.rows import in_zone

_COLUMNS = tuple(field.name for field in fields(Ticket))
_TYPES = {
    "id": "uuid",
    "version": "int",
    "day": "date",
    "serial": "int",
    "told_long": "boolean",
    "counter": "int",
    "times_called": "int",
} | {name: "timestamptz" for name in _COLUMNS if name.endswith("_at")}
_ROWS = "unnest({arrays}) as new({columns})".format(
    arrays=", ".join(f"${i}::{_TYPES.get(name, 'text')}[]" for i, name in enumerate(_COLUMNS, 1)),
    columns=", ".join(_COLUMNS),
)
_SELECT = f"select {', '.join(_COLUMNS)} from tickets"
_INSERT = (
    f"insert into tickets ({', '.join(_COLUMNS)}) select * from {_ROWS} on conflict (id) do nothing returning true"
)
_UPDATE = f"""
    update tickets set {", ".join(f"{name} = new.{name}" for name in _COLUMNS if name != "id")}
    from {_ROWS} where tickets.id = new.id
"""

# As `next_ticket` of the domain says, over rows that no other counter is about to take. 'U' comes after 'A'.
_NEXT = f"""
    {_SELECT} where unit = $1 and day = $2 and state = 'waiting'
      and (cardinality($3::text[]) = 0 or purpose = any($3::text[]))
    order by $4::boolean and series = 'A', rank_at, series desc, serial limit 1 for update skip locked
"""
_HISTORY = """
    select day, series, count(*)::int as issued,
           count(*) filter (where state = 'done')::int as served,
           count(*) filter (where state = 'no_show')::int as no_show,
           count(*) filter (where state = 'left')::int as left,
           count(*) filter (where state = 'expired')::int as expired,
           count(*) filter (where coalesce(first_called_at, ended_at) > long_at or told_long)::int as waited_long,
           (avg(extract(epoch from first_called_at - issued_at)) / 60)::float8 as mean_wait_minutes,
           (percentile_cont(0.9) within group (order by extract(epoch from first_called_at - issued_at)) / 60)::float8
               as p90_wait_minutes
    from tickets where unit = $1 and day between $2 and $3 group by day, series order by day, series
"""


def _ticket(row: asyncpg.Record) -> Ticket:
    values = in_zone(row)
    return Ticket(
        **values
        | {
            "series": Series(values["series"]),
            "purpose": Purpose(values["purpose"]),
            "state": TicketState(values["state"]),
        }
    )


def _arrays(tickets: Sequence[Ticket]) -> list[list[Any]]:
    return [[getattr(ticket, name) for ticket in tickets] for name in _COLUMNS]


async def next_serial(connection: Connection, unit: str, day: date, series: Series) -> int:
    """The next number of a series on one day; taken for good when the transaction commits."""
    serial: int = await connection.fetchval(
        """insert into queue_series (unit, day, series, last) values ($1, $2, $3, 1)
           on conflict (unit, day, series) do update set last = queue_series.last + 1 returning last""",
        unit,
        day,
        series,
    )
    return serial


async def insert(connection: Connection, tickets: Sequence[Ticket]) -> bool:
    """Adds tickets; False: none, they are there already."""
    return bool(await connection.fetch(_INSERT, *_arrays(tickets)))


async def update(connection: Connection, tickets: Sequence[Ticket]) -> None:
    """Saves tickets that were read `for update`."""
    await connection.execute(_UPDATE, *_arrays(tickets))


async def by_id(connection: Connection, ticket_id: UUID) -> Ticket | None:
    """A ticket, locked until the end of the transaction."""
    row = await connection.fetchrow(f"{_SELECT} where id = $1 for update", ticket_id)
    return _ticket(row) if row else None


async def at_counter(connection: Connection, unit: str, counter: int) -> Ticket | None:
    """Who is called to a counter, or served there; the counter is locked until the end of the transaction.

    A second call of the same counter so waits and finds it busy, instead of holding a number for a moment that a third
    would then pass over.
    """
    await connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"counter {counter} of {unit}")
    row = await connection.fetchrow(
        f"{_SELECT} where unit = $1 and counter = $2 and state in ('called', 'serving')", unit, counter
    )
    return _ticket(row) if row else None


async def next_waiting(
    connection: Connection, unit: str, day: date, purposes: Collection[Purpose], *, reserved: bool
) -> Ticket | None:
    """Whose turn it is, locked until the end of the transaction; nobody whom another counter is about to call."""
    row = await connection.fetchrow(_NEXT, unit, day, list(purposes), reserved)
    return _ticket(row) if row else None


async def open_on(connection: Connection, unit: str, day: date) -> list[Ticket]:
    """Tickets that wait, are called or served, in the order of the queue."""
    rows = await connection.fetch(
        f"""{_SELECT} where unit = $1 and day = $2 and state in ('waiting', 'called', 'serving')
            order by rank_at, series desc, serial""",
        unit,
        day,
    )
    return [_ticket(row) for row in rows]


async def ahead(connection: Connection, ticket: Ticket) -> int:
    """How many wait before a ticket."""
    count: int = await connection.fetchval(
        """select count(*) from tickets where unit = $1 and day = $2 and state = 'waiting'
           and (rank_at, series = 'A', serial) < ($3, $4, $5)""",
        ticket.unit,
        ticket.day,
        *ticket.order,
    )
    return count


async def served_on(connection: Connection, unit: str, day: date, last: int) -> tuple[int, list[timedelta]]:
    """How many were served on a day, and how long the last few services took."""
    served: int = await connection.fetchval(
        "select count(*) from tickets where unit = $1 and day = $2 and state = 'done'", unit, day
    )
    rows = await connection.fetch(
        """select ended_at - started_at as took from tickets where unit = $1 and day = $2 and state = 'done'
           order by ended_at desc limit $3""",
        unit,
        day,
        last,
    )
    return served, [row["took"] for row in rows]


async def waiting_long(connection: Connection, now: datetime, limit: int) -> list[Ticket]:
    """Tickets of which it is to be told that they wait long, locked; those of other replicas left out."""
    rows = await connection.fetch(
        f"""{_SELECT} where state = 'waiting' and not told_long and long_at <= $1
            order by long_at limit $2 for update skip locked""",
        now,
        limit,
    )
    return [_ticket(row) for row in rows]


async def left_over(connection: Connection, today: date, limit: int) -> list[Ticket]:
    """Open tickets of earlier days, locked; those of other replicas left out."""
    rows = await connection.fetch(
        f"""{_SELECT} where state in ('waiting', 'called', 'serving') and day < $1
            order by day limit $2 for update skip locked""",
        today,
        limit,
    )
    return [_ticket(row) for row in rows]


async def history(connection: Connection, unit: str, first: date, last: date) -> list[asyncpg.Record]:
    """How a unit's queue went, by day and series."""
    return await connection.fetch(_HISTORY, unit, first, last)
