"""SQL of the documents of reference data, and of which of them are in force."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from contracts.intake.catalogue import DocumentStatus, ReferenceKind
from services.chassis.database import Connection

_LOCK = 1919247214
"""As in `reference_state_held`."""
_COLUMNS = """kind, version, status, sha256, octet_length(content) as bytes, note, base,
              created_by, created_at, published_by, published_at"""


@dataclass(frozen=True, slots=True)
class Document:
    """A version of a document."""

    kind: ReferenceKind
    version: int
    status: DocumentStatus
    content: str
    base: int | None
    note: str


def _document(row: asyncpg.Record) -> Document:
    return Document(
        ReferenceKind(row["kind"]),
        row["version"],
        DocumentStatus(row["status"]),
        row["content"],
        row["base"],
        row["note"],
    )


async def state_held(connection: Connection) -> int:
    """Counts publications; until the transaction ends, there will be no other."""
    state: int = await connection.fetchval("select reference_state_held()")
    return state


async def state(connection: Connection) -> int:
    """Counts publications."""
    found: int = await connection.fetchval("select version from reference_state")
    return found


async def all_in_force(connection: Connection) -> tuple[int, dict[ReferenceKind, str]]:
    """The state and the documents in force, seen at one instant. Kinds that this program does not know are left out."""
    rows = await connection.fetch(
        """select state.version as state, kind, content from reference_state state
           left join reference_document on status = 'published'"""
    )
    known = set(ReferenceKind)
    return rows[0]["state"], {ReferenceKind(row["kind"]): row["content"] for row in rows if row["kind"] in known}


async def wait_to_publish(connection: Connection) -> None:
    """Until every transaction that decides by what is in force has ended; new ones wait for this one."""
    await connection.execute("select pg_advisory_xact_lock($1)", _LOCK)


async def lock(connection: Connection, kind: ReferenceKind) -> None:
    """Until the transaction ends, nobody else drafts, publishes or withdraws a version of this kind."""
    await connection.execute("select pg_advisory_xact_lock($1, hashtext($2))", _LOCK, kind.value)


async def in_force(connection: Connection, kind: ReferenceKind) -> Document | None:
    """The published version."""
    row = await connection.fetchrow(
        "select * from reference_document where kind = $1 and status = 'published'", kind.value
    )
    return _document(row) if row else None


async def held(connection: Connection, kind: ReferenceKind, version: int) -> Document | None:
    """A version, locked until the end of the transaction."""
    row = await connection.fetchrow(
        "select * from reference_document where kind = $1 and version = $2 for update", kind.value, version
    )
    return _document(row) if row else None


async def content(connection: Connection, kind: ReferenceKind, version: int | None) -> asyncpg.Record | None:
    """A version with its content; without a version the one in force."""
    return await connection.fetchrow(
        f"""select {_COLUMNS}, content from reference_document
            where kind = $1 and case when $2::int is null then status = 'published' else version = $2 end""",
        kind.value,
        version,
    )


async def versions(connection: Connection, kind: ReferenceKind | None, limit: int) -> list[asyncpg.Record]:
    """Versions without their content, newest first."""
    return await connection.fetch(
        f"""select {_COLUMNS} from reference_document where kind = any($1)
            order by created_at desc, kind, version desc limit $2""",
        [each.value for each in ReferenceKind if kind in (None, each)],
        limit,
    )


async def add_draft(
    connection: Connection, kind: ReferenceKind, text: str, sha256: str, note: str, base: int | None, by: str
) -> int:
    """Keeps a draft; its version. UniqueViolationError: another got that version at the same time."""
    version: int = await connection.fetchval(
        """insert into reference_document (kind, version, status, content, sha256, note, base, created_by, created_at)
           select $1, coalesce(max(version), 0) + 1, 'draft', $2, $3, $4, $5, $6, now()
           from reference_document where kind = $1 returning version""",
        kind.value,
        text,
        sha256,
        note,
        base,
        by,
    )
    return version


async def publish(connection: Connection, kind: ReferenceKind, version: int, note: str, by: str, at: datetime) -> None:
    """Puts a draft in force instead of what was."""
    await connection.execute(
        "update reference_document set status = 'superseded' where kind = $1 and status = 'published'", kind.value
    )
    await connection.execute(
        """update reference_document set status = 'published', note = $3, published_by = $4, published_at = $5
           where kind = $1 and version = $2""",
        kind.value,
        version,
        note,
        by,
        at,
    )
    await connection.execute("update reference_state set version = version + 1")


async def withdraw(connection: Connection, kind: ReferenceKind, version: int) -> None:
    """Gives a draft up."""
    await connection.execute(
        "update reference_document set status = 'withdrawn' where kind = $1 and version = $2", kind.value, version
    )


async def known(connection: Connection, kind: ReferenceKind, sha256: str) -> bool:
    """Whether this content was published before, or is."""
    found: bool = await connection.fetchval(
        """select exists (select from reference_document
                          where kind = $1 and sha256 = $2 and published_at is not null)""",
        kind.value,
        sha256,
    )
    return found


async def edited(connection: Connection, kind: ReferenceKind, package: str) -> bool:
    """Whether anybody but the package has published this kind."""
    found: bool = await connection.fetchval(
        "select exists (select from reference_document where kind = $1 and published_by <> $2)", kind.value, package
    )
    return found
