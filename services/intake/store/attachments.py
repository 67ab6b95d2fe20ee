"""SQL of attachments."""

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime
from uuid import UUID

import asyncpg

from contracts.intake.commands.attachments import AttachmentKind
from contracts.roles import Role
from services.chassis.database import Connection
from services.intake.domain.attachments import Attachment
from services.intake.store.rows import in_zone

_COLUMNS = tuple(field.name for field in fields(Attachment))
_SELECT = f"select {', '.join(_COLUMNS)} from attachment"


def _attachment(row: asyncpg.Record) -> Attachment:
    told = in_zone(row)
    values = {name: told[name] for name in _COLUMNS}
    return Attachment(
        **{**values, "kind": AttachmentKind(values["kind"]), "digitised_by": Role(values["digitised_by"])}
    )


async def lock_case(connection: Connection, case_id: UUID) -> bool:
    """Whether there is such a case; files of one case are begun one after the other, so that their sizes add up.

    Whoever locks a file as well locks its case first.
    """
    return await connection.fetchval("select true from cases where id = $1 for update", case_id) is True


async def insert(connection: Connection, new: Attachment) -> None:
    places = ", ".join(f"${number}" for number in range(1, len(_COLUMNS) + 1))
    await connection.execute(
        f"insert into attachment ({', '.join(_COLUMNS)}) values ({places})",
        *(getattr(new, name) for name in _COLUMNS),
    )


async def by_id(connection: Connection, id: UUID, *, lock: bool = False) -> Attachment | None:
    row = await connection.fetchrow(f"{_SELECT} where id = $1{' for update' if lock else ''}", id)
    return _attachment(row) if row else None


async def by_ids(connection: Connection, ids: Collection[UUID]) -> list[Attachment]:
    """These files; those that are not there are left out."""
    return [_attachment(row) for row in await connection.fetch(f"{_SELECT} where id = any($1)", list(ids))]


async def lock_cases_of(connection: Connection, person: UUID) -> None:
    """Locks all cases of somebody, in the order of their ids: no file of theirs is begun meanwhile."""
    await connection.execute("select from cases where applicant = $1 order by id for update", person)


async def forget_contents(connection: Connection, person: UUID) -> None:
    """Takes the digests away by which a file in hand could be told to be one of somebody's cases."""
    await connection.execute(
        """update attachment set content_mac = null
           where content_mac is not null and case_id in (select id from cases where applicant = $1)""",
        person,
    )


async def same_content(connection: Connection, case_id: UUID, content_mac: bytes) -> Attachment | None:
    """The file of a case with this content: one that is kept, else one that is arriving."""
    row = await connection.fetchrow(
        f"""{_SELECT} where case_id = $1 and content_mac = $2 and removed_at is null
            order by kept_at nulls last, begun_at, id limit 1""",
        case_id,
        content_mac,
    )
    return _attachment(row) if row else None


async def of_case(connection: Connection, case_id: UUID) -> list[tuple[int, Attachment]]:
    """What is kept of a case, oldest first, each with its number; a number that was removed is given to no other."""
    rows = await connection.fetch(
        f"""select * from (
                select {", ".join(_COLUMNS)}, (row_number() over (order by kept_at, id))::int as number
                from attachment where case_id = $1 and kept_at is not null
            ) as kept where removed_at is null order by number""",
        case_id,
    )
    return [(row["number"], _attachment(row)) for row in rows]


async def size_of_case(connection: Connection, case_id: UUID) -> int:
    """Bytes of a case's files, those that are arriving included."""
    size: int = await connection.fetchval(
        "select coalesce(sum(size), 0)::bigint from attachment where case_id = $1 and removed_at is null", case_id
    )
    return size


async def received(connection: Connection, id: UUID, count: int) -> None:
    await connection.execute("update attachment set received = $2 where id = $1", id, count)


async def keep(connection: Connection, id: UUID, stored_sha256: str, at: datetime) -> None:
    await connection.execute(
        "update attachment set stored_sha256 = $2, kept_at = $3, received = size where id = $1", id, stored_sha256, at
    )


async def remove(connection: Connection, id: UUID, at: datetime, by: str) -> None:
    await connection.execute("update attachment set removed_at = $2, removed_by = $3 where id = $1", id, at, by)


async def forget(connection: Connection, id: UUID) -> None:
    """Takes away the row of a file that never became whole."""
    await connection.execute("delete from attachment where id = $1 and kept_at is null", id)


async def forget_unfinished(connection: Connection, before: datetime) -> list[UUID]:
    """Takes away the rows of files that were begun before an instant and never became whole."""
    rows = await connection.fetch(
        """delete from attachment where id = any(array(
               select id from attachment where kept_at is null and begun_at < $1 for update skip locked
           )) returning id""",
        before,
    )
    return [row["id"] for row in rows]


async def without_row(connection: Connection, digests: Sequence[str]) -> list[str]:
    """Which stored files belong to no attachment, or to one that was removed."""
    rows = await connection.fetch(
        """select digest from unnest($1::text[]) as digest
           where not exists (select from attachment where stored_sha256 = digest and removed_at is null)""",
        list(digests),
    )
    return [row["digest"] for row in rows]


async def still_arriving(connection: Connection, ids: Sequence[UUID]) -> set[UUID]:
    rows = await connection.fetch("select id from attachment where id = any($1) and kept_at is null", list(ids))
    return {row["id"] for row in rows}
