"""SQL of limits reckoned anew: the runs, the open cases and complaints that they walk, and what moved."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from contracts.intake.vocabulary import LimitKind
from services.chassis.database import Connection
from services.intake.domain.cases import Case
from services.intake.domain.feedback import Complaint
from services.intake.store import cases as cases_store
from services.intake.store import feedback as feedback_store
from services.intake.store.rows import in_zone

WITH_A_LIMIT = "act_by is not null"
"""Cases with a limit that may move; the index `cases_with_a_limit` has them."""
COMPLAINTS_WITH_A_LIMIT = "state in ('filed', 'acknowledged')"
"""The same of complaints, in `complaints_with_a_limit`."""
FIRST = UUID(int=0)
"""Where a walk begins."""

Counts = dict[LimitKind, tuple[int, int]]
"""Of each kind: how many moved, and how many of them had passed when the calendar was published."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run in hand. `cursor`: the last case looked at; after `cases_done`, the last complaint."""

    id: UUID
    reason_vi: str
    reason_en: str
    requested_at: datetime
    cursor: UUID
    cases_done: bool
    open_cases: int | None
    limits: Counts


@dataclass(frozen=True, slots=True)
class Move:
    """A limit that is at another instant. `entity`: of a case, or of a complaint."""

    entity: UUID
    limit: LimitKind
    old_by: datetime
    by: datetime
    calendar_version: str
    was_overdue: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: where it goes on, what was added, and when it was done, if it is."""

    cursor: UUID
    cases_done: bool
    looked: int
    moved: int
    open_cases: int
    limits: Counts
    done_at: datetime | None


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
        """select id, reason_vi, reason_en, requested_at, cursor, cases_done, open_cases, limits
           from deadline_recompute where done_at is null
           order by requested_at, id limit 1 for update skip locked"""
    )
    if row is None:
        return None
    return Run(**in_zone(row) | {"limits": counts_of(row)})


def counts_of(row: asyncpg.Record) -> Counts:
    """What a run's row says of limits that moved."""
    return {LimitKind(kind): (moved, overdue) for kind, (moved, overdue) in json.loads(row["limits"]).items()}


async def count_open(connection: Connection) -> int:
    """Cases with a limit that may move."""
    found: int = await connection.fetchval(f"select count(*) from cases where {WITH_A_LIMIT}")
    return found


async def open_after(connection: Connection, cursor: UUID, limit: int) -> list[Case]:
    """The next cases with a limit in the order of their ids, locked. Fewer than `limit`: there are no more.

    None is skipped for being in somebody else's hand: it is waited for, and looked at as it then is.
    """
    condition = f"{WITH_A_LIMIT} and id > $1 order by id limit $2 for update"
    return await cases_store.where(connection, condition, cursor, limit)


async def complaints_after(connection: Connection, cursor: UUID, limit: int) -> list[Complaint]:
    """The next complaints with a limit, in the same way."""
    condition = f"{COMPLAINTS_WITH_A_LIMIT} and id > $1 order by id limit $2 for update"
    return await feedback_store.where(connection, condition, cursor, limit)


async def record(connection: Connection, run: UUID, moves: Sequence[Move]) -> None:
    """Writes down what moved."""
    await connection.execute(
        """insert into deadline_move (recompute, entity, kind, old_by, by, calendar_version, was_overdue)
           select $1, * from unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[],
                                    $7::bool[])""",
        run,
        [move.entity for move in moves],
        [move.limit.value for move in moves],
        [move.old_by for move in moves],
        [move.by for move in moves],
        [move.calendar_version for move in moves],
        [move.was_overdue for move in moves],
    )


async def advance(connection: Connection, run: UUID, to: Progress) -> None:
    """Writes down how far a run is."""
    await connection.execute(
        """update deadline_recompute set cursor = $2, cases_done = $3, looked = looked + $4, moved = moved + $5,
                                         open_cases = $6, limits = $7, done_at = $8 where id = $1""",
        run,
        to.cursor,
        to.cases_done,
        to.looked,
        to.moved,
        to.open_cases,
        json.dumps(to.limits),
        to.done_at,
    )


async def runs(connection: Connection, id: UUID | None, limit: int) -> list[asyncpg.Record]:
    """Runs, newest first; or one."""
    return await connection.fetch(
        """select id, reason_vi, reason_en, requested_by, requested_at, done_at, open_cases, looked, moved, limits
           from deadline_recompute where $1::uuid is null or id = $1 order by requested_at desc, id desc limit $2""",
        id,
        limit,
    )


async def moves(connection: Connection, run: UUID, after: UUID | None, limit: int) -> list[asyncpg.Record]:
    """What a run moved of the next so many cases and complaints, in the order of their ids."""
    return await connection.fetch(
        """with page as (
               select distinct entity from deadline_move
               where recompute = $1 and ($2::uuid is null or entity > $2) order by entity limit $3
           )
           select move.entity, kind, case_code, complaints.unit, old_by, by, move.calendar_version, was_overdue
           from page join deadline_move move on recompute = $1 and move.entity = page.entity
                left join cases on cases.id = move.entity
                left join complaints on complaints.id = move.entity
           order by move.entity, kind""",
        run,
        after,
        limit,
    )
