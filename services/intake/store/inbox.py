"""SQL of what people look through: inboxes, a search by code, a case's history. Each page is read by an index."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg

from contracts.intake.vocabulary import CaseState
from services.chassis.database import Connection

Side = Literal["receiving_unit", "deciding_unit", "province"]
Place = tuple[int, datetime, UUID]
"""Where a case stands in an inbox: its part (0: with a limit, 1: without, 2: to be picked up), instant and id."""

_WAITING = "(act_by is not null or state not in ('declined', 'withdrawn', 'stopped', 'returned'))"
"""What is done with waits for nobody, except a result handed over with an error that is to be corrected."""
_SHOWN = (
    "id, case_code, receiving_unit, deciding_unit, procedure, field, channel, state, version, "
    "submitted_at, due_at, act_by, queue_rank, queue_at"
)

# One ordered walk of the index for each state, then the best of them: a single walk over several states would have to
# read and sort them all.
PAGE = f"""
    select page.* from unnest($2::text[]) as wanted(state), lateral (
        select {_SHOWN} from cases
        where {{side}} = $1 and cases.state = wanted.state and {_WAITING} and (queue_rank, queue_at, id) > ($3, $4, $5)
        order by queue_rank, queue_at, id limit $6
    ) page
    order by queue_rank, queue_at, id limit $6
"""
BEYOND = "~"
"""After everything that a case code can go on with."""

# No further than what is worth counting for a look: in a province a million cases may wait. In the index's order, as it
# would else be guessed that the first thousand are found sooner by reading all cases.
COUNTS = f"""
    select wanted.state, counted.cases from unnest($2::text[]) as wanted(state), lateral (
        select count(*) as cases from (
            select from cases where {{side}} = $1 and cases.state = wanted.state and {_WAITING}
            order by queue_rank, queue_at, id limit $3
        ) waiting
    ) counted
    where counted.cases > 0
"""
# By ranges and not by `like`, which a prepared statement's general plan would answer by reading all cases.
BY_BEGINNING = f"""
    select {_SHOWN} from cases where case_code ~>=~ $1 and case_code ~<~ $2 order by case_code using ~<~ limit $3
"""
BY_END = f"""
    select {_SHOWN} from cases where reverse(case_code) ~>=~ $1 and reverse(case_code) ~<~ $2 and {_WAITING}
    order by reverse(case_code) using ~<~ limit $3
"""
HISTORY = """
    select o.version, o.payload, o.created_at, n.reason, n.items
    from outbox o left join case_note n on n.case_id = o.entity and n.version = o.version
    where o.entity = $1 order by o.version
"""


async def page(
    connection: Connection, side: Side, unit: str, states: Sequence[CaseState], after: Place, size: int
) -> list[asyncpg.Record]:
    """The next cases of an inbox after a place in it."""
    return await connection.fetch(PAGE.format(side=side), unit, list(dict.fromkeys(states)), *after, size)


async def counts(
    connection: Connection, side: Side, unit: str, states: Sequence[CaseState], limit: int
) -> dict[CaseState, int]:
    """How many cases wait in each of the states, counted up to a limit."""
    rows = await connection.fetch(COUNTS.format(side=side), unit, list(states), limit)
    return {CaseState(row["state"]): row["cases"] for row in rows}


async def search(connection: Connection, text: str, size: int) -> list[asyncpg.Record]:
    """Cases whose code begins with a text; if none does, cases not yet finished whose code ends with it."""
    found = await connection.fetch(BY_BEGINNING, text, text + BEYOND, size)
    return found or await connection.fetch(BY_END, text[::-1], text[::-1] + BEYOND, size)


async def history(connection: Connection, case_id: UUID) -> list[asyncpg.Record]:
    """A case's events in order, as they were published, and what was said in words with them."""
    return await connection.fetch(HISTORY, case_id)
