"""What every service can be told to do about itself: publish its log again, and see to its dead letters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import asyncpg

from contracts.envelope import Command, Query
from contracts.operations.commands import (
    DeadLetterRetried,
    DeadLetterSettled,
    DiscardDeadLetter,
    EditDeadLetter,
    EventsReplayed,
    ReplayEvents,
    RetryDeadLetter,
)
from contracts.operations.queries import (
    DeadLetter,
    DeadLetterById,
    DeadLetters,
    DeadLettersView,
    DeadLetterView,
)
from contracts.refusals import CommonRefusal, refuse
from services.chassis import dead_letters, replays
from services.chassis.arrivals import Arrival, Outcome
from services.chassis.calls import Calls
from services.chassis.consumer import Consumer
from services.chassis.database import Connection, UnitOfWork
from services.chassis.errors import Fault, fault_of
from services.chassis.gate import Discarded


class _Undone(Exception):
    """Rolls a retry back: a dry run, or one that failed."""

    def __init__(self, result: DeadLetterRetried) -> None:
        super().__init__()
        self.result = result


class SelfService:
    """Answers for one service. `relay_pool` has the relay's role: the service's own may not read its outbox."""

    def __init__(self, consumers: dict[str, Consumer], relay_pool: asyncpg.Pool[Any]) -> None:
        self._consumers = consumers
        self._relay_pool = relay_pool

    def register(self, calls: Calls) -> None:
        calls.command(ReplayEvents, self.replay)
        calls.command(RetryDeadLetter, self.retry)
        calls.command(EditDeadLetter, self.edit)
        calls.command(DiscardDeadLetter, self.discard)
        calls.query(DeadLetters, self.list)
        calls.query(DeadLetterById, self.show)

    async def replay(self, __: UnitOfWork, command: Command[ReplayEvents]) -> EventsReplayed:
        wish = command.data
        async with self._relay_pool.acquire() as connection:
            if wish.dry_run:
                events, _, _ = await replays.count(connection, wish.entity, wish.days)
            else:
                events = await replays.request(connection, command.id, wish.entity, wish.days)
        return EventsReplayed(events=events)

    async def retry(self, work: UnitOfWork, command: Command[RetryDeadLetter]) -> DeadLetterRetried:
        letter = await self._open_letter(work, command.data.id)
        consumer = self._consumer(letter["owner"])
        try:
            async with work.savepoint():
                await dead_letters.settle(work.connection, letter["id"], "applied", f"retried by {command.actor.id}")
                result = await self._retried(work, consumer, letter)
                await work.flush()
                if command.data.dry_run or not result.applied:
                    raise _Undone(result)
        except _Undone as undone:
            result = undone.result
        except Exception as error:
            if fault_of(error) is Fault.SURROUNDINGS:
                raise
            result = DeadLetterRetried(applied=False, followed=0, error=f"{type(error).__name__}: {error}")
        if not command.data.dry_run and not result.applied:
            await dead_letters.tried_again(work.connection, letter["id"], result.error)
        return result

    async def _retried(self, work: UnitOfWork, consumer: Consumer, letter: asyncpg.Record) -> DeadLetterRetried:
        decoded = consumer.decoder.decode(letter["subject"], letter["payload"])
        if not isinstance(decoded, Arrival):
            return DeadLetterRetried(applied=False, followed=0, error=decoded.error)
        outcome = await consumer.retry(work, decoded)
        for failure in outcome.dead:
            if failure.arrival is decoded:
                return DeadLetterRetried(applied=False, followed=0, error=failure.error)
        if any(arrival is decoded for arrival in outcome.parked):
            return DeadLetterRetried(applied=False, followed=0, error="an earlier event of its entity is missing")
        return DeadLetterRetried(applied=True, followed=_followed(outcome, decoded))

    async def edit(self, work: UnitOfWork, command: Command[EditDeadLetter]) -> DeadLetterSettled:
        letter = await self._open_letter(work, command.data.id)
        payload = command.data.payload.encode()
        decoded = self._consumer(letter["owner"]).decoder.decode(letter["subject"], payload)
        if not isinstance(decoded, Arrival):
            raise refuse(
                CommonRefusal.INVALID,
                f"Nội dung sửa vẫn chưa hợp lệ: {decoded.error}",
                f"The edited payload is still not valid: {decoded.error}",
                field="payload",
            )
        _check_same_place(letter, decoded)
        await dead_letters.edit(
            work.connection,
            command.data.id,
            {
                "payload": payload,
                "event_id": decoded.event.id,
                "entity": decoded.entity,
                "version": decoded.version,
            },
            f"edited by {command.actor.id}: {command.data.reason}",
        )
        return DeadLetterSettled(status="dead")

    async def discard(self, work: UnitOfWork, command: Command[DiscardDeadLetter]) -> DeadLetterSettled:
        letter = await self._open_letter(work, command.data.id)
        await dead_letters.settle(
            work.connection, command.data.id, "discarded", f"discarded by {command.actor.id}: {command.data.reason}"
        )
        outcome = await self._consumer(letter["owner"]).discard(
            work,
            Discarded(letter["subject"], letter["payload"], letter["event_id"], letter["entity"], letter["version"]),
        )
        return DeadLetterSettled(status="discarded", followed=_followed(outcome))

    async def list(self, connection: Connection, query: Query[DeadLetters]) -> DeadLettersView:
        wish = query.data
        rows, total = await dead_letters.listing(connection, settled=wish.settled, limit=wish.limit, before=wish.before)
        return DeadLettersView(letters=[DeadLetter(**dict(row)) for row in rows], total=total)

    async def show(self, connection: Connection, query: Query[DeadLetterById]) -> DeadLetterView:
        found = await dead_letters.find(connection, query.data.id)
        full = await dead_letters.open_with_payload(connection, query.data.id)
        if found is None or full is None:
            raise _no_letter()
        original = full["original_payload"]
        return DeadLetterView(
            letter=DeadLetter(**dict(found)),
            payload=full["payload"].decode(errors="replace"),
            original_payload=original.decode(errors="replace") if original is not None else None,
        )

    async def _open_letter(self, work: UnitOfWork, letter_id: object) -> asyncpg.Record:
        letter = await dead_letters.open_with_payload(work.connection, letter_id, lock=True)  # type: ignore[arg-type]
        if letter is None:
            raise _no_letter()
        if letter["status"] != "dead":
            raise refuse(
                CommonRefusal.VERSION_CONFLICT,
                f"Thư chết này đã được xử lý ({letter['status']}).",
                f"This dead letter is settled already ({letter['status']}).",
                status=letter["status"],
            )
        return letter

    def _consumer(self, owner: str) -> Consumer:
        return consumer_of(self._consumers, owner)


def consumer_of(consumers: Mapping[str, Consumer], owner: str) -> Consumer:
    """The consumer of an owner's events. Refused: there is none."""
    consumer = consumers.get(owner)
    if consumer is None:
        raise refuse(
            CommonRefusal.NOT_FOUND,
            f"Dịch vụ này không nhận sự kiện của {owner}.",
            f"This service consumes no events of {owner}.",
            field="owner",
        )
    return consumer


def _followed(outcome: Outcome, retried: Arrival | None = None) -> int:
    """How many events took effect because of a letter's, besides its own."""
    return len([arrival for arrival in outcome.applied if arrival is not retried and not arrival.discarded])


def _check_same_place(letter: asyncpg.Record, edited: Arrival) -> None:
    """What the message could be told by, an edit must keep: else its place in the entity's order is lost."""
    for field, name, value in (
        ("event_id", "id", edited.event.id),
        ("entity", "subject", edited.entity),
        ("version", "entityversion", edited.version),
    ):
        if letter[field] is not None and letter[field] != value:
            raise refuse(
                CommonRefusal.INVALID,
                f"Không được sửa {name}: sự kiện phải giữ nguyên vị trí ({letter[field]}).",
                f"{name} may not be edited: the event must keep its place ({letter[field]}).",
                field="payload",
            )


def _no_letter() -> Exception:
    return refuse(CommonRefusal.NOT_FOUND, "Không có thư chết này.", "There is no such dead letter.", field="id")
