"""The exported files: those that are committed are those of the code, and they are what they claim to be."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

import contracts
from contracts.topology import TOPOLOGY, CallSpec, Topology
from services.operations.contracts.catalogue import call_groups, documents
from services.operations.contracts.check import drift
from services.operations.contracts.cli import HOME
from services.operations.contracts.export import render, schemas, write
from services.operations.contracts.promises import promises

PRESENT = schemas(TOPOLOGY)
ASYNCAPI = PRESENT["asyncapi"]
OFFICIAL = json.loads(Path(__file__).with_name("asyncapi-3.0.0.schema.json").read_text(encoding="utf-8"))


def test_the_committed_files_are_those_of_the_code() -> None:
    assert drift(PRESENT, HOME / "schemas") == []


@pytest.mark.parametrize("name", sorted(PRESENT.keys() - {"asyncapi"}))
def test_each_is_a_valid_json_schema_with_a_name(name: str) -> None:
    Draft7Validator.check_schema(PRESENT[name])
    assert PRESENT[name]["$id"] == f"urn:tiepsuc:schema:{name}"
    assert PRESENT[name]["description"]


def test_an_events_schema_is_of_that_event_only() -> None:
    accepted = Draft7Validator(PRESENT["intake.case.accepted.v1"])
    sample = json.loads((HOME / "samples" / "intake.case.accepted.v1.json").read_text(encoding="utf-8"))
    assert accepted.is_valid(sample)
    assert accepted.is_valid(sample | {"addition": 1})
    for name in ("type", "dataschema", "source", "specversion"):
        assert not accepted.is_valid(sample | {name: "other"})
        assert not accepted.is_valid({key: value for key, value in sample.items() if key != name})


def test_exporting_twice_changes_nothing_and_clears_what_is_left_over(tmp_path: Path) -> None:
    assert len(write(TOPOLOGY, tmp_path)) == len(PRESENT)
    assert write(TOPOLOGY, tmp_path) == []
    (tmp_path / "left-over.json").write_text("{}")
    (tmp_path / "asyncapi.json").write_text("{}")
    (tmp_path / "intake.case.accepted.v1.json").unlink()
    assert [(each.file, each.what) for each in drift(PRESENT, tmp_path)] == [
        ("asyncapi.json", "changed"),
        ("intake.case.accepted.v1.json", "missing"),
        ("left-over.json", "left-over"),
    ]
    assert write(TOPOLOGY, tmp_path) == ["asyncapi.json", "intake.case.accepted.v1.json", "left-over.json"]
    assert all(path.read_text(encoding="utf-8").endswith("}\n") for path in tmp_path.iterdir())


def test_the_asyncapi_document_is_valid_by_the_official_schema() -> None:
    assert [error.message for error in Draft7Validator(OFFICIAL).iter_errors(ASYNCAPI)] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [(("asyncapi",), "2.6.0"), (("info", "version"), None), (("operations", "intake.accept-case.v1", "action"), "ask")],
)
def test_the_official_schema_would_find_mistakes(path: tuple[str, ...], value: Any) -> None:
    broken = json.loads(json.dumps(ASYNCAPI))
    place = broken
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert not Draft7Validator(OFFICIAL).is_valid(broken)


def test_every_reference_leads_somewhere() -> None:
    references = set(_references(ASYNCAPI))
    assert {f"./{document.name}.json" for document in documents(TOPOLOGY)} <= references
    for reference in references:
        file, _, place = reference.partition("#")
        found = json.loads((HOME / "schemas" / file).read_text(encoding="utf-8")) if file else ASYNCAPI
        for step in place.split("/")[1:]:
            found = found[step]
        assert found


def test_a_channels_parameters_are_those_of_its_address() -> None:
    for channel in ASYNCAPI["channels"].values():
        assert set(re.findall(r"{(\w+)}", channel["address"] or "")) == set(channel.get("parameters", {}))


def test_the_document_tells_of_every_event_and_call() -> None:
    told = promises(ASYNCAPI)
    for event in TOPOLOGY.events:
        assert told[event.name].address.format(province="92") == event.subject("92")
        assert ASYNCAPI["operations"][event.name]["x-stream"] == event.owner.upper()
    subjects = set()
    for group in call_groups(TOPOLOGY):
        promise = told[group.name]
        subjects |= {promise.address.format(service=service) for service in promise.services or ("",)}
        assert set(promise.roles) == {str(role) for role in group.spec.roles}
        assert set(promise.refusals) == set(TOPOLOGY.refusals_of(group.spec))
        reply = ASYNCAPI["operations"][group.name]["reply"]
        assert reply["messages"] == [{"$ref": f"#/channels/{group.reply.name}/messages/{group.reply.name}"}]
    assert subjects == {call.subject for call in TOPOLOGY.calls}
    assert ASYNCAPI["info"]["version"] == contracts.__version__


def test_no_host_is_named() -> None:
    assert ASYNCAPI["servers"]["nats"]["host"] == "{host}:{port}"
    text = "".join(render(content) for content in PRESENT.values())
    assert set(re.findall(r"https?://([^/\"\s]+)", text)) == {"json-schema.org"}


def test_a_shared_call_is_the_same_for_all() -> None:
    calls = list(TOPOLOGY.calls)
    last = calls[-1]
    calls[-1] = CallSpec(last.owner, last.verb, last.version, last.data, last.data, last.roles, changes=last.changes)
    with pytest.raises(ValueError, match=r"operations\.entity-versions\.v1 is not the same for"):
        call_groups(Topology((), tuple(calls), TOPOLOGY.streams, ()))


def _references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [reference for item in node for reference in _references(item)]
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [reference for item in node.values() for reference in _references(item)]
    return []
