"""SQL of cases."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, fields
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg

from contracts.intake.vocabulary import CaseState, Channel, IntervalKind, Outcome, StopCause
from services.chassis.database import Connection
from services.chassis.digests import row_digest
from services.intake.domain.cases import Case, Wait
from services.worktime.clock import ZONE

_COLUMNS = tuple(field.name for field in fields(Case) if field.compare)
_TYPES = {"id": "uuid", "applicant": "uuid", "version": "int", "waits": "jsonb"} | {
    name: "timestamptz" for name in (*_COLUMNS,) if name.endswith("_at") or name == "act_by"
}
_INSTANTS = frozenset(name for name, kind in _TYPES.items() if kind == "timestamptz")
_ROWS = "unnest({arrays}) as new({columns})".format(
    arrays=", ".join(f"${i}::{_TYPES.get(name, 'text')}[]" for i, name in enumerate(_COLUMNS, 1)),
    columns=", ".join(_COLUMNS),
)
SELECT = f"select {', '.join(_COLUMNS)} from cases"
INSERT = f"""
    insert into cases ({", ".join(_COLUMNS)}) select * from {_ROWS} order by new.case_code
    on conflict do nothing returning id
"""
UPDATE = f"""
    update cases set {", ".join(f"{name} = new.{name}" for name in _COLUMNS if name != "id")}
    from {_ROWS} where cases.id = new.id
"""
BY_ID = f"{SELECT} where id = $1"
BY_CODE = f"{SELECT} where case_code = $1"
BY_CODES = f"{SELECT} where case_code = any($1) order by id for update"
NEXT_SERIAL = """
    with others as (
        select coalesce(max(substr(case_code, length($3) + 1)::int), 0) as last
        from cases where case_code ~>=~ $3 and case_code ~<~ ($3 || '~')
    )
    insert into case_serial as known (agency, day, last) select $1, $2, last + 1 from others
    on conflict (agency, day) do update set last = greatest(known.last + 1, excluded.last) returning last
"""
LIKE = """
    select new.id as of, other.* from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[],
        $6::timestamptz[]) as new (id, applicant, procedure, unit, since, until)
    cross join lateral (
        select id, case_code, state, submitted_at from cases
        where applicant = new.applicant and procedure = new.procedure and receiving_unit = new.unit
            and submitted_at between new.since and new.until and id <> all($1)
        order by submitted_at desc limit 10) as other
    order by new.id, other.submitted_at desc, other.id
"""
DIGEST = row_digest(
    "id",
    ("state", "procedure", "field", "channel", "province"),
    (
        "submitted_at",
        "accepted_at",
        "due_at",
        "coalesce(completed_at, case when state in ('withdrawn', 'stopped') then ended_at end)",
        "returned_at",
    ),
)
# The next units are walked to by the index, and only their cases are read: however many there are, a look is short.
COUNTS = f"""
    with recursive walked(unit, n) as (
        select min(receiving_unit), 1 from cases where receiving_unit > $1
        union all
        select (select min(receiving_unit) from cases where receiving_unit > walked.unit), n + 1
        from walked where unit is not null and n < $2
    )
    select unit, state, cases, digest from walked, lateral (
        select state, count(*) as cases, bit_xor({DIGEST}) as digest
        from cases where receiving_unit = walked.unit group by state
    ) counted order by unit, state
"""
DIGESTS = f"""
    select id as case_id, version, {DIGEST} as digest from cases
    where receiving_unit = $1 and id > $2 order by id limit $3
"""


def case_of(row: asyncpg.Record) -> Case:
    """The case that a row of `SELECT` holds, its instants in Vietnam's zone: they go on into events and answers."""
    values = {key: value.astimezone(ZONE) if key in _INSTANTS and value else value for key, value in row.items()}
    values["state"] = CaseState(values["state"])
    values["channel"] = Channel(values["channel"])
    if values["outcome"] is not None:
        values["outcome"] = Outcome(values["outcome"])
    if values["stop_cause"] is not None:
        values["stop_cause"] = StopCause(values["stop_cause"])
    if values["resumes"] is not None:
        values["resumes"] = CaseState(values["resumes"])
    text = values["waits"]
    values["waits"] = () if text == "[]" else tuple(_wait(each) for each in json.loads(text))
    return Case(**values)


def _wait(told: dict[str, Any]) -> Wait:
    instants = {
        key: told[key] and datetime.fromisoformat(told[key]).astimezone(ZONE) for key in ("since", "until", "by")
    }
    return Wait(IntervalKind(told["kind"]), amount=told["amount"], **instants)


def _waits(waits: tuple[Wait, ...]) -> str:
    if not waits:
        return "[]"
    return json.dumps([asdict(wait) for wait in waits], default=lambda value: value.isoformat())


def arrays(cases: Sequence[Case]) -> list[list[Any]]:
    """Cases as `INSERT` and `UPDATE` take them: an array for each column."""
    columns = [[getattr(case, name) for case in cases] for name in _COLUMNS if name != "waits"]
    return [*columns, [_waits(case.waits) for case in cases]]


async def insert(connection: Connection, cases: Sequence[Case]) -> set[UUID]:
    """Adds cases; the ids of those added. One whose id or code is taken is left out.

    In the order of their codes, so that two imports of the same cases wait for each other instead of deadlocking.
    """
    return {row["id"] for row in await connection.fetch(INSERT, *arrays(cases))}


async def update(connection: Connection, cases: Sequence[Case]) -> None:
    """Saves cases that were read `for update`."""
    await connection.execute(UPDATE, *arrays(cases))


async def add_notes(connection: Connection, notes: Sequence[tuple[Case, str, Sequence[str]]]) -> None:
    """Keeps what was said in words with the move that led to each case's version: a reason, and single points."""
    if notes:
        await connection.executemany(
            "insert into case_note (case_id, version, reason, items) values ($1, $2, $3, $4)",
            [(case.id, case.version, reason, list(items)) for case, reason, items in notes],
        )


async def next_serial(connection: Connection, agency: str, day: date, before: str) -> int:
    """The next serial of an agency's day; `before` is how its codes of that day begin.

    Codes that came from another system are counted as well. Others who ask wait until this transaction ends.
    """
    serial: int = await connection.fetchval(NEXT_SERIAL, agency, day, before)
    return serial


async def by_id(connection: Connection, case_id: UUID, *, lock: bool = False) -> Case | None:
    """A case, to read; or locked until the end of the transaction."""
    row = await connection.fetchrow(f"{BY_ID} for update" if lock else BY_ID, case_id)
    return case_of(row) if row else None


locked = partial(by_id, lock=True)


async def locked_versions(connection: Connection, case_ids: Collection[UUID]) -> dict[UUID, int]:
    """Cases' versions, by id and in that order, in which they are locked; those that are not there are left out."""
    rows = await connection.fetch(
        "select id, version from cases where id = any($1) order by id for update", list(case_ids)
    )
    return {row["id"]: row["version"] for row in rows}


async def by_code(connection: Connection, code: str) -> Case | None:
    """A case, to read."""
    row = await connection.fetchrow(BY_CODE, code)
    return case_of(row) if row else None


async def by_codes(connection: Connection, codes: Iterable[str]) -> dict[str, Case]:
    """Cases by code, locked in the order of their ids."""
    rows = await connection.fetch(BY_CODES, list(codes))
    return {row["case_code"]: case_of(row) for row in rows}


async def applicant_of(connection: Connection, case_id: UUID) -> UUID | None:
    """Whose case it is; None: nobody was named."""
    person: UUID | None = await connection.fetchval("select applicant from cases where id = $1", case_id)
    return person


async def code_exists(connection: Connection, code: str) -> bool:
    """Whether a case has this code."""
    found: bool = await connection.fetchval("select exists (select from cases where case_code = $1)", code)
    return found


async def like(
    connection: Connection, cases: Sequence[Case], windows: Sequence[timedelta]
) -> dict[UUID, list[asyncpg.Record]]:
    """Cases that are none of these, of each one's citizen, procedure and unit, submitted within its window before or
    after; the latest first. A case without an applicant is like no other."""
    wanted = [(case, window) for case, window in zip(cases, windows, strict=True) if case.applicant is not None]
    found: dict[UUID, list[asyncpg.Record]] = {}
    if wanted:
        rows = await connection.fetch(
            LIKE,
            [case.id for case, _ in wanted],
            [case.applicant for case, _ in wanted],
            [case.procedure for case, _ in wanted],
            [case.receiving_unit for case, _ in wanted],
            [case.submitted_at - window for case, window in wanted],
            [case.submitted_at + window for case, window in wanted],
        )
        for row in rows:
            found.setdefault(row["of"], []).append(row)
    return found


async def counts(connection: Connection, after: str, units: int) -> list[asyncpg.Record]:
    """Cases by receiving unit and state, with a digest for projections to agree with, of the next units."""
    return await connection.fetch(COUNTS, after, units)


async def digests(connection: Connection, unit: str, after: UUID, size: int) -> list[asyncpg.Record]:
    """The next cases of a receiving unit after one, each with its version and digest."""
    return await connection.fetch(DIGESTS, unit, after, size)


async def where(connection: Connection, condition: str, *values: object) -> list[Case]:
    """Cases that fulfil a condition of another module of this room, which may go on with its order and its lock."""
    return [case_of(row) for row in await connection.fetch(f"{SELECT} where {condition}", *values)]
