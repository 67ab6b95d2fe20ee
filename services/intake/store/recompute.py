"""SQL of deadlines computed anew: the runs, the open cases that they walk, and what moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from services.chassis.database import Connection
from services.intake.domain.cases import Case
from services.intake.store import cases as cases_store

OPEN = "state in ('accepted', 'in_progress', 'supplement_requested', 'awaiting_payment') and due_at is not null"
"""Cases whose deadline may move; the index `cases_with_a_deadline` has them."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run in hand. `cursor`: the last case looked at."""

    id: UUID
    reason_vi: str
    reason_en: str
    cursor: UUID
    open_cases: int | None


@dataclass(frozen=True, slots=True)
class Move:
    """A case that is due at another instant."""

    case_id: UUID
    old_due_at: datetime
    due_at: datetime
    calendar_version: str


async def request(connection: Connection, id: UUID, reason_vi: str, reason_en: str, by: str, at: datetime) -> None:
    """Asks for a run."""
    await connection.execute(
        """insert into deadline_recompute (id, reason_vi, reason_en, requested_by, requested_at)
           values ($1, $2, $3, $4, $5)""",
        id,
        reason_vi,
        reason_en,
        by,
        at,
    )


async def claim(connection: Connection) -> Run | None:
    """The oldest run that is not done, unless another replica has it in hand."""
    row = await connection.fetchrow(
        """select id, reason_vi, reason_en, cursor, open_cases from deadline_recompute where done_at is null
           order by requested_at, id limit 1 for update skip locked"""
    )
    return Run(**dict(row)) if row else None


async def count_open(connection: Connection) -> int:
    """Open cases."""
    found: int = await connection.fetchval(f"select count(*) from cases where {OPEN}")
    return found


async def open_after(connection: Connection, cursor: UUID, limit: int) -> list[Case]:
    """The next open cases in the order of their ids, locked. Fewer than `limit`: there are no more.

    None is skipped for being in somebody else's hand: it is waited for, and looked at as it then is.
    """
    return await cases_store.where(connection, f"{OPEN} and id > $1 order by id limit $2 for update", cursor, limit)


async def record(connection: Connection, run: UUID, moves: Sequence[Move]) -> None:
    """Writes down what moved."""
    await connection.execute(
        """insert into deadline_move (recompute, case_id, old_due_at, due_at, calendar_version)
           select $1, * from unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::text[])""",
        run,
        [move.case_id for move in moves],
        [move.old_due_at for move in moves],
        [move.due_at for move in moves],
        [move.calendar_version for move in moves],
    )


async def advance(
    connection: Connection, run: UUID, cursor: UUID, looked: int, moved: int, open_cases: int, done_at: datetime | None
) -> None:
    """Writes down how far a run is."""
    await connection.execute(
        """update deadline_recompute set cursor = $2, looked = looked + $3, moved = moved + $4, open_cases = $5,
                                         done_at = $6 where id = $1""",
        run,
        cursor,
        looked,
        moved,
        open_cases,
        done_at,
    )


async def runs(connection: Connection, id: UUID | None, limit: int) -> list[asyncpg.Record]:
    """Runs, newest first; or one."""
    return await connection.fetch(
        """select id, reason_vi, reason_en, requested_by, requested_at, done_at, open_cases, looked, moved
           from deadline_recompute where $1::uuid is null or id = $1 order by requested_at desc, id desc limit $2""",
        id,
        limit,
    )


async def moves(connection: Connection, run: UUID, after: UUID | None, limit: int) -> list[asyncpg.Record]:
    """What a run moved, in the order of the cases' ids."""
    return await connection.fetch(
        """select case_id, case_code, old_due_at, move.due_at, move.calendar_version
           from deadline_move move join cases on cases.id = case_id
           where recompute = $1 and ($2::uuid is null or case_id > $2) order by case_id limit $3""",
        run,
        after,
        limit,
    )
