"""What people look up in intake, on many cases: the statements as they stand in the store, and their plans."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg

from contracts.intake.commands.importing import ImportCases, LogRow
from contracts.intake.queries.cases import COUNTED_TO
from contracts.intake.vocabulary import CaseState
from services.chassis.calls import Calls
from services.chassis.ids import uuid7
from services.intake.domain.cases import Case
from services.intake.store import cases, inbox
from services.worktime.clock import ZONE

if TYPE_CHECKING:  # asyncpg's classes are generic to the type checker only
    Connection = asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]
else:
    Connection = asyncpg.Connection

SIZE = 51
"""A page of the usual size, and the one more that says whether another follows."""
WAITING = (
    CaseState.SUBMITTED,
    CaseState.ACCEPTED,
    CaseState.IN_PROGRESS,
    CaseState.SUPPLEMENT_REQUESTED,
    CaseState.AWAITING_PAYMENT,
    CaseState.COMPLETED,
)
FIRST = datetime(1900, 1, 1, tzinfo=ZONE)
DAY = date(2025, 7, 1)
BUSY = "H13.57-250701-"
"""How the codes of a day begin on which one agency gave many."""

_STORIES: tuple[dict[str, str], ...] = (
    {},
    {"accepted_at": "2025-07-01T09:00:00+07:00"},
    {"accepted_at": "2025-07-01T09:00:00+07:00", "started_at": "2025-07-01T10:00:00+07:00"},
    {"accepted_at": "2025-07-01T09:00:00+07:00", "supplement_requested_at": "2025-07-02T10:00:00+07:00"}
    | {"reason": "thiếu bản chính"},
    {"accepted_at": "2025-07-01T09:00:00+07:00", "payment_requested_at": "2025-07-02T10:00:00+07:00"},
    {"accepted_at": "2025-07-01T09:00:00+07:00", "completed_at": "2025-07-03T10:00:00+07:00"},
)


def originals() -> list[LogRow]:
    """Rows of one case in each state in which it waits; copies are made of what intake makes of them."""
    first = LogRow(
        line=2,
        case_code="",
        unit="31570",
        deciding_unit="31570",
        procedure="1.004222",
        channel="online",
        submitted_at="2025-07-01T08:00:00+07:00",
        accepted_at="",
        completed_at="",
        returned_at="",
    )
    return [
        first.model_copy(update={"line": number + 2, "case_code": f"H13.57-250630-{number:04d}"} | story)
        for number, story in enumerate(_STORIES)
    ]


_COLUMNS = [field.name for field in fields(Case) if field.compare]
_SPREAD = {
    "id": "md5(o.id::text || k)::uuid",
    "case_code": "case when k % 100 = 0 then $3 || 10000 + k / 100 * 6 + o.n "
    "else 'H' || u.province || '.' || left(u.code, 3) || '-250701-' || 10000 + k * 6 + o.n end",
    "receiving_unit": "u.code",
    "deciding_unit": "u.code",
    "province": "u.province",
    "applicant": "md5((k / 3)::text)::uuid",
} | {
    name: f"o.{name} + (k % 40000) * interval '1 minute'"
    for name in _COLUMNS
    if name.endswith("_at") or name == "act_by"
}
_COPY = f"""
    insert into cases ({", ".join(_COLUMNS)})
    select {", ".join(_SPREAD.get(name, f"o.{name}") for name in _COLUMNS)}
    from (select *, row_number() over (order by case_code) - 1 as n from cases
          where case_code like 'H13.57-250630-%') o,
         generate_series(1, $1::int) k
         join (select code, substr(code, 6) as province, row_number() over () - 1 as n
               from unnest($2::text[]) as code) given on given.n = (k * 7919) % cardinality($2::text[]),
         lateral (select left(given.code, 5) as code, given.province) u
"""
_COPY_LOG = """
    insert into outbox (event_id, entity, version, subject, payload, created_at, published_at)
    select md5(event_id::text || k)::uuid, md5(entity::text || k)::uuid, version, subject, payload, created_at, now()
    from (select o.* from outbox o join cases c on c.id = o.entity where case_code like 'H13.57-250630-%') o,
         generate_series(1, $1::int) k
"""
_COPY_NOTES = """
    insert into case_note (case_id, version, reason, items)
    select md5(case_id::text || k)::uuid, n.version, n.reason, n.items
    from (select n.* from case_note n join cases c on c.id = n.case_id where case_code like 'H13.57-250630-%') n,
         generate_series(1, $1::int) k
"""


async def seed(calls: Calls) -> None:
    """Imports the originals."""
    from tests.component.ground import answer, command  # noqa: PLC0415 - component tests use this module

    reply = await answer(calls, command(ImportCases(rows=originals())))
    assert reply.result["imported"] == len(_STORIES), reply


async def copy(connection: Connection, count: int, units: Sequence[tuple[str, str]], *, log: bool) -> None:
    """Makes about `count` copies, spread evenly over units (code and province); with their history if asked for."""
    times = count // len(_STORIES)
    await connection.execute(_COPY, times, [code + province for code, province in units], BUSY, timeout=1_800)
    await connection.execute(_COPY_NOTES, times, timeout=1_800)
    if log:
        await connection.execute(_COPY_LOG, times, timeout=1_800)


async def drop_copies(connection: Connection) -> None:
    """Leaves the originals."""
    columns = ", ".join(_COLUMNS)
    await connection.execute(
        f"""create temp table kept as select * from cases where case_code like 'H13.57-250630-%';
            create temp table kept_note as select * from case_note where case_id in (select id from kept);
            truncate cases, case_note cascade;
            insert into cases ({columns}) select {columns} from kept;
            insert into case_note select * from kept_note;
            drop table kept, kept_note"""
    )


@dataclass(frozen=True, slots=True)
class Lookup:
    """A statement with its arguments. `rows`: how many rows of cases and outbox it may read at most."""

    name: str
    sql: str
    arguments: tuple[object, ...]
    rows: int


async def lookups(connection: Connection, unit: str, province: str) -> list[Lookup]:
    """Everything that is looked up at a counter, in a desk and in a province, for cases that are there."""
    some = await connection.fetchrow(
        "select * from cases where receiving_unit = $1 and case_code not like 'H13.57-%' "
        "order by state = 'supplement_requested' desc limit 1",
        unit,
    )
    assert some is not None
    at, window = some["submitted_at"], timedelta(days=30)
    like_cases = tuple(
        [each] for each in (UUID(int=0), some["applicant"], some["procedure"], unit, at - window, at + window)
    )
    codes = [row["case_code"] for row in await connection.fetch("select case_code from cases limit 500")]
    code: str = some["case_code"]
    found = [
        Lookup("case by id", cases.BY_ID, (some["id"],), 1),
        Lookup("case by code", cases.BY_CODE, (code,), 1),
        Lookup("history", inbox.HISTORY, (some["id"],), 10),
        Lookup("code by its beginning", inbox.BY_BEGINNING, (code[:8], code[:8] + inbox.BEYOND, 20), 20),
        Lookup("code by its end", inbox.BY_END, (code[:-4:-1], code[:-4:-1] + inbox.BEYOND, 20), 20),
        Lookup("duplicates", cases.LIKE, like_cases, 10),
        Lookup("next serial", cases.NEXT_SERIAL, ("H13.57", DAY, BUSY), 20_000),
        Lookup("import: 500 codes, for update", cases.BY_CODES, (codes,), 1_000),  # each is read, and locked
    ]
    for side, whose in (("receiving_unit", unit), ("deciding_unit", unit), ("province", province)):
        for place, after in (("first", (0, FIRST, UUID(int=0))), ("deep", await _middle(connection, side, whose))):
            name, page = f"inbox, {side}, {place} page", inbox.PAGE.format(side=side)
            found.append(Lookup(name, page, (whose, list(WAITING), *after, SIZE), SIZE * len(WAITING)))
        name, counts = f"inbox, {side}, counts", inbox.COUNTS.format(side=side)
        found.append(Lookup(name, counts, (whose, list(WAITING), COUNTED_TO), COUNTED_TO * len(WAITING)))
    return found


async def writes(connection: Connection) -> list[Lookup]:
    """What an import writes of 500 cases, spread over all that there are: new ones, and changes of known ones."""
    rows = await connection.fetch(f"{cases.SELECT} order by md5(id::text || now()::text) limit 500")
    known = [cases.case_of(row) for row in rows]
    new = [replace(c, id=uuid7(), case_code=f"{(c.case_code or '')[:-1]}0{n:03d}"[-30:]) for n, c in enumerate(known)]
    changed = [replace(case, version=case.version + 1, act_by=FIRST) for case in known]
    return [
        Lookup("import: 500 new cases", cases.INSERT, tuple(cases.arrays(new)), 0),
        Lookup("import: 500 changed cases", cases.UPDATE, tuple(cases.arrays(changed)), 500),
    ]


async def _middle(connection: Connection, side: str, whose: str) -> inbox.Place:
    """A place with as many cases before it as behind; results that wait for pickup are left out."""
    row = await connection.fetchrow(
        f"""select queue_rank, percentile_disc(0.5) within group (order by queue_at) as at from cases
            where {side} = $1 group by queue_rank order by queue_rank limit 1""",
        whose,
    )
    assert row is not None
    return row["queue_rank"], row["at"], UUID(int=0)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a statement was carried out. `milliseconds` in the database, planning included."""

    milliseconds: float
    buffers: int
    nodes: tuple[dict[str, Any], ...]

    @property
    def scans(self) -> tuple[str, ...]:
        """E.g. `Index Scan cases_inbox_province`, each once."""
        named = (f"{n['Node Type']} {n.get('Index Name', n.get('Relation Name', ''))}" for n in self._reading)
        return tuple(dict.fromkeys(named))

    @property
    def rows(self) -> int:
        """Rows of tables read, those that a filter threw away included."""
        return int(
            sum(
                (n["Actual Rows"] + n.get("Rows Removed by Filter", 0) + n.get("Rows Removed by Index Recheck", 0))
                * n["Actual Loops"]
                for n in self._reading
            )
        )

    @property
    def _reading(self) -> Iterator[dict[str, Any]]:
        return (node for node in self.nodes if "Relation Name" in node and "Scan" in node["Node Type"])


async def explain(connection: Connection, lookup: Lookup, *, generic: bool = False) -> Plan:
    """Carries a statement out and undoes it. `generic`: by the plan that a prepared statement has for any arguments."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        mode = "force_generic_plan" if generic else "auto"
        await connection.execute(f"set local plan_cache_mode = {mode}")
        prepared = await connection.prepare(f"explain (analyze, buffers, format json) {lookup.sql}")
        told = json.loads(await prepared.fetchval(*lookup.arguments))[0]
    finally:
        await transaction.rollback()
    root = told["Plan"]
    time = told["Execution Time"] + told["Planning Time"]
    return Plan(time, root["Shared Hit Blocks"] + root["Shared Read Blocks"], tuple(_nodes(root)))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)
