"""Publishing the log again by command: recorded first, then set pending piece by piece while nothing else is.

The record makes it resumable and repeatable: a command that arrives twice, or whose service dies midway, replays once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.chassis.database import Connection

_PIECE = 5_000
_LONG = 110  # seconds: a count over the whole log, which may be millions of rows
_CHOSEN = """published_at is not null and ($1::uuid is null or entity = $1)
             and ($2::timestamptz is null or created_at > $2)"""


@dataclass(frozen=True, slots=True)
class Piece:
    """Events set pending: how many, and the last outbox id among them."""

    events: int
    last: int | None


async def set_pending(
    connection: Connection, condition: str, *values: Any, after: int, limit: int, renew: bool = False
) -> Piece:
    """Makes published events behind the outbox id `after` pending again, so many at most, in order.

    `condition` is SQL over the outbox with `values` as $1 and on. `renew`: under new message ids, for a stream that
    still remembers the old ones and would drop the repetition silently.
    """
    row = await connection.fetchrow(
        f"""with piece as (
                select id from outbox
                where id > ${len(values) + 1} and published_at is not null and ({condition})
                order by id limit ${len(values) + 2}
            ), reset as (
                update outbox set published_at = null{", publication = publication + 1" if renew else ""}
                from piece where outbox.id = piece.id
            )
            select count(*) as events, max(id) as last from piece""",
        *values,
        after,
        limit,
    )
    return Piece(row["events"], row["last"]) if row else Piece(0, None)


async def count(connection: Connection, entity: UUID | None, days: int | None) -> tuple[int, int, datetime | None]:
    """How many events a replay would publish, the last outbox id among them, and since when they are."""
    since: datetime | None = await connection.fetchval("select now() - $1::interval", _window(days))
    row = await connection.fetchrow(
        f"select count(*) as events, coalesce(max(id), 0) as up_to from outbox where {_CHOSEN}",
        entity,
        since,
        timeout=_LONG,
    )
    assert row is not None  # noqa: S101 - an aggregate has a row
    return row["events"], row["up_to"], since


async def request(connection: Connection, command: UUID, entity: UUID | None, days: int | None) -> int:
    """Records a replay; how many events it publishes. The same command again changes nothing and tells the same."""
    known = await connection.fetchval("select events from replay where id = $1", command)
    if known is None:
        events, up_to, since = await count(connection, entity, days)
        known = await connection.fetchval(
            """insert into replay (id, entity, since, up_to, events, done_at)
               values ($1, $2, $3, $4, $5::bigint, case when $5 = 0 then now() end)
               on conflict (id) do update set id = excluded.id returning events""",
            command,
            entity,
            since,
            up_to,
            events,
        )
    return int(known)


async def advance(connection: Connection) -> int:
    """Sets the next piece of the oldest open replay pending; how many events, 0 if there is none to do."""
    async with connection.transaction():
        replay = await connection.fetchrow(
            "select * from replay where done_at is null order by requested_at limit 1 for update"
        )
        if replay is None:
            return 0
        piece = await set_pending(
            connection,
            f"{_CHOSEN} and id <= $3",
            replay["entity"],
            replay["since"],
            replay["up_to"],
            after=replay["after"],
            limit=_PIECE,
            renew=True,
        )
        await connection.execute(
            """update replay set after = coalesce($2, after), set_pending = set_pending + $3,
                      done_at = case when $3 < $4 then now() end where id = $1""",
            replay["id"],
            piece.last,
            piece.events,
            _PIECE,
        )
    return piece.events


async def left(connection: Connection) -> int:
    """How many events are still to be set pending by open replays."""
    return int(
        await connection.fetchval(
            "select coalesce(sum(greatest(events - set_pending, 1)), 0) from replay where done_at is null"
        )
    )


def _window(days: int | None) -> timedelta | None:
    return None if days is None else timedelta(days=days)
