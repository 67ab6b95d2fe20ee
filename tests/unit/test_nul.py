"""A NUL character is found in what arrives, whatever field it stands in, and told by its place."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.topology import TOPOLOGY
from services.chassis.arrivals import Arrival, Decoder, Undecodable
from services.chassis.ids import uuid7
from services.chassis.nul import refuse_nul
from tests.component.ground import event

SUBJECT = "evt.intake.case.submitted.v1.92"


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({"data": {"amount": 1, "reference": "KB\0-12"}}, ("data", "reference")),
        ({"more": [{}, {"words": ["x", "\0"]}]}, ("more", 1, "words", 1)),
        ({"data": {"mo\0re": 1}}, ("data", "mo␀re")),
        ("\0", ()),
        ({"a": "\\u0000", "b": "\0"}, ("b",)),
    ],
    ids=["field", "list", "name", "bare", "behind-another"],
)
def test_a_nul_is_told_by_its_place_and_nothing_is_quoted(told: Any, place: tuple[str | int, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        refuse_nul(json.dumps(told).encode())
    assert [error["loc"] for error in caught.value.errors()] == [place]
    assert "KB" not in str(caught.value)


@pytest.mark.parametrize(
    "payload",
    [
        json.dumps(["\\u0000", "\\\\u0000", "u0000", "\u0001"]).encode(),
        b'{"x": "\\u0000"',
        b"[" * 5_000 + b'"\\u0000"',
        b"\xff\\u0000",
    ],
    ids=["looks-like-it", "cut-off", "deep", "no-text"],
)
def test_what_only_looks_like_it_or_is_no_json_is_left_to_others(payload: bytes) -> None:
    refuse_nul(payload)


def test_an_event_with_a_nul_is_undecodable_and_its_entity_known() -> None:
    entity = uuid7()
    told = json.loads(event(entity, 3))
    told["data"]["field"] = "ho\0tich"
    found = Decoder(TOPOLOGY).decode(SUBJECT, json.dumps(told).encode())
    assert isinstance(found, Undecodable)
    assert (found.entity, found.version) == (entity, 3)
    assert found.error == "data.field: a NUL character cannot be kept; take it out"
    assert isinstance(Decoder(TOPOLOGY).decode(SUBJECT, event(entity, 3)), Arrival)
