"""SQL of ratings and complaints."""

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from contracts.intake.feedback import (
    ComplaintOutcome,
    ComplaintState,
    ComplaintSubject,
    FeedbackReason,
    Satisfaction,
)
from services.chassis.database import Connection
from services.intake.domain.feedback import Complaint, Rating
from services.intake.store.linked import in_unit
from services.intake.store.rows import in_zone


def _statements(table: str, kind: type) -> tuple[str, str, str, tuple[str, ...]]:
    """Select, insert and update of whole rows of a table whose columns are a class's fields."""
    columns = tuple(field.name for field in fields(kind))
    places = ", ".join(f"${i}" for i in range(1, len(columns) + 1))
    changes = ", ".join(f"{name} = ${i}" for i, name in enumerate(columns, 1) if name != "id")
    return (
        f"select {', '.join(columns)} from {table}",
        f"insert into {table} ({', '.join(columns)}) values ({places})",
        f"update {table} set {changes} where id = $1",
        columns,
    )


_RATING, _ADD_RATING, _SAVE_RATING, _RATING_COLUMNS = _statements("ratings", Rating)
_COMPLAINT, _ADD_COMPLAINT, _SAVE_COMPLAINT, _COMPLAINT_COLUMNS = _statements("complaints", Complaint)

_RATINGS = """
    select answer, reason, count(*)::int as ratings from ratings
    where {unit} and rated_at >= $2 and rated_at < $3 group by answer, reason order by answer, reason
"""
_COMPLAINTS = """
    select subject, reason, state, outcome, count(*)::int as complaints,
           count(*) filter (where answered_at > answer_by)::int as answered_late
    from complaints where {unit} and filed_at >= $2 and filed_at < $3
    group by subject, reason, state, outcome order by subject, reason, state, outcome
"""
_AGAINST = """
    select count(distinct case_id)::int from (
        select case_id from ratings where {rated} and rated_at >= $2 and rated_at < $3 and answer = 'dissatisfied'
        union all
        select case_id from complaints
        where {complained} and filed_at >= $2 and filed_at < $3 and state <> 'withdrawn' and case_id is not null
    ) as against
"""


def _reason(text: str | None) -> FeedbackReason | None:
    return FeedbackReason(text) if text else None


def _rating(row: asyncpg.Record) -> Rating:
    values = in_zone(row)
    return Rating(**values | {"answer": Satisfaction(values["answer"]), "reason": _reason(values["reason"])})


def _complaint(row: asyncpg.Record) -> Complaint:
    values = in_zone(row)
    return Complaint(
        **values
        | {
            "subject": ComplaintSubject(values["subject"]),
            "reason": FeedbackReason(values["reason"]),
            "state": ComplaintState(values["state"]),
            "outcome": ComplaintOutcome(values["outcome"]) if values["outcome"] else None,
        }
    )


def _values(row: object, columns: tuple[str, ...]) -> list[Any]:
    return [getattr(row, name) for name in columns]


async def rating(connection: Connection, rating_id: UUID) -> Rating | None:
    """A rating, locked until the end of the transaction."""
    row = await connection.fetchrow(f"{_RATING} where id = $1 for update", rating_id)
    return _rating(row) if row else None


async def add_rating(connection: Connection, rating: Rating) -> None:
    """Adds a rating. UniqueViolationError: somebody else was quicker with the first."""
    await connection.execute(_ADD_RATING, *_values(rating, _RATING_COLUMNS))


async def save_rating(connection: Connection, rating: Rating) -> None:
    """Saves one that was read `for update`."""
    await connection.execute(_SAVE_RATING, *_values(rating, _RATING_COLUMNS))


async def case_of(connection: Connection, complaint_id: UUID) -> UUID | None:
    """The case that a complaint is about, which never changes; None: it is about none, or is not there."""
    case_id: UUID | None = await connection.fetchval("select case_id from complaints where id = $1", complaint_id)
    return case_id


async def complaint(connection: Connection, complaint_id: UUID) -> Complaint | None:
    """A complaint, locked until the end of the transaction."""
    row = await connection.fetchrow(f"{_COMPLAINT} where id = $1 for update", complaint_id)
    return _complaint(row) if row else None


async def add_complaint(connection: Connection, complaint: Complaint) -> bool:
    """Adds a complaint; False: there is one with its id."""
    statement = f"{_ADD_COMPLAINT} on conflict (id) do nothing returning true"
    return bool(await connection.fetchval(statement, *_values(complaint, _COMPLAINT_COLUMNS)))


async def save_complaint(connection: Connection, complaint: Complaint) -> None:
    """Saves one that was read `for update`."""
    await connection.execute(_SAVE_COMPLAINT, *_values(complaint, _COMPLAINT_COLUMNS))


async def save_complaints(connection: Connection, complaints: Sequence[Complaint]) -> None:
    """Saves those limits and versions of complaints that were read `for update`."""
    await connection.execute(
        """update complaints set acknowledge_by = new.acknowledge_by, answer_by = new.answer_by, version = new.version
           from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::int[])
                as new(id, acknowledge_by, answer_by, version)
           where complaints.id = new.id""",
        [each.id for each in complaints],
        [each.acknowledge_by for each in complaints],
        [each.answer_by for each in complaints],
        [each.version for each in complaints],
    )


async def where(connection: Connection, condition: str, *values: object) -> list[Complaint]:
    """Complaints that fulfil a condition of another module of this room, with its order and its lock."""
    return [_complaint(row) for row in await connection.fetch(f"{_COMPLAINT} where {condition}", *values)]


async def ratings_by_ids(connection: Connection, ids: Collection[UUID]) -> list[Rating]:
    """These ratings, to read; those that are not there are left out."""
    return [_rating(row) for row in await connection.fetch(f"{_RATING} where id = any($1)", list(ids))]


async def complaints_by_ids(connection: Connection, ids: Collection[UUID]) -> list[Complaint]:
    """These complaints, in the same way."""
    return await where(connection, "id = any($1)", list(ids))


async def page(
    connection: Connection, unit: str, after: UUID | None, limit: int, *, open_only: bool
) -> list[Complaint]:
    """A unit's complaints in order of filing, behind the complaint `after`."""
    state = "state in ('filed', 'acknowledged', 'answered')" if open_only else "true"
    rows = await connection.fetch(
        f"""{_COMPLAINT} where unit = $1 and {state}
              and ($2::uuid is null or (filed_at, id) > (select filed_at, id from complaints where id = $2))
            order by filed_at, id limit $3""",
        unit,
        after,
        limit,
    )
    return [_complaint(row) for row in rows]


async def ratings(connection: Connection, unit: str | None, start: datetime, end: datetime) -> list[asyncpg.Record]:
    """Ratings first given in a window, by answer and reason."""
    return await connection.fetch(_RATINGS.format(unit=in_unit(unit, "receiving_unit")), unit, start, end)


async def complaints(connection: Connection, unit: str | None, start: datetime, end: datetime) -> list[asyncpg.Record]:
    """Complaints filed in a window, by what they are about and what became of them."""
    return await connection.fetch(_COMPLAINTS.format(unit=in_unit(unit)), unit, start, end)


async def cases_against(connection: Connection, unit: str | None, start: datetime, end: datetime) -> int:
    """Different cases that were disliked or complained of in a window."""
    statement = _AGAINST.format(rated=in_unit(unit, "receiving_unit"), complained=in_unit(unit))
    count: int = await connection.fetchval(statement, unit, start, end)
    return count
