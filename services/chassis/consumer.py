"""A consumer: every batch is one transaction of gate, effect, parking and dead letters, acknowledged after it."""

import logging
import random
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from contracts.topology import Topology
from services.chassis import dead_letters, effects, metrics, tracing
from services.chassis.arrivals import Arrival, Decoder, Outcome, Undecodable
from services.chassis.database import Database, UnitOfWork
from services.chassis.effects import Effect
from services.chassis.errors import Fault, fault_of
from services.chassis.gate import Gate, Inbox, VersionGate

log = logging.getLogger(__name__)

_DELAYS = (0.2, 1.0, 5.0, 15.0, 30.0)
_SWEEP_ENTITIES = 500


class Delivered(Protocol):
    """What a consumer needs of a JetStream message (`nats.aio.msg.Msg`)."""

    subject: str
    data: bytes

    @property
    def metadata(self) -> "Metadata": ...
    async def ack(self) -> None: ...
    async def nak(self, delay: int | float | None = None) -> None: ...
    async def term(self) -> None: ...


class Metadata(Protocol):
    num_delivered: int | None


class Consumer:
    """Applies the events of one owner to a service's database, each once and in order per entity."""

    def __init__(
        self,
        service: str,
        owner: str,
        database: Database,
        topology: Topology,
        effect: Effect,
        *,
        ordered: bool = True,
    ) -> None:
        self.service = service
        self.owner = owner
        self.database = database
        self.decoder = Decoder(topology)
        self.gate: Gate = VersionGate(owner, self.decoder) if ordered else Inbox(owner)
        self.ordered = ordered
        self._effect = effect

    async def handle(self, messages: Sequence[Delivered]) -> None:
        """Takes a batch as fetched. Never raises for what a later delivery may mend."""
        started = time.perf_counter()
        arrivals: list[Arrival] = []
        broken: list[Undecodable] = []
        origin: dict[int, Delivered] = {}
        for message in messages:
            decoded = self.decoder.decode(message.subject, message.data, message.metadata.num_delivered or 1)
            origin[id(decoded)] = message
            if isinstance(decoded, Arrival):
                arrivals.append(decoded)
            else:
                broken.append(decoded)
        try:
            with tracing.batch_span(f"{self.service} consumes {self.owner}", (a.event.traceparent for a in arrivals)):
                outcome = await self.apply(arrivals, broken)
        except Exception as error:
            if fault_of(error) is not Fault.SURROUNDINGS:
                # Outside the effect nothing may fail for a message's sake: this is a mistake of ours, seen by everyone.
                log.exception("a batch could not be judged", extra={"owner": self.owner})
            else:
                log.warning("a batch waits: %s: %s", type(error).__name__, error, extra={"owner": self.owner})
            await self._again(messages)
            return
        await self._acknowledge(outcome, broken, origin)
        self._measure(outcome, len(broken), time.perf_counter() - started)

    async def apply(self, arrivals: Sequence[Arrival], broken: Sequence[Undecodable] = ()) -> Outcome:
        """One transaction over a batch."""
        async with self.database.unit_of_work() as work:
            return await self._apply(work, arrivals, broken)

    async def _apply(
        self, work: UnitOfWork, arrivals: Sequence[Arrival], broken: Sequence[Undecodable] = ()
    ) -> Outcome:
        outcome = Outcome()
        if arrivals:
            sorted_out = await self.gate.admit(work.connection, arrivals)
            outcome = await effects.run(work, self._effect, sorted_out)
            await self.gate.settle(work.connection, outcome)
        if broken or outcome.dead:
            await dead_letters.bury(work.connection, self.owner, outcome.dead, broken)
            for failure in outcome.dead:
                event = failure.arrival.event
                about = {"event_id": event.id, "correlation_id": event.correlationid}
                log.error("dead letter: %s", failure.error, extra=about)
            for message in broken:
                log.error("dead letter: %s", message.error, extra={"subject": message.subject})
        return outcome

    async def retry(self, work: UnitOfWork, arrival: Arrival) -> Outcome:
        """Runs one event again in the caller's transaction, as a dead letter's retry does."""
        arrival.deliveries = effects.TRIES_OF_UNKNOWN_FAULTS  # its failure is final again, not held
        sorted_out = await self.gate.admit(work.connection, [arrival])
        outcome = await effects.run(work, self._effect, sorted_out)
        await self.gate.settle(work.connection, outcome)
        return outcome

    async def sweep(self) -> int:
        """Applies parked events whose predecessor has taken effect meanwhile; how many.

        The batch that brings the predecessor does so itself; what it could not (a long chain, a settled dead letter)
        is found here, at start and from time to time.
        """
        if not self.ordered:
            return 0
        followed = 0
        while True:
            async with self.database.unit_of_work() as work:
                rows = await work.connection.fetch(
                    """select p.subject, p.payload from parked p join gate g using (owner, entity)
                       where p.owner = $1 and p.version <= g.version + 1 order by p.entity limit $2""",
                    self.owner,
                    _SWEEP_ENTITIES,
                )
                ready = [
                    decoded
                    for row in rows
                    if isinstance(decoded := self.decoder.decode(row["subject"], row["payload"].encode(), 0), Arrival)
                ]
                if not ready:
                    return followed
                outcome = await self._apply(work, ready)
            followed += len(outcome.applied)
            if not outcome.applied and not outcome.duplicate and not outcome.dead:
                return followed

    async def sweep_entity(self, entity: UUID) -> int:
        """Applies what waits behind one entity's last version; how many events followed."""
        before = await self._parked_of(entity)
        if before:
            await self.sweep()
        return before - await self._parked_of(entity)

    async def _parked_of(self, entity: UUID) -> int:
        count = await self.database.pool.fetchval(
            "select count(*) from parked where owner = $1 and entity = $2", self.owner, entity
        )
        return int(count)

    async def _acknowledge(self, outcome: Outcome, broken: Sequence[Undecodable], origin: dict[int, Delivered]) -> None:
        """Acknowledges after the commit. A crash before this brings the batch again, and the gate knows it."""
        for arrival in (*outcome.applied, *outcome.duplicate, *outcome.parked):
            if message := origin.get(id(arrival)):
                await message.ack()
        for failure in outcome.dead:
            if message := origin.get(id(failure.arrival)):
                await message.term()
        for undecodable in broken:
            await origin[id(undecodable)].term()
        for failure in outcome.held:
            if message := origin.get(id(failure.arrival)):
                await message.nak(delay=_delay(failure.arrival.deliveries))

    async def _again(self, messages: Sequence[Delivered]) -> None:
        """Asks for the batch again, later; if even that fails, the server sends it after `ack_wait`."""
        metrics.CONSUMED.labels(self.service, self.owner, "again").inc(len(messages))
        try:
            for message in messages:
                await message.nak(delay=_delay(message.metadata.num_delivered or 1))
        except Exception as error:
            if fault_of(error) is not Fault.SURROUNDINGS:
                raise

    def _measure(self, outcome: Outcome, broken: int, seconds: float) -> None:
        consumed = {
            "applied": len(outcome.applied),
            "duplicate": len(outcome.duplicate),
            "parked": len(outcome.parked),
            "dead": len(outcome.dead) + broken,
            "held": len(outcome.held),
        }
        for name, count in consumed.items():
            if count:
                metrics.CONSUMED.labels(self.service, self.owner, name).inc(count)
        metrics.BATCH_SECONDS.labels(self.service, self.owner).observe(seconds)
        if outcome.applied:
            oldest: datetime = min(arrival.event.time for arrival in outcome.applied)
            age = (self.database.writer.clock.now() - oldest).total_seconds()
            metrics.CRITICAL_SECONDS.labels(self.service, self.owner).observe(max(age, 0))


def _delay(deliveries: int) -> float:
    """Longer with each delivery, and not the same for all of a batch."""
    return _DELAYS[min(deliveries, len(_DELAYS)) - 1] * random.uniform(0.8, 1.2)  # noqa: S311 - jitter
