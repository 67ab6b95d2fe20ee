"""A consumer: every batch is one transaction of gate, effect, parking and dead letters, acknowledged after it."""

import logging
import random
import time
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from contracts.topology import Topology
from services.chassis import dead_letters, effects, metrics, tracing
from services.chassis.arrivals import Arrival, Decoder, Outcome, Undecodable
from services.chassis.database import Database, UnitOfWork
from services.chassis.effects import Effect
from services.chassis.errors import Fault, fault_of
from services.chassis.gate import Discarded, Gate, Inbox, VersionGate

log = logging.getLogger(__name__)

_DELAYS = (0.2, 1.0, 5.0, 15.0, 30.0)
_SWEEP_ENTITIES = 500
_LONG_WAIT = 60.0


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
        self._told = 0

    async def handle(self, messages: Sequence[Delivered]) -> None:
        """Takes a batch as fetched. Never raises for what a later delivery may mend."""
        await self._take(
            [
                (message, self.decoder.decode(message.subject, message.data, message.metadata.num_delivered or 1))
                for message in messages
            ]
        )

    async def _take(self, batch: Sequence[tuple[Delivered, Arrival | Undecodable]]) -> None:
        """One transaction over these messages, or over each half where it fails for a reason that lies in one of them.

        The effect's own failures are found by savepoints, at less cost; this is for those outside of it: events that
        cannot be added to the log, values that no column takes.
        """
        started = time.perf_counter()
        arrivals = [decoded for _, decoded in batch if isinstance(decoded, Arrival)]
        broken = [decoded for _, decoded in batch if isinstance(decoded, Undecodable)]
        try:
            with tracing.batch_span(f"{self.service} consumes {self.owner}", (a.event.traceparent for a in arrivals)):
                outcome = await self.apply(arrivals, broken)
        except Exception as error:  # noqa: BLE001 - none goes unjudged
            if fault_of(error) is Fault.SURROUNDINGS:
                log.warning("a batch waits: %s: %s", type(error).__name__, error, extra={"owner": self.owner})
                await self._again([message for message, _ in batch])
            elif len(batch) > 1:
                middle = len(batch) // 2
                await self._take(batch[:middle])
                await self._take(batch[middle:])
            else:
                await self._give_up(*batch[0], error)
            return
        await self._acknowledge(outcome, broken, {id(decoded): message for message, decoded in batch})
        self._measure(outcome, len(broken), time.perf_counter() - started)

    async def _give_up(self, message: Delivered, decoded: Arrival | Undecodable, error: Exception) -> None:
        """A message that cannot be judged: a dead letter, once our code may not be to blame any more."""
        log.error("a message cannot be judged", exc_info=error, extra={"owner": self.owner})
        letter = decoded
        if isinstance(decoded, Arrival):
            if effects.may_recover(decoded, error):
                await self._again([message])
                return
            text = f"{type(error).__name__}: {error}"
            letter = Undecodable(
                decoded.subject, decoded.payload, text, decoded.event.id, decoded.entity, decoded.version
            )
        assert isinstance(letter, Undecodable)  # noqa: S101 - for the type checker
        try:
            async with self.database.unit_of_work() as work:
                await dead_letters.bury(work.connection, self.owner, [], [letter])
            await message.term()
        except Exception as again:  # noqa: BLE001 - whatever it is, the message must not be lost
            log.warning("a dead letter waits: %s: %s", type(again).__name__, again, extra={"owner": self.owner})
            await self._again([message])

    async def apply(
        self, arrivals: Sequence[Arrival], broken: Sequence[Undecodable] = (), waiting: Collection[UUID] = ()
    ) -> Outcome:
        """One transaction over a batch, and over what is parked of the entities that are `waiting`."""
        async with self.database.unit_of_work() as work:
            outcome = await self._apply(work, arrivals, broken, waiting)
        for failure in outcome.dead:
            event = failure.arrival.event
            about = {"event_id": event.id, "correlation_id": event.correlationid}
            log.error("dead letter: %s", failure.error, extra=about)
        for message in (*broken, *outcome.unreadable):
            log.error("dead letter: %s", message.error, extra={"subject": message.subject})
        return outcome

    async def _apply(
        self,
        work: UnitOfWork,
        arrivals: Sequence[Arrival],
        broken: Sequence[Undecodable] = (),
        waiting: Collection[UUID] = (),
    ) -> Outcome:
        outcome = Outcome()
        if arrivals or waiting:
            sorted_out = await self.gate.admit(work.connection, arrivals, waiting)
            outcome = await effects.run(work, self._effect, sorted_out)
            await self.gate.settle(work.connection, outcome)
        if outcome.applied:
            await dead_letters.settle_applied(work.connection, self.owner, [a.event.id for a in outcome.applied])
        if broken or outcome.unreadable or outcome.dead:
            await dead_letters.bury(work.connection, self.owner, outcome.dead, [*broken, *outcome.unreadable])
        return outcome

    async def retry(self, work: UnitOfWork, arrival: Arrival) -> Outcome:
        """Runs one event again in the caller's transaction, and what waits behind it."""
        arrival.deliveries = effects.TRIES_OF_UNKNOWN_FAULTS  # its failure is final again, not held
        return await self._apply(work, [arrival])

    async def discard(self, work: UnitOfWork, letter: Discarded) -> Outcome:
        """Gives an event up in the caller's transaction; what waits behind it takes effect, if it was its turn."""
        await self.gate.discard(work.connection, letter)
        return await self._apply(work, (), waiting=[letter.entity] if self.ordered and letter.entity else ())

    async def sweep(self) -> int:
        """Applies parked events whose predecessor has taken effect meanwhile; how many.

        The batch that brings the predecessor does so itself; what it could not (a long chain, a settled dead letter)
        is found here, at start and from time to time.
        """
        if not self.ordered:
            return 0
        followed = 0
        while True:
            rows = await self.database.pool.fetch(
                """select distinct p.entity from parked p join gate g using (owner, entity)
                   where p.owner = $1 and p.version <= g.version + 1 order by p.entity limit $2""",
                self.owner,
                _SWEEP_ENTITIES,
            )
            if not rows:
                return followed
            outcome = await self.apply((), waiting=[row["entity"] for row in rows])
            followed += len(outcome.applied)
            if not (outcome.applied or outcome.duplicate or outcome.dead or outcome.unreadable):
                return followed  # another replica was quicker

    async def tell_waiting(self) -> None:
        """Counts what is parked, and says so where it waits for long: what came before may never come.

        It was discarded, is dead, or left the stream before this consumer's durable was made; then only publishing it
        again from its owner's log helps.
        """
        row = await self.database.pool.fetchrow(
            """select count(*) as events, count(distinct entity) as entities,
                      coalesce(extract(epoch from now() - min(parked_at)), 0)::float8 as seconds
               from parked where owner = $1""",
            self.owner,
        )
        assert row is not None  # noqa: S101 - an aggregate always has a row
        metrics.PARKED.labels(self.service, self.owner).set(row["events"])
        metrics.PARKED_SECONDS.labels(self.service, self.owner).set(row["seconds"])
        if row["seconds"] > _LONG_WAIT and row["entities"] != self._told:
            log.warning(
                "%d events of %d entities wait for earlier ones, the oldest for %.0f s: retry or discard the dead "
                "letters before them, or have %s publish its log again",
                row["events"],
                row["entities"],
                row["seconds"],
                self.owner,
                extra={"owner": self.owner},
            )
        self._told = row["entities"] if row["seconds"] > _LONG_WAIT else 0

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
