"""SQL that compares rows with what the audit covers: a case with its events, a note with its entry; others are read."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

from services.chassis.database import Connection
from services.intake.domain.audit import Entry
from services.intake.domain.audit_rows import Row
from services.intake.store import attachments, feedback, fees, visits

_LOAD: Final[Mapping[str, Callable[[Connection, Collection[UUID]], Awaitable[Sequence[Row]]]]] = {
    "fee": fees.by_ids,
    "attachment": attachments.by_ids,
    "visits": visits.by_ids,
    "ratings": feedback.ratings_by_ids,
    "complaints": feedback.complaints_by_ids,
}

_MOVED_SINCE = """exists (select from audit later where later.entity = told.entity and later.number > told.number
                                and later.to_version > told.version)"""


def _instant(place: str) -> str:
    """An instant of the events' data; none where somebody wrote something else into the log."""
    return f"case when pg_input_is_valid({place}, 'timestamptz') then ({place})::timestamptz end"


def _latest(name: str, *, of: str | None = None) -> str:
    """What the latest event says that says it; `of`: the one kind of event that is asked."""
    only = "" if of is None else f" and event ->> 'type' = 'tiepsuc.intake.case.{of}.v1'"
    value = f"event -> 'data' ->> '{name}'"
    return f"(array_agg({value} order by version desc) filter (where {value} is not null{only}))[1]"


_SAID = ("receiving_unit", "deciding_unit", "procedure", "field", "channel")
_LASTLY = {
    "submitted_at": "submitted",
    "accepted_at": "accepted",
    "completed_at": "completed",
    "returned_at": "returned",
}
_CASES = f"""
    with told as materialized (
        select * from unnest($1::uuid[], $2::int[], $3::int[], $4::text[]) as told(entity, number, version, state)
        where not {_MOVED_SINCE}
    )
    select told.entity, told.number from told left join cases on cases.id = told.entity, lateral (
        select {", ".join(f"{_latest(name)} as {name}" for name in _SAID)},
               {", ".join(f"{_latest(name, of=kind)} as {name}" for name, kind in _LASTLY.items())},
               {_latest("case_code")} as case_code, {_latest("due_at")} as due_at,
               {_latest("outcome", of="completed")} as outcome,
               (array_agg(event ->> 'province' order by version desc))[1] as province
        from (select version, case when pg_input_is_valid(payload, 'jsonb') then payload::jsonb end as event
              from outbox where outbox.entity = told.entity and outbox.version <= told.version offset 0) as log
    ) as said
    where cases.id is null
       or (cases.version, cases.state, cases.province, cases.outcome, cases.due_at,
           {", ".join(f"cases.{name}" for name in (*_SAID, *_LASTLY))})
          is distinct from
          (told.version, told.state, said.province, said.outcome, {_instant("said.due_at")},
           {", ".join(f"said.{name}" for name in _SAID)}, {", ".join(_instant(f"said.{name}") for name in _LASTLY)})
       or cases.case_code is distinct from coalesce(said.case_code, cases.case_code)
"""
_NOTES = """
    select told.entity, told.number
    from unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::text[]) as told(entity, number, after, up_to, reason),
         lateral (
             select string_agg(array_to_string(array_remove(array_prepend(reason, items), ''), E'\n'), E'\n'
                               order by version) as words
             from case_note where case_id = told.entity and version > told.after and version <= told.up_to
         ) as noted
    where noted.words is distinct from told.reason
"""


async def other_cases(connection: Connection, entries: Sequence[Entry]) -> list[tuple[UUID, int]]:
    """Of entries that moved a case last, those whose case is gone, or is not what the entry and the events say.

    One statement, so that a case that is moved meanwhile is seen with its entry and events, or without.
    """
    rows = await connection.fetch(
        _CASES,
        [entry.entity for entry in entries],
        [entry.number for entry in entries],
        [entry.to_version for entry in entries],
        [entry.to_state for entry in entries],
    )
    return [(row["entity"], row["number"]) for row in rows]


async def other_notes(
    connection: Connection, entries: Sequence[Entry], reasons: Sequence[str | None]
) -> list[tuple[UUID, int]]:
    """Of entries that moved a case, those whose notes do not say what the entry's words are. Notes never change."""
    rows = await connection.fetch(
        _NOTES,
        [entry.entity for entry in entries],
        [entry.number for entry in entries],
        [entry.from_version for entry in entries],
        [entry.to_version for entry in entries],
        list(reasons),
    )
    return [(row["entity"], row["number"]) for row in rows]


async def rows_of(connection: Connection, table: str, ids: Collection[UUID]) -> dict[UUID, Row]:
    """Rows of a table, by id; those that are not there are left out. KeyError: a table without chains."""
    return {row.id: row for row in await _LOAD[table](connection, ids)}


async def ends(connection: Connection, places: Collection[tuple[UUID, int]]) -> set[tuple[UUID, int]]:
    """Those of these entries (entity and number) that are the last of their chains."""
    rows = await connection.fetch(
        """select entity, number from unnest($1::uuid[], $2::int[]) as told(entity, number)
           where not exists (select from audit where audit.entity = told.entity and audit.number > told.number)""",
        [entity for entity, _ in places],
        [number for _, number in places],
    )
    return {(row["entity"], row["number"]) for row in rows}
