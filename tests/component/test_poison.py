"""Messages that nobody can carry out: each costs its own entity only, wherever it fails."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from contracts.envelope import Event
from contracts.topology import TOPOLOGY
from services.chassis.consumer import Consumer
from services.chassis.database import UnitOfWork
from services.chassis.effects import TRIES_OF_UNKNOWN_FAULTS
from services.chassis.ids import uuid7
from tests.component.ground import Delivery, Ground, Witness, delivery, event, submitted

pytestmark = pytest.mark.asyncio(loop_scope="module")
SUBJECT = "evt.intake.case.submitted.v1.92"


async def letters(witness: Witness, payload: bytes) -> list[tuple[str, Any, Any]]:
    rows = await witness.pool.fetch("select status, entity, version from dead_letter where payload = $1", payload)
    return [tuple(row) for row in rows]


async def test_what_no_column_holds_is_a_dead_letter_and_the_batch_goes_on(witness: Witness) -> None:
    good, endless = uuid7(), delivery(uuid7(), 2**31)
    torn = Delivery(SUBJECT, json.dumps({"id": str(uuid7()), "subject": str(uuid7()), "entityversion": 2**40}).encode())
    deep = Delivery(SUBJECT, b"[" * 200_000)
    first = delivery(good, 1)
    await witness.consumer.handle([endless, torn, first, deep])
    assert first.answers == ["ack"]
    assert await witness.gate(good) == 1
    for bad in (endless, torn, deep):
        assert bad.answers == ["term"]
        assert await letters(witness, bad.data) == [("dead", None, None)]


async def test_a_parked_event_that_newer_code_cannot_read_is_a_dead_letter(witness: Witness) -> None:
    """An older release parked a kind that it did not know, and so did not look into it."""
    entity, other = uuid7(), uuid7()
    strange = event(entity, 2).replace(b'"channel":"direct"', b'"channel":"pigeon"')
    await witness.consumer.handle([Delivery("evt.intake.case.flown.v1.92", strange), delivery(entity, 3)])
    await witness.pool.execute("update parked set subject = $2 where entity = $1 and version = 2", entity, SUBJECT)
    first, others = delivery(entity, 1), delivery(other, 1)
    await witness.consumer.handle([first, others])
    assert (first.answers, others.answers) == (["ack"], ["ack"])
    assert await witness.gate(entity) == 1
    assert await letters(witness, strange) == [("dead", entity, 2)]
    assert await witness.parked(entity) == [3]


async def test_the_sweep_buries_what_it_cannot_read(witness: Witness) -> None:
    entity = uuid7()
    strange = event(entity, 2).replace(b'"channel":"direct"', b'"channel":"pigeon"')
    await witness.consumer.handle([Delivery("evt.intake.case.flown.v1.92", strange)])
    await witness.pool.execute("update parked set subject = $2 where entity = $1", entity, SUBJECT)
    await witness.pool.execute("update gate set version = 1 where entity = $1", entity)
    await witness.consumer.sweep()
    assert await letters(witness, strange) == [("dead", entity, 2)]
    assert await witness.parked(entity) == []


async def test_an_event_whose_own_events_cannot_be_saved_stops_only_its_entity(here: Ground) -> None:
    """Two effects claim the same version of one of our entities: that shows only when the outbox is written."""
    database = await here.database("intake")
    target = uuid7()

    async def effect(work: UnitOfWork, events: Sequence[Event[Any]]) -> None:
        for each in events:
            if each.province == "01":
                for _ in range(2):
                    work.emit(submitted(target), entity=target, version=1, province="92", cause=_Cause(each))

    consumer = Consumer("intake", "intake", database, TOPOLOGY, effect)
    entities = [uuid7() for _ in range(8)]
    batch = [delivery(entity, 1, province="01" if entity is entities[5] else "92") for entity in entities]
    await consumer.handle(batch)
    assert [each.answers for each in batch] == [["term"] if n == 5 else ["ack"] for n in range(8)]
    applied = await database.pool.fetchval("select count(*) from gate where entity = any($1) and version = 1", entities)
    assert applied == 7
    dead = await database.pool.fetch("select entity, version from dead_letter where status = 'dead'")
    assert [tuple(row) for row in dead] == [(entities[5], 1)]


async def test_a_mistake_in_our_code_is_tried_again_before_it_kills(witness: Witness) -> None:
    entity = uuid7()
    witness.fails[(entity, 2)] = LookupError("a mistake")
    batch = [delivery(entity, version) for version in (1, 2, 3)]
    await witness.consumer.handle(batch)
    assert [each.answers for each in batch] == [["ack"], ["nak"], ["ack"]]
    batch[1].metadata.num_delivered = TRIES_OF_UNKNOWN_FAULTS
    await witness.consumer.handle(batch[1:2])
    assert batch[1].answers == ["nak", "term"]
    assert await letters(witness, batch[1].data) == [("dead", entity, 2)]
    assert await witness.parked(entity) == [3]


class _Cause:
    """What an effect's events are traced back to."""

    def __init__(self, event: Event[Any]) -> None:
        self.correlation_id = event.correlationid
        self.traceparent = event.traceparent
