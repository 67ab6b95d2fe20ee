"""SQL of the audit. It is only ever added to."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from services.chassis.database import Connection
from services.intake.domain.audit import Entry, Root

_COLUMNS = Entry._fields
_NAMES = ", ".join(_COLUMNS)
_ROOT = "number, day, entries, root, previous, signature, public_key"
_LOCK = 0x6175_6474  # "audt"
_FETCHED = 2_000


def _entry(row: asyncpg.Record) -> Entry:
    return Entry(*(row[name] for name in _COLUMNS))


async def heads(connection: Connection, entities: Collection[UUID]) -> dict[UUID, tuple[int, bytes]]:
    """The number and hash of each entity's last entry. The entities' own rows are locked by the caller."""
    rows = await connection.fetch(
        """select wanted.entity, head.number, head.hash from unnest($1::uuid[]) as wanted(entity)
           cross join lateral (select number, hash from audit where audit.entity = wanted.entity
                               order by number desc limit 1) as head""",
        list(entities),
    )
    return {row["entity"]: (row["number"], row["hash"]) for row in rows}


async def append(connection: Connection, entries: Sequence[Entry]) -> None:
    """Adds entries by COPY. UniqueViolationError: another writer took that number of the entity."""
    await connection.copy_records_to_table(
        "audit",
        columns=_COLUMNS,
        records=entries,
    )


async def entries_of(connection: Connection, entity: UUID, after: int, limit: int) -> list[Entry]:
    """An entity's entries behind a number."""
    rows = await connection.fetch(
        f"select {_NAMES} from audit where entity = $1 and number > $2 order by number limit $3", entity, after, limit
    )
    return [_entry(row) for row in rows]


async def case_of(connection: Connection, code: str) -> UUID | None:
    """The case that has this code."""
    found: UUID | None = await connection.fetchval("select id from cases where case_code = $1", code)
    return found


async def case_exists(connection: Connection, case_id: UUID) -> bool:
    """Whether there is a case with this id, whatever has become of its audit."""
    found: bool = await connection.fetchval("select exists (select from cases where id = $1)", case_id)
    return found


@dataclass(frozen=True, slots=True)
class Span:
    """Entries with `since <= at < until`; None: no limit on that side."""

    since: datetime | None
    until: datetime | None

    @property
    def condition(self) -> str:
        return "($1::timestamptz is null or at >= $1) and ($2::timestamptz is null or at < $2)"


async def day_page(connection: Connection, span: Span, after: tuple[UUID, int], limit: int) -> list[Entry]:
    """A day's entries in the order of entity and number, behind a place."""
    rows = await connection.fetch(
        f"""select {_NAMES} from audit where {span.condition} and (entity, number) > ($3, $4)
            order by entity, number limit $5""",
        span.since,
        span.until,
        *after,
        limit,
    )
    return [_entry(row) for row in rows]


async def day_hashes(connection: Connection, span: Span) -> AsyncIterator[tuple[UUID, int, bytes]]:
    """Entity, number and hash of a day's entries, in order; read piece by piece."""
    async for row in connection.cursor(
        f"select entity, number, hash from audit where {span.condition} order by entity, number",
        span.since,
        span.until,
        prefetch=_FETCHED,
    ):
        yield row["entity"], row["number"], row["hash"]


async def hashes_at(connection: Connection, places: Collection[tuple[UUID, int]]) -> dict[tuple[UUID, int], bytes]:
    """The hashes of entries, by place; those that are not there are left out."""
    rows = await connection.fetch(
        """select entity, number, hash from audit
           join unnest($1::uuid[], $2::int[]) as wanted(entity, number) using (entity, number)""",
        [entity for entity, _ in places],
        [number for _, number in places],
    )
    return {(row["entity"], row["number"]): row["hash"] for row in rows}


async def other_details(connection: Connection, entries: Sequence[Entry]) -> set[UUID]:
    """People whose stored details are not those that the entry of their present version tells of."""
    rows = await connection.fetch(
        """select person.id from person
           join unnest($1::uuid[], $2::int[], $3::bytea[]) as told(id, version, digest) using (id, version)
           where person.sealed is not null and sha256(person.sealed) <> told.digest""",
        [entry.entity for entry in entries],
        [entry.to_version for entry in entries],
        [entry.digest for entry in entries],
    )
    return {row["id"] for row in rows}


async def other_documents(
    connection: Connection, entries: Sequence[Entry], kinds: Mapping[UUID, str]
) -> set[tuple[UUID, int]]:
    """Versions of reference data whose content is gone, or is not what the entry of its coming tells of.

    `kinds`: by the entity that the audit knows them by. Told are entity and number of the entry.
    """
    told = [entry for entry in entries if entry.entity in kinds]
    rows = await connection.fetch(
        """select told.entity, told.number
           from unnest($1::uuid[], $2::int[], $3::text[], $4::int[], $5::bytea[])
                as told(entity, number, kind, version, digest)
           left join reference_document document using (kind, version)
           where document.content is null or sha256(convert_to(document.content, 'UTF8')) <> told.digest""",
        [entry.entity for entry in told],
        [entry.number for entry in told],
        [kinds[entry.entity] for entry in told],
        [entry.to_version for entry in told],
        [entry.digest for entry in told],
    )
    return {(row["entity"], row["number"]) for row in rows}


async def unaudited(connection: Connection, events: Sequence[tuple[UUID, int]]) -> list[tuple[UUID, int]]:
    """Those of these events (entity and version) that no entry covers."""
    rows = await connection.fetch(
        """select entity, version from unnest($1::uuid[], $2::int[]) as told(entity, version)
           where not exists (select from audit where audit.entity = told.entity and events > 0
                             and from_version < told.version and told.version <= to_version)
           order by entity, version""",
        [entity for entity, _ in events],
        [version for _, version in events],
    )
    return [(row["entity"], row["version"]) for row in rows]


# --- the log, read with the relay's role ------------------------------------------------------------------


async def event_digests(relay: Connection, entries: Sequence[Entry]) -> dict[tuple[UUID, int], tuple[int, bytes]]:
    """What the log holds of the events of each entry: how many, and their digest; by entity and number."""
    rows = await relay.fetch(
        r"""select told.entity, told.number, count(*) as events,
                   sha256(string_agg(convert_to(payload, 'UTF8'), '\x0a'::bytea order by version)) as digest
            from unnest($1::uuid[], $2::int[], $3::int[], $4::int[]) as told(entity, number, after, up_to)
            join outbox on outbox.entity = told.entity and version > told.after and version <= told.up_to
            group by told.entity, told.number""",
        [entry.entity for entry in entries],
        [entry.number for entry in entries],
        [entry.from_version for entry in entries],
        [entry.to_version for entry in entries],
    )
    return {(row["entity"], row["number"]): (row["events"], row["digest"]) for row in rows}


async def log_page(relay: Connection, after: int, limit: int) -> list[asyncpg.Record]:
    """Events of the log behind a place: `id`, `entity`, `version`, `subject`, `created_at`."""
    return await relay.fetch(
        "select id, entity, version, subject, created_at from outbox where id > $1 order by id limit $2", after, limit
    )


async def log_size(relay: Connection) -> int:
    """About how many events the log holds."""
    found: int | None = await relay.fetchval("select max(id) from outbox")
    return found or 0


async def last_event(relay: Connection, entity: UUID) -> int:
    """The version of an entity's last event in the log; 0: it has none."""
    found: int | None = await relay.fetchval("select max(version) from outbox where entity = $1", entity)
    return found or 0


# --- sealing ---------------------------------------------------------------------------------------------


async def try_lock(connection: Connection) -> bool:
    """Whether this transaction may seal; if not, another replica is at it."""
    got: bool = await connection.fetchval("select pg_try_advisory_xact_lock($1)", _LOCK)
    return got


async def beginning(connection: Connection) -> datetime:
    """When the audit began."""
    found: datetime = await connection.fetchval("select at from audit_begin")
    return found


async def last_root(connection: Connection) -> Root | None:
    row = await connection.fetchrow(f"select {_ROOT} from audit_root order by number desc limit 1")
    return Root(**dict(row)) if row else None


async def roots(connection: Connection, after: int, limit: int) -> list[Root]:
    rows = await connection.fetch(
        f"select {_ROOT} from audit_root where number > $1 order by number limit $2", after, limit
    )
    return [Root(**dict(row)) for row in rows]


async def is_over(connection: Connection, end: datetime, lag_seconds: int) -> bool:
    """Whether no entry can bear an instant before `end` any more.

    An entry bears its transaction's beginning. So what counts is that `end` has passed, and that no transaction in this
    database is open that began before it; one that begins from now on begins after it. The lag is for a clock that
    steps back, as that of a standby may that takes over.
    """
    over: bool = await connection.fetchval(
        """select clock_timestamp() > $1::timestamptz + make_interval(secs => $2) and not exists (
               select from pg_stat_activity
               where datname = current_database() and xact_start < $1 and pid <> pg_backend_pid())""",
        end,
        lag_seconds,
    )
    return over


async def add_root(connection: Connection, root: Root) -> None:
    await connection.execute(
        f"insert into audit_root ({_ROOT}) values ($1, $2, $3, $4, $5, $6, $7)",
        *(getattr(root, name.strip()) for name in _ROOT.split(",")),
    )


async def database_now(connection: Connection) -> datetime:
    found: datetime = await connection.fetchval("select now()")
    return found


def places(entries: Iterable[Entry]) -> list[tuple[UUID, int]]:
    """Where entries stand."""
    return [(entry.entity, entry.number) for entry in entries]
