"""Messages built of judged values are the same, on the wire and off it, as those that were validated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import contracts
from contracts.envelope import Message
from contracts.specs import EventSpec
from contracts.topology import TOPOLOGY
from services.chassis.outbox import event_class

SAMPLES = Path(contracts.__file__).parent / "samples"


@pytest.mark.parametrize("spec", TOPOLOGY.events, ids=lambda spec: spec.name)
def test_a_judged_event_is_the_validated_one(spec: EventSpec) -> None:
    kind = event_class(spec.data)
    assert issubclass(spec.data, Message)
    event = kind.model_validate_json((SAMPLES / f"{spec.name}.json").read_text(encoding="utf-8"))
    given = {name: getattr(event, name) for name in type(event).model_fields}
    data = {name: value for name in spec.data.model_fields if (value := getattr(event.data, name)) is not None}
    made = kind.judged(**given | {"data": spec.data.judged(**data)})
    assert made == event
    assert made.model_dump_json(exclude_none=True) == event.model_dump_json(exclude_none=True)
    assert json.loads(made.model_dump_json()) == json.loads(event.model_dump_json())
    assert made.data.model_copy(update={}) == event.data
