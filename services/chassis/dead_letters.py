"""Dead letters in PostgreSQL: written in the transaction of their batch, so that none is terminated unrecorded."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from services.chassis.arrivals import Failure, Undecodable, fingerprint
from services.chassis.database import Connection
from services.chassis.ids import uuid7


async def bury(
    connection: Connection, owner: str, failures: Sequence[Failure], undecodable: Sequence[Undecodable]
) -> None:
    """Records messages that cannot take effect; one that is recorded already only counts another try.

    A letter that is settled stays as it is. The error of one that was edited is that of the edited payload.
    """
    records = [
        (f.arrival.subject, f.arrival.event.id, f.arrival.entity, f.arrival.version, f.arrival.payload, f.error)
        for f in failures
    ] + [(u.subject, u.event_id, u.entity, u.version, u.payload, u.error) for u in undecodable]
    await connection.executemany(
        """insert into dead_letter (id, owner, fingerprint, subject, event_id, entity, version, payload, error)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
           on conflict (owner, fingerprint) do update
           set tries = dead_letter.tries + 1,
               error = case when dead_letter.original_payload is null then excluded.error else dead_letter.error end
           where dead_letter.status = 'dead'""",
        [(uuid7(), owner, fingerprint(record[0], record[4]), *record) for record in records],
    )


async def settle_applied(connection: Connection, owner: str, events: Sequence[UUID]) -> None:
    """Closes the letters of events that have just taken effect: they were delivered again, to better code."""
    await connection.execute(
        """update dead_letter set status = 'applied', settled_at = now(),
                  note = concat_ws('; ', note, 'took effect when it was delivered again')
           where status = 'dead' and event_id = any($2) and owner = $1""",
        owner,
        events,
    )


_LETTER = """
    select id, owner, subject, event_id, entity, version, error, status, tries, died_at, note,
           (select count(*) from parked p where p.owner = d.owner and p.entity = d.entity
            and p.version > d.version and not p.skip) as behind
    from dead_letter d
"""


async def listing(
    connection: Connection, *, settled: bool, limit: int, before: UUID | None = None
) -> tuple[list[asyncpg.Record], int]:
    """The newest letters, or those older than `before`; and how many there are. Their ids sort by time."""
    condition = "true" if settled else "status = 'dead'"
    rows = await connection.fetch(
        f"{_LETTER} where {condition} and ($2::uuid is null or id < $2) order by id desc limit $1", limit, before
    )
    total = await connection.fetchval(f"select count(*) from dead_letter where {condition}")
    return rows, int(total)


async def find(connection: Connection, letter: UUID) -> asyncpg.Record | None:
    """One letter as listed."""
    return await connection.fetchrow(f"{_LETTER} where id = $1", letter)


async def open_with_payload(connection: Connection, letter: UUID, *, lock: bool = False) -> asyncpg.Record | None:
    """One letter with its payload, locked against a second hand if it is to be changed."""
    return await connection.fetchrow(
        "select * from dead_letter where id = $1" + (" for update" if lock else ""), letter
    )


async def settle(connection: Connection, letter: UUID, status: str, note: str | None) -> None:
    """Closes a letter as `applied` or `discarded`."""
    await connection.execute(
        "update dead_letter set status = $2, settled_at = now(), note = concat_ws('; ', note, $3::text) where id = $1",
        letter,
        status,
        note,
    )


async def tried_again(connection: Connection, letter: UUID, error: str | None) -> None:
    """Counts a retry that failed, and why."""
    await connection.execute(
        "update dead_letter set tries = tries + 1, error = coalesce($2, error) where id = $1", letter, error
    )


async def edit(connection: Connection, letter: UUID, changes: dict[str, Any], note: str) -> None:
    """Replaces a letter's payload (keys: payload, event_id, entity, version) and keeps the first one."""
    await connection.execute(
        """update dead_letter set original_payload = coalesce(original_payload, payload), payload = $2,
           event_id = $3, entity = $4, version = $5, note = concat_ws('; ', note, $6::text) where id = $1""",
        letter,
        changes["payload"],
        changes["event_id"],
        changes["entity"],
        changes["version"],
        note,
    )
