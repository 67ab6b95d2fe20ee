"""SQL of what was announced of the catalogue."""

from collections.abc import Sequence
from uuid import UUID

from services.chassis.database import Connection


async def announced(connection: Connection) -> dict[UUID, tuple[int, bytes]]:
    """The version and fingerprint under which each entry of the catalogue was last announced. One at a time."""
    await connection.execute("lock table announced in share row exclusive mode")
    rows = await connection.fetch("select entity, version, fingerprint from announced")
    return {row["entity"]: (row["version"], row["fingerprint"]) for row in rows}


async def record_announced(connection: Connection, entries: Sequence[tuple[UUID, int, bytes]]) -> None:
    """Records what has just been announced."""
    await connection.execute(
        """insert into announced select * from unnest($1::uuid[], $2::int[], $3::bytea[])
           on conflict (entity) do update set version = excluded.version, fingerprint = excluded.fingerprint""",
        [entry[0] for entry in entries],
        [entry[1] for entry in entries],
        [entry[2] for entry in entries],
    )
