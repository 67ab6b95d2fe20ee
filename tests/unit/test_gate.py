"""The version gate's plan, against every order in which events may come."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import Event
from services.chassis.arrivals import Anything, Arrival
from services.chassis.gate import plan
from services.chassis.ids import uuid7


def arrival(entity: int, version: int) -> Arrival:
    event = Event(
        id=uuid7(),
        source="/tiepsuc/x",
        type="tiepsuc.x.y.z.v1",
        subject=UUID(int=entity),
        time=datetime(2025, 7, 1, tzinfo=UTC),
        dataschema="urn:x",
        province="00",
        entityversion=version,
        correlationid=uuid7(),
        data=Anything(),
    )
    return Arrival("evt.x.y.z.v1.00", b"", event)


EVENTS = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 6)), max_size=30)
LAST = st.dictionaries(st.integers(0, 3), st.integers(0, 6))


@given(EVENTS, LAST)
def test_each_event_lands_in_one_place_and_chains_have_no_gap(
    events: list[tuple[int, int]], last: dict[int, int]
) -> None:
    arrivals = [arrival(*event) for event in events]
    sorted_out = plan({UUID(int=entity): version for entity, version in last.items()}, arrivals)
    landed = [*sorted_out.duplicate, *sorted_out.early, *(a for chain in sorted_out.chains for a in chain)]
    assert sorted(map(id, landed)) == sorted(map(id, arrivals))
    for chain in sorted_out.chains:
        first = last.get(chain[0].entity.int, 0) + 1
        assert [a.version for a in chain] == list(range(first, first + len(chain)))
    assert len({chain[0].entity for chain in sorted_out.chains}) == len(sorted_out.chains)


@given(st.permutations([(e, v) for e in range(3) for v in range(1, 5)]), st.integers(1, 12))
def test_in_whatever_batches_and_order_all_take_effect_once_and_in_order(
    order: list[tuple[int, int]], batch: int
) -> None:
    last: dict[UUID, int] = {}
    parked: list[Arrival] = []
    applied: list[tuple[int, int]] = []
    for start in range(0, len(order), batch):
        sorted_out = plan(last, [*(arrival(*event) for event in order[start : start + batch]), *parked])
        parked = sorted_out.early
        for chain in sorted_out.chains:
            applied += [(a.entity.int, a.version) for a in chain]
            last[chain[0].entity] = chain[-1].version
    assert not parked
    assert sorted(applied) == sorted(order)
    for entity in range(3):
        assert [v for e, v in applied if e == entity] == [1, 2, 3, 4]
