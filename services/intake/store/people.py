"""SQL of people. Hashes are taken in their order, so that two who register the same people do not deadlock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from services.chassis.database import Connection
from services.intake.domain.vault import Wrapped

_COLUMNS = "id, version, key_id, wrapped_key, sealed, told_at, erased_at"


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person as stored. Without a key: erased."""

    id: UUID
    version: int
    key_id: str
    wrapped_key: bytes | None
    sealed: bytes | None
    told_at: datetime
    erased_at: datetime | None = None

    @property
    def wrapped(self) -> Wrapped | None:
        return Wrapped(self.key_id, self.wrapped_key) if self.wrapped_key is not None else None


def _person(row: asyncpg.Record) -> PersonRow:
    return PersonRow(**{name: row[name] for name in PersonRow.__slots__})


async def locked(connection: Connection, person: UUID) -> PersonRow | None:
    """One person, locked until the end of the transaction."""
    row = await connection.fetchrow(f"select {_COLUMNS} from person where id = $1 for update", person)
    return _person(row) if row else None


async def by_id(connection: Connection, person: UUID) -> PersonRow | None:
    """One person, to read."""
    row = await connection.fetchrow(f"select {_COLUMNS} from person where id = $1", person)
    return _person(row) if row else None


async def by_ids(connection: Connection, people: Iterable[UUID]) -> list[PersonRow]:
    """People, to read."""
    rows = await connection.fetch(f"select {_COLUMNS} from person where id = any($1)", list(people))
    return [_person(row) for row in rows]


async def locked_by_number(connection: Connection, hashes: Iterable[bytes]) -> dict[bytes, PersonRow]:
    """Who has these identity numbers, by hash, locked in the order of their ids.

    Somebody who was erased while their lock was waited for has no number any more: the row is looked at again then, the
    hash beside it is not.
    """
    rows = await connection.fetch(
        f"""select h.hash, {", ".join(f"p.{name.strip()}" for name in _COLUMNS.split(","))}
            from person_hash h join person p on p.id = h.person
            where h.kind = 'id' and h.hash = any($1) and p.erased_at is null order by p.id for update of p""",
        list(hashes),
    )
    return {row["hash"]: _person(row) for row in rows}


async def locked_by_hash(connection: Connection, kind: str, hash_: bytes, limit: int) -> list[PersonRow]:
    """Who has this hash, locked in the order of their ids."""
    which = "kind = 'id' and kind = $1" if kind == "id" else "kind <> 'id' and kind = $1"  # as the indexes have it
    rows = await connection.fetch(
        f"""select {_COLUMNS} from person where id in (select person from person_hash where {which} and hash = $2)
            order by id limit $3 for update""",
        kind,
        hash_,
        limit,
    )
    return [_person(row) for row in rows]


async def claim_numbers(connection: Connection, wanted: Mapping[bytes, UUID]) -> set[bytes]:
    """Takes identity numbers, by hash, for people; those taken. Waits for whoever is about to take the same."""
    rows = await connection.fetch(
        """insert into person_hash (person, kind, hash)
           select person, 'id', hash from unnest($1::uuid[], $2::bytea[]) as new(person, hash) order by hash
           on conflict do nothing returning hash""",
        list(wanted.values()),
        list(wanted),
    )
    return {row["hash"] for row in rows}


async def insert(connection: Connection, people: Sequence[PersonRow]) -> None:
    await connection.execute(
        """insert into person (id, version, key_id, wrapped_key, sealed, told_at)
           select * from unnest($1::uuid[], $2::int[], $3::text[], $4::bytea[], $5::bytea[], $6::timestamptz[])""",
        *_arrays(people),
    )


async def update(connection: Connection, people: Sequence[PersonRow]) -> None:
    """Saves people who were read locked. Their keys stay as they are."""
    await connection.execute(
        """update person set version = new.version, sealed = new.sealed, told_at = new.told_at
           from unnest($1::uuid[], $2::int[], $3::text[], $4::bytea[], $5::bytea[], $6::timestamptz[])
                as new(id, version, key_id, wrapped_key, sealed, told_at)
           where person.id = new.id""",
        *_arrays(people),
    )


def _arrays(people: Sequence[PersonRow]) -> list[list[object]]:
    names = ("id", "version", "key_id", "wrapped_key", "sealed", "told_at")
    return [[getattr(each, name) for each in people] for name in names]


async def set_hashes(connection: Connection, hashes: Mapping[UUID, Mapping[str, bytes]]) -> None:
    """What these people are searched by from now on. UniqueViolationError: an identity number is somebody else's."""
    rows = [(person, kind, hash_) for person, own in hashes.items() for kind, hash_ in own.items()]
    await connection.execute(
        """delete from person_hash using unnest($1::uuid[]) as changed(person)
           where person_hash.person = changed.person
             and not exists (select from unnest($2::uuid[], $3::text[], $4::bytea[]) as kept(person, kind, hash)
                             where kept.person = person_hash.person and kept.kind = person_hash.kind
                               and kept.hash = person_hash.hash)""",
        list(hashes),
        *_columns(rows),
    )
    await connection.execute(
        """insert into person_hash (person, kind, hash)
           select * from unnest($1::uuid[], $2::text[], $3::bytea[]) as new(person, kind, hash) order by new.hash
           on conflict (person, kind) do nothing""",
        *_columns(rows),
    )


def _columns(rows: Sequence[tuple[UUID, str, bytes]]) -> tuple[list[UUID], list[str], list[bytes]]:
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]


async def erase(connection: Connection, person: UUID, version: int) -> None:
    """Destroys a person's key, what it opened, and what the person was searched by."""
    await connection.execute(
        """update person set version = $2, wrapped_key = null, sealed = null, erased_at = now() where id = $1""",
        person,
        version,
    )
    await connection.execute("delete from person_hash where person = $1", person)


async def under_older_keys(connection: Connection, current: str, after: UUID, limit: int) -> list[tuple[UUID, Wrapped]]:
    """Those behind an id whose keys are not wrapped under the current one, locked; what somebody else has in hand is
    left to them."""
    rows = await connection.fetch(
        """select id, key_id, wrapped_key from person where wrapped_key is not null and key_id <> $1 and id > $2
           order by id limit $3 for update skip locked""",
        current,
        after,
        limit,
    )
    return [(row["id"], Wrapped(row["key_id"], row["wrapped_key"])) for row in rows]


async def rewrap(connection: Connection, wrapped: Sequence[tuple[UUID, Wrapped]]) -> None:
    await connection.execute(
        """update person set key_id = new.key_id, wrapped_key = new.wrapped_key
           from unnest($1::uuid[], $2::text[], $3::bytea[]) as new(id, key_id, wrapped_key) where person.id = new.id""",
        [person for person, _ in wrapped],
        [each.key_id for _, each in wrapped],
        [each.data for _, each in wrapped],
    )


async def keys_in_use(connection: Connection) -> dict[str, int]:
    """How many people's keys are wrapped under each master key."""
    rows = await connection.fetch(
        "select key_id, count(*) as people from person where wrapped_key is not null group by key_id order by key_id"
    )
    return {row["key_id"]: row["people"] for row in rows}


async def search_key_check(connection: Connection, check: bytes) -> bytes:
    """What the search key is told by; recorded now if it never was."""
    await connection.execute("insert into search_key (key_check) values ($1) on conflict do nothing", check)
    recorded: bytes = await connection.fetchval("select key_check from search_key")
    return recorded
