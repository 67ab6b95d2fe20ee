"""Golden samples: there is one of every message, and it is what the code sends and reads."""

import json
from typing import Any
from uuid import UUID

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from jsonschema import Draft7Validator
from pydantic import BaseModel

from contracts.envelope import Reply
from contracts.topology import TOPOLOGY, EventSpec
from services.chassis.client import Caller
from services.chassis.outbox import EventWriter, Origin
from services.operations.contracts import baseline, samples
from services.operations.contracts.catalogue import CallGroup, Document, Kind, call_groups, documents, event_document
from services.operations.contracts.cli import HOME
from services.operations.contracts.export import schema
from services.worktime.clock import FrozenClock

SAMPLES = samples.read(HOME / "samples")
DOCUMENTS = {document.name: document for document in documents(TOPOLOGY)}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=lambda document: document.name)
def test_every_message_has_a_sample(document: Document) -> None:
    assert document.name in SAMPLES


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_what_is_sent_and_validates_against_its_schema(name: str) -> None:
    document, sample = DOCUMENTS[samples.message_of(name)], json.loads(SAMPLES[name])
    assert document.wire(document.model.model_validate_json(SAMPLES[name])) == sample
    Draft7Validator(schema(document), format_checker=Draft7Validator.FORMAT_CHECKER).validate(sample)
    assert SAMPLES[name] == json.dumps(sample, ensure_ascii=False, indent=2) + "\n"


def test_faults_of_samples_are_told() -> None:
    text = SAMPLES["intake.case.accepted.v1"]
    sample = json.loads(text)
    sample["data"]["due_at"] = "2025-07-01T17:00:00"
    rest = {name: text for name, text in SAMPLES.items() if not name.startswith("intake.case.accepted")}
    bad = {
        "intake.case.accepted.v1+no-zone": json.dumps(sample),
        "intake.case.accepted.v1+spoken": text.replace('"92"', '"92", "spoken": "extra"', 1),
        "intake.case.lost.v1": text,
    }
    found = {(fault.file, fault.what): fault.detail for fault in samples.faults(TOPOLOGY, rest | bad)}
    assert list(found) == [
        ("intake.case.accepted.v1.json", "missing"),
        ("intake.case.accepted.v1+no-zone.json", "invalid"),
        ("intake.case.accepted.v1+spoken.json", "not-as-sent"),
        ("intake.case.lost.v1.json", "unknown"),
    ]
    assert "data.due_at" in found["intake.case.accepted.v1+no-zone.json", "invalid"]


@pytest.mark.parametrize("spec", TOPOLOGY.events, ids=lambda spec: spec.name)
def test_services_write_events_like_the_sample(spec: EventSpec) -> None:
    text = SAMPLES[spec.name]
    event = event_document(spec).model.model_validate_json(text)
    writer = EventWriter(spec.owner, TOPOLOGY, FrozenClock(_attribute(event, "time")))
    row = writer.row(
        _attribute(event, "data"),
        entity=_attribute(event, "subject"),
        version=_attribute(event, "entityversion"),
        province=_attribute(event, "province"),
        cause=Origin(_attribute(event, "correlationid"), _attribute(event, "traceparent")),
    )
    sample = json.loads(text)
    written = row.payload.replace(str(row.event_id), sample["id"])
    assert written == json.dumps(sample, ensure_ascii=False, separators=(",", ":"))
    assert row.subject == f"evt.{spec.name}.{sample['province']}"


@pytest.mark.parametrize("spec", TOPOLOGY.events, ids=lambda spec: spec.name)
def test_the_cloudevents_package_accepts_events(spec: EventSpec) -> None:
    body = SAMPLES[spec.name].encode()
    message = HTTPMessage(headers={"content-type": "application/cloudevents+json"}, body=body)
    event = from_structured(message, JSONFormat(), CloudEvent)
    sample = json.loads(body)
    assert isinstance(event, CloudEvent)
    assert (event.get_id(), event.get_type(), event.get_source()) == (sample["id"], spec.type, spec.source)
    assert (event.get_dataschema(), event.get_subject()) == (spec.dataschema, sample["subject"])
    assert event.get_time() == FrozenClock(_attribute(event_document(spec).model.model_validate(sample), "time")).now()
    assert event.get_extension("entityversion") == sample["entityversion"]
    assert event.get_data() == sample["data"]
    assert json.loads(JSONFormat().write(event)) == sample


class Wire:
    """A NATS client that takes one request and gives one answer."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.sent: dict[str, Any] = {}
        self.data = b""

    async def request(self, subject: str, payload: bytes, timeout: float) -> "Wire":
        self.sent = {"subject": subject, "payload": json.loads(payload)}
        self.data = self.answer.encode()
        return self


@pytest.mark.parametrize("group", call_groups(TOPOLOGY), ids=lambda group: group.name)
async def test_callers_send_and_read_calls_like_the_samples(group: CallGroup) -> None:
    sample = json.loads(SAMPLES[group.name])
    call = group.request.model.model_validate(sample)
    wire = Wire(SAMPLES[group.reply.name])
    caller = Caller(wire, TOPOLOGY, FrozenClock(_attribute(call, "deadline")), _attribute(call, "actor"))  # type: ignore[arg-type]
    result = await caller.call(
        group.spec.owner,
        _attribute(call, "data"),
        group.spec.result,
        id=UUID(sample["id"]),
        expected_version=sample.get("expected_version"),
        timeout=1,
    )
    assert wire.sent["subject"] == group.spec.subject
    payload = wire.sent["payload"]
    assert payload | {"deadline": sample["deadline"], "traceparent": sample["traceparent"]} == sample
    assert isinstance(result, group.spec.result)
    # The chassis does not know the result's type when it answers.
    assert json.loads(Reply[Any](result=result).model_dump_json(exclude_none=True)) == json.loads(wire.answer)


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=lambda document: document.name)
def test_what_is_left_out_when_none_has_none_as_its_default(document: Document) -> None:
    """Events and replies leave out None; a field that is required all the same could not be read again."""
    if document.kind in {Kind.EVENT, Kind.REPLY}:
        definitions = schema(document)["definitions"]
        assert [
            f"{name}.{field}"
            for name, model in definitions.items()
            for field in model.get("required", [])
            if {"type": "null"} in model["properties"][field].get("anyOf", [])
        ] == []


def test_earlier_samples_are_still_read() -> None:
    revisions = baseline.default_revisions(HOME)
    if not revisions:
        pytest.skip("no git history here: nothing earlier to read")
    for revision in revisions:
        earlier = baseline.of_revision(HOME, revision)
        assert list(samples.unreadable(TOPOLOGY, earlier.samples)) == []


def _attribute(model: BaseModel, name: str) -> Any:
    return getattr(model, name)
