"""Dead letters on real servers: what stops, what goes on, and what follows when a letter is seen to."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from contracts.envelope import Event
from contracts.operations.commands import DiscardDeadLetter, EditDeadLetter, RetryDeadLetter
from contracts.operations.queries import DeadLetters
from contracts.topology import TOPOLOGY
from services.chassis.calls import Calls
from services.chassis.consumer import Consumer
from services.chassis.database import UnitOfWork
from services.chassis.errors import Permanent
from services.chassis.ids import uuid7
from services.chassis.self_service import SelfService
from tests.component.ground import Delivery, Ground, Times, Witness, command, delivery, event, query
from tests.support import stack as support

pytestmark = pytest.mark.asyncio(loop_scope="module")
SUBJECT = "evt.intake.case.submitted.v1.92"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def calls(here: Ground, witness: Witness) -> Calls:
    return await _calls(here, {"intake": witness.consumer})


async def _calls(here: Ground, consumers: dict[str, Consumer]) -> Calls:
    calls = await here.calls("reporting", next(iter(consumers.values())).database)
    pool = await asyncpg.create_pool(**here.relay_address("reporting"), min_size=0, max_size=2)
    here.open.callback(pool.terminate)
    SelfService(consumers, pool).register(calls)
    return calls


async def asked(calls: Calls, verb: str, data: Any) -> dict[str, Any]:
    """The whole reply to a command."""
    answer = await calls.answer(f"cmd.reporting.{verb}.v1", command(data).model_dump_json().encode())
    reply: dict[str, Any] = json.loads(answer)
    return reply


async def retried(calls: Calls, letter: UUID, *, dry_run: bool = False) -> dict[str, Any]:
    reply = await asked(calls, "retry-dead-letter", RetryDeadLetter(id=letter, dry_run=dry_run))
    return {key: reply["result"].get(key) for key in ("applied", "followed", "error")}


async def discarded(calls: Calls, letter: UUID) -> dict[str, Any]:
    return await asked(calls, "discard-dead-letter", DiscardDeadLetter(id=letter, reason="a test"))


async def edited(calls: Calls, letter: UUID, payload: bytes) -> dict[str, Any]:
    return await asked(calls, "edit-dead-letter", EditDeadLetter(id=letter, payload=payload.decode(), reason="a test"))


async def letters(witness: Witness, entity: UUID) -> list[asyncpg.Record]:
    return await witness.pool.fetch("select * from dead_letter where entity = $1 order by version", entity)


async def statuses(witness: Witness, entity: UUID) -> list[tuple[int, str, int]]:
    return [(row["version"], row["status"], row["tries"]) for row in await letters(witness, entity)]


async def stopped(witness: Witness, last: int) -> tuple[UUID, list[Delivery]]:
    """An entity whose first event is a dead letter, with those up to `last` parked behind it; and its messages."""
    entity = uuid7()
    witness.fails[(entity, 1)] = Permanent("on purpose")
    messages = [delivery(entity, version) for version in range(1, last + 1)]
    await witness.consumer.handle(messages)
    assert [message.answers for message in messages] == [["term"], *([["ack"]] * (last - 1))]
    assert await witness.parked(entity) == list(range(2, last + 1))
    return entity, messages


async def test_two_consumers_and_any_order_apply_each_event_once_and_in_order(here: Ground) -> None:
    async with support.database(here.stack, "reporting") as owner:
        await owner.execute(
            """create table seen (place bigint generated always as identity, entity uuid, version int);
               grant select, insert on seen to reporting"""
        )

    async def effect(work: UnitOfWork, events: Sequence[Event[Any]]) -> None:
        await work.connection.executemany(
            "insert into seen (entity, version) values ($1, $2)", [(e.subject, e.entityversion) for e in events]
        )

    entities = [uuid7() for _ in range(40)]
    wanted = [(entity, version) for entity in entities for version in range(1, 7)]
    dice = random.Random(31570)
    messages = [delivery(*each) for each in wanted + dice.sample(wanted, 60)]
    dice.shuffle(messages)
    batches = [messages[start : start + 25] for start in range(0, len(messages), 25)]
    consumers = [Consumer("reporting", "intake", await here.database("reporting"), TOPOLOGY, effect) for _ in range(2)]

    async def work(consumer: Consumer) -> None:
        while batches:
            batch = batches.pop()
            await consumer.handle(batch)
            if again := [message for message in batch if message.answers.pop() == "nak"]:
                batches.append(again)

    await asyncio.gather(*(work(consumer) for consumer in consumers))
    await consumers[0].sweep()
    rows = await consumers[0].database.pool.fetch("select entity, version from seen order by place")
    assert sorted(tuple(row) for row in rows) == sorted(wanted)
    for entity in entities:
        assert [row["version"] for row in rows if row["entity"] == entity] == [1, 2, 3, 4, 5, 6]


async def test_one_poisoned_entity_and_one_unreadable_message_cost_a_batch_nothing_else(witness: Witness) -> None:
    good = [uuid7() for _ in range(496)]
    poisoned = uuid7()
    witness.fails[(poisoned, 1)] = Permanent("on purpose")
    bad = Delivery(SUBJECT, b"{no json")
    batch = [delivery(entity, 1) for entity in good]
    batch += [delivery(poisoned, 1), delivery(poisoned, 2), delivery(poisoned, 3), bad]
    random.Random(1).shuffle(batch)
    await witness.consumer.handle(batch)
    assert sorted(message.answers[0] for message in batch) == ["ack"] * 498 + ["term"] * 2
    assert bad.answers == ["term"]
    applied = await witness.pool.fetchval("select count(*) from gate where entity = any($1) and version = 1", good)
    assert applied == 496
    assert await statuses(witness, poisoned) == [(1, "dead", 1)]
    assert await witness.parked(poisoned) == [2, 3]
    unreadable = await witness.pool.fetchrow("select error, entity from dead_letter where payload = $1", bad.data)
    assert unreadable is not None
    assert unreadable["entity"] is None
    assert "Invalid JSON" in unreadable["error"]


async def test_the_surroundings_never_kill_a_message(witness: Witness) -> None:
    entity = uuid7()
    witness.fails[(entity, 1)] = OSError("no route")
    message = delivery(entity, 1)
    message.metadata = Times(50)
    await witness.consumer.handle([message])
    assert message.answers == ["nak"]
    assert await statuses(witness, entity) == []
    del witness.fails[(entity, 1)]
    await witness.consumer.handle([message])
    assert (message.answers, witness.versions(entity)) == (["nak", "ack"], [1])


async def test_a_dry_run_changes_nothing_and_a_retry_brings_what_waits(witness: Witness, calls: Calls) -> None:
    entity, messages = await stopped(witness, 3)
    letter = (await letters(witness, entity))[0]["id"]
    failed = {"applied": False, "followed": 0, "error": "Permanent: on purpose"}
    assert await retried(calls, letter, dry_run=True) == failed
    assert await statuses(witness, entity) == [(1, "dead", 1)]
    assert await retried(calls, letter) == failed
    assert await statuses(witness, entity) == [(1, "dead", 2)]
    del witness.fails[(entity, 1)]
    good = {"applied": True, "followed": 2, "error": None}
    assert await retried(calls, letter, dry_run=True) == good
    assert (await statuses(witness, entity), await witness.parked(entity)) == ([(1, "dead", 2)], [2, 3])
    assert await retried(calls, letter) == good
    assert (await witness.gate(entity), await witness.parked(entity)) == (3, [])
    assert await statuses(witness, entity) == [(1, "applied", 2)]
    await witness.consumer.handle([messages[0]])  # a settled letter's event is a duplicate, and changes nothing
    assert messages[0].answers == ["term", "ack"]
    assert await statuses(witness, entity) == [(1, "applied", 2)]


async def test_a_letter_that_is_delivered_again_stays_one_and_is_settled_once_it_works(witness: Witness) -> None:
    entity, messages = await stopped(witness, 2)
    await witness.consumer.handle([messages[0]])
    assert await statuses(witness, entity) == [(1, "dead", 2)]
    del witness.fails[(entity, 1)]
    await witness.consumer.handle([messages[0]])
    assert messages[0].answers == ["term", "term", "ack"]
    (letter,) = await letters(witness, entity)
    assert (letter["status"], letter["note"]) == ("applied", "took effect when it was delivered again")
    assert (await witness.gate(entity), await witness.parked(entity)) == (2, [])


async def test_what_dies_behind_a_retried_letter_is_a_letter_itself(witness: Witness, calls: Calls) -> None:
    entity, _ = await stopped(witness, 3)
    del witness.fails[(entity, 1)]
    witness.fails[(entity, 2)] = Permanent("the next")
    letter = (await letters(witness, entity))[0]["id"]
    assert await retried(calls, letter) == {"applied": True, "followed": 0, "error": None}
    assert await statuses(witness, entity) == [(1, "applied", 1), (2, "dead", 1)]
    assert (await witness.gate(entity), await witness.parked(entity)) == (1, [3])


async def test_a_discarded_letter_lets_go_what_waits_and_never_takes_effect(witness: Witness, calls: Calls) -> None:
    entity, messages = await stopped(witness, 3)
    letter = (await letters(witness, entity))[0]["id"]
    reply = await discarded(calls, letter)
    assert reply["result"] == {"status": "discarded", "followed": 2}
    del witness.fails[(entity, 1)]
    await witness.consumer.handle([messages[0]])
    assert messages[0].answers == ["term", "ack"]
    assert (witness.versions(entity), await statuses(witness, entity)) == ([2, 3], [(1, "discarded", 1)])
    assert (await discarded(calls, letter))["refusal"]["code"] == "version-conflict"


async def test_a_letter_discarded_before_its_turn_is_stepped_over_when_it_comes(witness: Witness, calls: Calls) -> None:
    """Version 2 is unreadable, 3 waits, 1 is still missing; then 2 comes again, whole, in one batch with 1."""
    entity = uuid7()
    payload = event(entity, 2)
    unreadable = Delivery(SUBJECT, payload.replace(b'"channel":"direct"', b'"channel":"pigeon"'))
    early = delivery(entity, 3)
    await witness.consumer.handle([early, unreadable])
    assert (early.answers, unreadable.answers) == (["ack"], ["term"])
    (letter,) = await letters(witness, entity)
    assert (await discarded(calls, letter["id"]))["result"]["followed"] == 0
    assert await witness.gate(entity) == 0
    first, whole = delivery(entity, 1), Delivery(SUBJECT, payload)
    await witness.consumer.handle([unreadable, whole, first])
    assert (unreadable.answers, whole.answers, first.answers) == (["term", "term"], ["ack"], ["ack"])
    assert (witness.versions(entity), await witness.gate(entity), await witness.parked(entity)) == ([1, 3], 3, [])
    assert await statuses(witness, entity) == [(2, "discarded", 1)]


async def test_an_unreadable_copy_is_discarded_without_the_good_event_that_waits(
    witness: Witness, calls: Calls
) -> None:
    entity = uuid7()
    good = delivery(entity, 2)
    copy = Delivery(SUBJECT, good.data.replace(b'"channel":"direct"', b'"channel":"pigeon"'))
    await witness.consumer.handle([copy, good])
    (letter,) = await letters(witness, entity)
    assert (await discarded(calls, letter["id"]))["result"]["followed"] == 0
    await witness.consumer.handle([delivery(entity, 1)])
    assert witness.versions(entity) == [1, 2]


async def test_an_unreadable_message_is_edited_into_an_event_that_keeps_its_place(
    witness: Witness, calls: Calls
) -> None:
    entity = uuid7()
    garbled = Delivery(SUBJECT, b"\xff\x00" + uuid7().bytes)
    await witness.consumer.handle([garbled, delivery(entity, 2)])
    letter = await witness.pool.fetchval("select id from dead_letter where payload = $1", garbled.data)
    refused = (await edited(calls, letter, b'{"still": "wrong"}'))["refusal"]
    assert (refused["code"], refused["field"]) == ("invalid", "payload")
    whole = event(entity, 1)
    assert (await edited(calls, letter, whole))["result"]["status"] == "dead"
    moved = (await edited(calls, letter, event(entity, 7)))["refusal"]  # its place is known by now
    assert (moved["code"], moved["field"]) == ("invalid", "payload")
    await witness.consumer.handle([garbled])  # the original comes again: still the same letter
    assert await statuses(witness, entity) == [(1, "dead", 2)]
    assert await retried(calls, letter) == {"applied": True, "followed": 1, "error": None}
    assert witness.versions(entity) == [1, 2]
    (row,) = await letters(witness, entity)
    assert (row["original_payload"], row["payload"]) == (garbled.data, whole)


async def test_an_unreadable_message_without_an_entity_can_be_discarded(witness: Witness, calls: Calls) -> None:
    garbled = Delivery(SUBJECT, b"\xff\x00" + uuid7().bytes)
    await witness.consumer.handle([garbled])
    letter = await witness.pool.fetchval("select id from dead_letter where payload = $1", garbled.data)
    assert (await discarded(calls, letter))["result"] == {"status": "discarded", "followed": 0}
    await witness.consumer.handle([garbled])
    row = await witness.pool.fetchrow("select status, tries from dead_letter where id = $1", letter)
    assert row is not None
    assert tuple(row) == ("discarded", 1)


async def test_a_consumer_without_order_takes_each_id_once(here: Ground) -> None:
    witness = Witness(await here.database("scheduling"))
    witness.consumer = Consumer(
        "reporting", "intake", witness.consumer.database, TOPOLOGY, witness.effect, ordered=False
    )
    calls = await _calls(here, {"intake": witness.consumer})
    entity = uuid7()
    third, first = delivery(entity, 3), delivery(entity, 1)
    await witness.consumer.handle([third, first, third])
    await witness.consumer.handle([first])
    assert witness.versions(entity) == [3, 1]
    witness.fails[(entity, 2)] = Permanent("on purpose")
    second, fourth = delivery(entity, 2), delivery(entity, 4)
    await witness.consumer.handle([second, fourth])
    assert (second.answers, fourth.answers) == (["term"], ["ack"])
    (letter,) = await letters(witness, entity)
    assert (await discarded(calls, letter["id"]))["result"] == {"status": "discarded", "followed": 0}
    del witness.fails[(entity, 2)]
    await witness.consumer.handle([second])
    assert (second.answers, witness.versions(entity)) == (["term", "ack"], [3, 1, 4])


async def test_letters_are_listed_page_by_page_newest_first(witness: Witness, calls: Calls) -> None:
    await witness.consumer.handle([Delivery(SUBJECT, b"{" + uuid7().bytes) for _ in range(5)])
    seen: list[str] = []
    while True:
        wish = DeadLetters(settled=True, limit=3, before=UUID(seen[-1]) if seen else None)
        answer = await calls.answer("qry.reporting.dead-letters.v1", query(wish).model_dump_json().encode())
        page = json.loads(answer)["result"]
        seen += [letter["id"] for letter in page["letters"]]
        if len(page["letters"]) < 3:
            break
    assert len(seen) == page["total"] > 5
    assert seen == sorted(set(seen), reverse=True)
