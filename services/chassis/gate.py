"""Once and in order: which arrivals take effect now, which did before, which came too early.

`VersionGate` counts each entity's versions and suits a consumer that gets all of an entity's events. `Inbox`
remembers event ids and suits one that gets only some of them; it knows no order. Both work inside the transaction of
the effect, which is what makes the effect happen once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from services.chassis.arrivals import Arrival, Decoder, Outcome, Undecodable, placeholder
from services.chassis.database import Connection

Chain = list[Arrival]
"""Consecutive events of one entity, in order."""

_PARKED_AT_ONCE = 2_000


@dataclass(slots=True)
class Plan:
    """A batch sorted out: chains that take effect, what has done so before, what waits for a predecessor.

    `unreadable` waited, and this code cannot read it any more: an older one took it for a kind that it did not know.
    """

    chains: list[Chain] = field(default_factory=list)
    duplicate: list[Arrival] = field(default_factory=list)
    early: list[Arrival] = field(default_factory=list)
    unreadable: list[Undecodable] = field(default_factory=list)


class Gate(Protocol):
    """How a consumer makes sure that each event takes effect once."""

    async def admit(self, connection: Connection, arrivals: Sequence[Arrival], waiting: Collection[UUID] = ()) -> Plan:
        """Sorts a batch out and locks its entities until the end of the transaction.

        `waiting`: entities whose parked events are to be looked at though nothing arrived.
        """
        ...

    async def settle(self, connection: Connection, outcome: Outcome) -> None:
        """Records what took effect and what waits."""
        ...

    async def discard(self, connection: Connection, letter: "Discarded") -> None:
        """Makes sure that an event given up never takes effect; `admit` its entity to let go what waits behind it."""
        ...


@dataclass(frozen=True, slots=True)
class Discarded:
    """An event that is given up, as far as its message could be read."""

    subject: str
    payload: bytes
    event_id: UUID | None
    entity: UUID | None
    version: int | None


def plan(last: Mapping[UUID, int], arrivals: Iterable[Arrival]) -> Plan:
    """Sorts arrivals by their entity's last version. Of two with the same version, the first counts."""
    sorted_out = Plan()
    by_entity: dict[UUID, dict[int, Arrival]] = {}
    for arrival in arrivals:
        versions = by_entity.setdefault(arrival.entity, {})
        if arrival.version <= last.get(arrival.entity, 0) or arrival.version in versions:
            sorted_out.duplicate.append(arrival)
        else:
            versions[arrival.version] = arrival
    for entity in sorted(by_entity):
        versions = by_entity[entity]
        chain: Chain = []
        expected = last.get(entity, 0) + 1
        for version in sorted(versions):
            if version == expected:
                chain.append(versions[version])
                expected += 1
            else:
                sorted_out.early.append(versions[version])
        if chain:
            sorted_out.chains.append(chain)
    return sorted_out


class VersionGate:
    """Lets an entity's version n take effect after n - 1 and before n + 1."""

    def __init__(self, owner: str, decoder: Decoder) -> None:
        self.owner = owner
        self._decoder = decoder

    async def admit(self, connection: Connection, arrivals: Sequence[Arrival], waiting: Collection[UUID] = ()) -> Plan:
        """Locks in the order of entity ids, so that replicas with overlapping batches wait instead of deadlocking."""
        entities = sorted({arrival.entity for arrival in arrivals}.union(waiting))
        await connection.execute(
            """insert into gate (owner, entity, version) select $1, entity, 0 from unnest($2::uuid[]) as entity
               order by entity on conflict do nothing""",
            self.owner,
            entities,
        )
        rows = await connection.fetch(
            "select entity, version from gate where owner = $1 and entity = any($2) order by entity for update",
            self.owner,
            entities,
        )
        last = {row["entity"]: row["version"] for row in rows}
        sorted_out = plan(last, arrivals)
        moving = {chain[0].entity for chain in sorted_out.chains}.union(waiting)
        if moving:
            parked, unreadable = await self._parked(connection, moving)
            if parked:
                discarded = [each for each in parked if each.discarded]  # first, so that they win over a repetition
                sorted_out = plan(last, [*discarded, *arrivals, *(each for each in parked if not each.discarded)])
            sorted_out.unreadable = unreadable
        return sorted_out

    async def _parked(
        self, connection: Connection, entities: Collection[UUID]
    ) -> tuple[list[Arrival], list[Undecodable]]:
        """What waits for these entities: it may follow now. What does not fit in here is left to the sweep."""
        rows = await connection.fetch(
            """select subject, payload, skip, entity, version, parked_at from parked
               where owner = $1 and entity = any($2) order by entity, version limit $3""",
            self.owner,
            list(entities),
            _PARKED_AT_ONCE,
        )
        decoded = [
            placeholder(row["entity"], row["version"], row["parked_at"])
            if row["skip"]
            else self._decoder.decode(row["subject"], row["payload"].encode(), deliveries=0)
            for row in rows
        ]
        return (
            [each for each in decoded if isinstance(each, Arrival)],
            [each for each in decoded if isinstance(each, Undecodable)],
        )

    async def settle(self, connection: Connection, outcome: Outcome) -> None:
        """Moves the gates forward, parks what is early, and forgets what the gate has passed and what died.

        Only the gate says what is done with: a repetition of an early event is no sign that the parked one may go.
        """
        new: dict[UUID, int] = {}
        for arrival in outcome.applied:
            new[arrival.entity] = max(new.get(arrival.entity, 0), arrival.version)
        if new:
            await connection.execute(
                """update gate set version = new.version from unnest($2::uuid[], $3::int[]) as new(entity, version)
                   where gate.owner = $1 and gate.entity = new.entity""",
                self.owner,
                list(new),
                list(new.values()),
            )
        waiting = [arrival for arrival in outcome.parked if arrival.deliveries]
        if waiting:
            await connection.execute(
                """insert into parked (owner, entity, version, subject, payload)
                   select $1, * from unnest($2::uuid[], $3::int[], $4::text[], $5::text[]) on conflict do nothing""",
                self.owner,
                [arrival.entity for arrival in waiting],
                [arrival.version for arrival in waiting],
                [arrival.subject for arrival in waiting],
                [arrival.payload.decode() for arrival in waiting],
            )
        await connection.execute(
            """delete from parked using gate
               where parked.owner = $1 and parked.entity = any($2)
                 and gate.owner = parked.owner and gate.entity = parked.entity and parked.version <= gate.version""",
            self.owner,
            list({arrival.entity for arrival in (*outcome.applied, *outcome.duplicate)}),
        )
        gone = [(failure.arrival.entity, failure.arrival.version) for failure in outcome.dead]
        gone += [(each.entity, each.version) for each in outcome.unreadable if each.entity and each.version]
        if gone:
            await connection.execute(
                """delete from parked using unnest($2::uuid[], $3::int[]) as dead(entity, version)
                   where parked.owner = $1 and parked.entity = dead.entity and parked.version = dead.version""",
                self.owner,
                [entity for entity, _ in gone],
                [version for _, version in gone],
            )

    async def discard(self, connection: Connection, letter: Discarded) -> None:
        """Keeps its place, as earlier events may still be missing. Another event that waits there keeps it itself."""
        if letter.entity is None or letter.version is None:
            return
        await connection.execute(
            """insert into parked (owner, entity, version, subject, payload, skip) values ($1, $2, $3, $4, $5, true)
               on conflict (owner, entity, version) do update set skip = true
               where parked.payload = excluded.payload""",
            self.owner,
            letter.entity,
            letter.version,
            letter.subject,
            letter.payload.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}"),
        )


class Inbox:
    """Lets each event id take effect once, in whatever order."""

    def __init__(self, owner: str) -> None:
        self.owner = owner

    async def admit(
        self,
        connection: Connection,
        arrivals: Sequence[Arrival],
        waiting: Collection[UUID] = (),  # noqa: ARG002 - nothing waits here
    ) -> Plan:
        first = {arrival.event.id: arrival for arrival in reversed(arrivals)}
        rows = await connection.fetch(
            """insert into inbox (owner, event_id) select $1, id from unnest($2::uuid[]) as id order by id
               on conflict do nothing returning event_id""",
            self.owner,
            list(first),
        )
        fresh = {row["event_id"] for row in rows}
        sorted_out = Plan()
        for arrival in arrivals:
            if arrival.event.id in fresh and first[arrival.event.id] is arrival:
                sorted_out.chains.append([arrival])
            else:
                sorted_out.duplicate.append(arrival)
        return sorted_out

    async def settle(self, connection: Connection, outcome: Outcome) -> None:
        """Forgets the ids of what did not take effect, so that it can be tried again."""
        failed = [failure.arrival.event.id for failure in (*outcome.dead, *outcome.held)]
        if failed:
            await connection.execute("delete from inbox where owner = $1 and event_id = any($2)", self.owner, failed)

    async def discard(self, connection: Connection, letter: Discarded) -> None:
        """Remembers the id as if it had taken effect."""
        if letter.event_id is not None:
            await connection.execute(
                "insert into inbox (owner, event_id) values ($1, $2) on conflict do nothing",
                self.owner,
                letter.event_id,
            )
