"""Numbered SQL migrations: the chassis' own for every database, then the service's.

Run by the provisioner, as the owner of the database; services only look whether theirs are there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import asyncpg

from services.chassis.errors import Misconfigured

_LOCK = 0x6D69_6772  # "migr"
_TABLE = """
    create table if not exists schema_migration (
        series text not null, number int not null, name text not null, checksum text not null,
        applied_at timestamptz not null default now(), primary key (series, number)
    )
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file `NNNN_name.sql` of a series (`chassis`, or a service's name)."""

    series: str
    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations(service: str) -> list[Migration]:
    """A service's migrations in order. Misconfigured: numbers that do not count from 1 without gaps."""
    return [*_series("chassis"), *_series(service)]


def _series(series: str) -> Iterator[Migration]:
    folder = files("services") / series / "migrations"
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(".sql")) if folder.is_dir() else []
    for expected, name in enumerate(names, 1):
        number = int(name.partition("_")[0])
        if number != expected:
            raise Misconfigured(f"migration {series}/{name}: number {expected:04d} was expected")
        yield Migration(series, number, name, (folder / name).read_text(encoding="utf-8"))


async def migrate(connection: asyncpg.Connection[Any], service: str) -> list[str]:
    """Applies what is missing, each in one transaction with its record; the names applied.

    Misconfigured: a migration that was applied has been changed since.
    """
    await connection.execute("select pg_advisory_lock($1)", _LOCK)
    try:
        await connection.execute(_TABLE)
        known = {
            (row["series"], row["number"]): row["checksum"]
            for row in await connection.fetch("select series, number, checksum from schema_migration")
        }
        applied = []
        for each in migrations(service):
            before = known.get((each.series, each.number))
            if before is None:
                await _apply(connection, each)
                applied.append(f"{each.series}/{each.name}")
            elif before != each.checksum:
                raise Misconfigured(f"migration {each.series}/{each.name} was changed after it was applied")
        return applied
    finally:
        await connection.execute("select pg_advisory_unlock($1)", _LOCK)


async def _apply(connection: asyncpg.Connection[Any], each: Migration) -> None:
    async with connection.transaction():
        await connection.execute(each.sql)
        await connection.execute(
            "insert into schema_migration (series, number, name, checksum) values ($1, $2, $3, $4)",
            each.series,
            each.number,
            each.name,
            each.checksum,
        )


async def is_current(connection: Any, service: str) -> bool:
    """Whether every migration that this code brings has been applied."""
    applied = await connection.fetch("select series, number from schema_migration")
    return {(each.series, each.number) for each in migrations(service)} <= {(r["series"], r["number"]) for r in applied}
