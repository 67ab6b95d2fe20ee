"""The gate in PostgreSQL: what comes early, late, twice."""

from __future__ import annotations

import random

import pytest

from services.chassis import metrics
from services.chassis.ids import uuid7
from tests.component.ground import Witness, delivery

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_early_event_that_is_delivered_again_stays_parked(witness: Witness) -> None:
    entity = uuid7()
    third = delivery(entity, 3)
    for _ in range(2):
        await witness.consumer.handle([third])
    assert await witness.parked(entity) == [3]
    await witness.consumer.handle([delivery(entity, 1), delivery(entity, 2)])
    assert await witness.gate(entity) == 3
    assert await witness.parked(entity) == []


async def test_an_early_event_twice_in_one_batch_stays_parked(witness: Witness) -> None:
    entity = uuid7()
    await witness.consumer.handle([delivery(entity, 2), delivery(entity, 2)])
    assert await witness.parked(entity) == [2]


async def test_whatever_is_delivered_in_whatever_order_and_often_takes_effect_once(witness: Witness) -> None:
    dice = random.Random(7)
    entities = [uuid7() for _ in range(5)]
    deliveries = [delivery(entity, version) for entity in entities for version in range(1, 9)] * 3
    dice.shuffle(deliveries)
    while deliveries:
        size = dice.randint(1, 7)
        await witness.consumer.handle(deliveries[:size])
        del deliveries[:size]
    for entity in entities:
        assert witness.versions(entity) == list(range(1, 9))
        assert await witness.parked(entity) == []


async def test_a_stuck_entity_with_many_parked_events_does_not_keep_another_waiting(witness: Witness) -> None:
    """Its parked events are not even looked at while its predecessor is missing."""
    stuck, other = sorted((uuid7(), uuid7()))
    await witness.consumer.handle([delivery(stuck, version) for version in range(2, 2_103)])
    await witness.consumer.handle([delivery(other, 2), delivery(other, 3)])
    await witness.consumer.handle([delivery(stuck, 2_103), delivery(other, 1)])
    assert await witness.gate(other) == 3
    await witness.consumer.handle([delivery(stuck, 1)])
    await witness.consumer.sweep()
    assert await witness.gate(stuck) == 2_103
    assert witness.versions(stuck) == list(range(1, 2_104))


async def test_what_waits_for_long_is_told_and_counted(witness: Witness, caplog: pytest.LogCaptureFixture) -> None:
    """A durable made late finds the first versions gone from the stream."""
    await witness.consumer.handle([delivery(uuid7(), 5)])
    await witness.pool.execute("update parked set parked_at = now() - interval '2 minutes'")
    for _ in range(2):
        await witness.consumer.tell_waiting()
    assert len([record for record in caplog.records if "wait for earlier ones" in record.message]) == 1
    assert metrics.PARKED.labels("reporting", "intake")._value.get() > 0
    assert metrics.PARKED_SECONDS.labels("reporting", "intake")._value.get() > 60
