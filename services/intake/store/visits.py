"""SQL of visits."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from contracts.intake.assistance import (
    AgeBand,
    Indicator,
    Need,
    NotDoneReason,
    TaskGroup,
    VisitOutcome,
    VisitPlace,
)
from contracts.intake.commands.visits import IndicatorCount
from services.chassis.database import Connection
from services.intake.domain.visits import Visit
from services.intake.store.linked import in_unit
from services.intake.store.rows import in_zone

_COLUMNS = (
    "id", "version", "unit", "province", "recorded_by", "recorded_at", "team_id", "at", "age_band", "needs", "language",
    "task_group", "indicators", "amounts", "outcome", "reason", "minutes", "place", "case_id", "counts_case",
    "revoked_at",
)  # fmt: skip
_SELECT = f"select {', '.join(_COLUMNS)} from visits"
_INSERT = f"""
    insert into visits ({", ".join(_COLUMNS)}) values ({", ".join(f"${i}" for i in range(1, len(_COLUMNS) + 1))})
    on conflict (id) do nothing returning true
"""
_UPDATE = f"""
    update visits set {", ".join(f"{name} = ${i}" for i, name in enumerate(_COLUMNS, 1) if name != "id")} where id = $1
"""

# Each visit once for each of its indicators; the case that another visit counts is left out.
_INDICATORS = """
    select indicator, sum(amount)::int as amount, count(*)::int as visits
    from visits, unnest(indicators, amounts) as told(indicator, amount)
    where {unit} and at >= $2 and at < $3 and revoked_at is null
      and (counts_case or indicator <> 'online_cases_supported')
    group by indicator order by indicator
"""
_SHARES = """
    select age_band, task_group, outcome, place, count(*)::int as visits, coalesce(sum(minutes), 0)::int as minutes,
           grouping(age_band, task_group, outcome, place) as level
    from visits where {unit} and at >= $2 and at < $3 and revoked_at is null
    group by grouping sets ((), (age_band), (task_group), (outcome), (place))
    order by age_band, task_group, outcome, place
"""
_NEEDS = """
    select need as value, count(*)::int as visits, sum(minutes)::int as minutes
    from visits, unnest(case when needs = '{{}}' then '{{none}}' else needs end) as need
    where {unit} and at >= $2 and at < $3 and revoked_at is null group by need order by need
"""
_LANGUAGES = """
    select language as value, count(*)::int as visits, sum(minutes)::int as minutes
    from visits where {unit} and at >= $2 and at < $3 and revoked_at is null and language is not null
    group by language order by language
"""
LEVELS = {15: "total", 7: "age_band", 11: "task_group", 13: "outcome", 14: "place"}
"""Which column a row of `shares` is about, by its `level`: a bit is 0 where the column takes part."""


def _visit(row: asyncpg.Record) -> Visit:
    values = in_zone(row)
    counts = zip(values.pop("indicators"), values.pop("amounts"), strict=True)
    return Visit(
        **values
        | {
            "age_band": AgeBand(values["age_band"]),
            "needs": tuple(Need(need) for need in values["needs"]),
            "outcome": VisitOutcome(values["outcome"]),
            "reason": NotDoneReason(values["reason"]) if values["reason"] else None,
            "place": VisitPlace(values["place"]),
            "group": TaskGroup(values.pop("task_group")),
            "counts": tuple(IndicatorCount(indicator=Indicator(name), amount=amount) for name, amount in counts),
        }
    )


def _values(visit: Visit) -> list[Any]:
    told = {
        "task_group": visit.group,
        "needs": list(visit.needs),
        "indicators": [each.indicator for each in visit.counts],
        "amounts": [each.amount for each in visit.counts],
    }
    return [told[name] if name in told else getattr(visit, name) for name in _COLUMNS]


async def insert(connection: Connection, visit: Visit) -> bool:
    """Adds a visit; False: there is one with its id."""
    return bool(await connection.fetchval(_INSERT, *_values(visit)))


async def update(connection: Connection, visits: Iterable[Visit]) -> None:
    """Saves visits that were read `for update`, in the order given."""
    await connection.executemany(_UPDATE, [_values(visit) for visit in visits])


async def case_of(connection: Connection, visit_id: UUID) -> UUID | None:
    """The case that a visit leads to, if there is either; not locked."""
    found: UUID | None = await connection.fetchval("select case_id from visits where id = $1", visit_id)
    return found


async def lock_cases(connection: Connection, cases: Collection[UUID]) -> None:
    """Until the end of the transaction, nobody else settles which visits count these cases. In one order for all."""
    for case_id in sorted(cases):
        await connection.execute("select pg_advisory_xact_lock(hashtextextended('visits of ' || $1, 0))", str(case_id))


async def by_id(connection: Connection, visit_id: UUID) -> Visit | None:
    """A visit, locked until the end of the transaction."""
    row = await connection.fetchrow(f"{_SELECT} where id = $1 for update", visit_id)
    return _visit(row) if row else None


async def by_ids(connection: Connection, ids: Collection[UUID]) -> list[Visit]:
    """These visits, to read; those that are not there are left out."""
    return [_visit(row) for row in await connection.fetch(f"{_SELECT} where id = any($1)", list(ids))]


async def of_cases(connection: Connection, cases: Collection[UUID], but: UUID) -> list[Visit]:
    """The other visits that lead to these cases, locked in the order of their ids."""
    rows = await connection.fetch(
        f"{_SELECT} where case_id = any($1::uuid[]) and id <> $2 order by id for update", list(cases), but
    )
    return [_visit(row) for row in rows]


async def page(
    connection: Connection, unit: str, window: tuple[datetime, datetime], after: UUID | None, limit: int
) -> list[Visit]:
    """A unit's visits in a window, in order of time; behind the visit `after`."""
    rows = await connection.fetch(
        f"""{_SELECT} where unit = $1 and at >= $2 and at < $3
              and ($4::uuid is null or (at, id) > (select at, id from visits where id = $4))
            order by at, id limit $5""",
        unit,
        *window,
        after,
        limit,
    )
    return [_visit(row) for row in rows]


async def indicators(connection: Connection, unit: str | None, start: datetime, end: datetime) -> list[asyncpg.Record]:
    """What was counted."""
    return await connection.fetch(_INDICATORS.format(unit=in_unit(unit)), unit, start, end)


async def shares(connection: Connection, unit: str | None, start: datetime, end: datetime) -> list[asyncpg.Record]:
    """Visits and minutes: in all, and by each of four columns; see `LEVELS`."""
    return await connection.fetch(_SHARES.format(unit=in_unit(unit)), unit, start, end)


async def needs(connection: Connection, unit: str | None, start: datetime, end: datetime) -> list[asyncpg.Record]:
    """Visits and minutes by need; `none` for those without."""
    return await connection.fetch(_NEEDS.format(unit=in_unit(unit)), unit, start, end)


async def languages(connection: Connection, unit: str | None, start: datetime, end: datetime) -> list[asyncpg.Record]:
    """Visits and minutes by language, where one was told."""
    return await connection.fetch(_LANGUAGES.format(unit=in_unit(unit)), unit, start, end)
