"""All SQL of reporting."""

from collections.abc import Collection
from dataclasses import fields
from datetime import date, datetime
from uuid import UUID

import asyncpg

from contracts.intake.events.catalogue import ProcedurePublished, UnitRegistered
from services.chassis.database import Connection
from services.chassis.digests import counts_by_unit, row_digest
from services.reporting.domain import CaseRow

_CASE_COLUMNS = tuple(field.name for field in fields(CaseRow))
_CASE_TYPES = {"case_id": "uuid"} | {name: "timestamptz" for name in _CASE_COLUMNS if name.endswith("_at")}
_UPSERT_CASES = """
    insert into case_fact ({columns}) select * from unnest({arrays})
    on conflict (case_id) do update set state = coalesce(nullif(excluded.state, ''), case_fact.state),
        procedure = excluded.procedure, field = excluded.field, channel = excluded.channel, {kept}
""".format(
    columns=", ".join(_CASE_COLUMNS),
    arrays=", ".join(f"${i}::{_CASE_TYPES.get(name, 'text')}[]" for i, name in enumerate(_CASE_COLUMNS, 1)),
    kept=", ".join(
        f"{name} = coalesce(excluded.{name}, case_fact.{name})" for name in _CASE_COLUMNS if name.endswith("_at")
    ),
)

# Columns 3-13 of the form. A case is in the window if accepted before its end and not resolved before its start.
_FORM = """
    with counted as (
        select field, channel, accepted_at >= $2 as new, coalesce(completed_at < $3, false) as resolved,
               case when $4 = 'date' then (completed_at::date - due_at::date)::float8
                    else extract(epoch from completed_at - due_at)::float8 end as lateness,
               case when $4 = 'date' then due_at::date < ($3 - interval '1 day')::date
                    else due_at < $3 end as due_passed
        from case_fact
        where {unit} and accepted_at < $3 and (completed_at is null or completed_at >= $2)
    )
    select field,
           count(*) as received,
           count(*) filter (where new and channel = 'online') as received_online,
           count(*) filter (where new and channel <> 'online') as received_direct_or_post,
           count(*) filter (where not new) as carried_over,
           count(*) filter (where resolved) as resolved,
           count(*) filter (where resolved and lateness < 0) as resolved_early,
           count(*) filter (where resolved and lateness = 0) as resolved_on_time,
           count(*) filter (where resolved and lateness > 0) as resolved_overdue,
           count(*) filter (where not resolved) as in_progress,
           count(*) filter (where not resolved and not due_passed) as in_progress_within_limit,
           count(*) filter (where not resolved and due_passed) as in_progress_overdue
    from counted group by grouping sets ((), (field)) order by field nulls first
"""
_UNIT_CONDITION = {
    None: "$1::text is null",
    2: "province = $1",
    5: "unit = $1",
}
DIGEST = row_digest(
    "case_id",
    ("state", "procedure", "field", "channel", "province"),
    ("submitted_at", "accepted_at", "due_at", "completed_at", "returned_at"),
)
COUNTS = counts_by_unit("case_fact", "unit", DIGEST)
DIGESTS = f"""
    select case_id, gate.version, {DIGEST} as digest,
           exists (
               select from dead_letter d where d.owner = 'intake' and d.entity = case_id
               and (d.status = 'discarded' or d.original_payload is not null)
           ) as settled_by_hand
    from case_fact left join gate on gate.owner = 'intake' and gate.entity = case_id
    where unit = $1 and case_id > $2 order by case_id limit $3
"""


async def save_units(connection: Connection, units: Collection[UnitRegistered]) -> None:
    """Adds or renames units."""
    await connection.executemany(
        """insert into unit (code, name, kind, province) values ($1, $2, $3, $4) on conflict (code) do update
           set name = excluded.name, kind = excluded.kind, province = excluded.province""",
        [(unit.code, unit.name, unit.kind, unit.province) for unit in units],
    )


async def save_procedures(connection: Connection, procedures: Collection[ProcedurePublished]) -> None:
    """Adds or renames procedures."""
    await connection.executemany(
        """insert into procedure (code, name, field, field_name) values ($1, $2, $3, $4) on conflict (code) do update
           set name = excluded.name, field = excluded.field, field_name = excluded.field_name""",
        [(each.code, each.name, each.field, each.field_name) for each in procedures],
    )


async def save_cases(connection: Connection, cases: Collection[CaseRow]) -> None:
    """Adds to what is known of cases."""
    rows = sorted(cases, key=lambda row: row.case_id)
    await connection.execute(_UPSERT_CASES, *([getattr(row, name) for row in rows] for name in _CASE_COLUMNS))


async def form(
    connection: Connection, unit: str | None, start: datetime, end: datetime, comparison: str
) -> list[asyncpg.Record]:
    """The form's lines: first the total (`field` null), then by field."""
    condition = _UNIT_CONDITION[None if unit is None else len(unit)]
    return await connection.fetch(_FORM.format(unit=condition), unit, start, end, comparison)


async def unit_name(connection: Connection, code: str) -> str | None:
    """A unit's name."""
    name: str | None = await connection.fetchval("select name from unit where code = $1", code)
    return name


async def field_names(connection: Connection) -> dict[str, str]:
    """Names of the fields by code."""
    rows = await connection.fetch("select distinct field, field_name from procedure order by field")
    return {row["field"]: row["field_name"] for row in rows}


async def reading(connection: Connection, day: date) -> asyncpg.Record | None:
    """The reading in force on a day: the latest that has begun, else the first there is."""
    return await connection.fetchrow(
        "select * from reading order by (effective_from <= $1) desc, abs(effective_from - $1) limit 1", day
    )


async def counts(connection: Connection, after: str, units: int) -> list[asyncpg.Record]:
    """Cases by receiving unit and state, with a digest of them, of the next units after one."""
    return await connection.fetch(COUNTS, after, units)


async def digests(connection: Connection, unit: str, after: UUID, size: int) -> list[asyncpg.Record]:
    """The next cases of a receiving unit after one, with their digests and with how far intake's events have come."""
    return await connection.fetch(DIGESTS, unit, after, size)
