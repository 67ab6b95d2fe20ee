"""JSON Schemas and the AsyncAPI document: made from the code, written as files that are the same every time.

The schemas are draft-07, which AsyncAPI tools read without further ado. They say what is accepted (pydantic's
validation mode): a field with a default need not be there.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from contracts.topology import Topology
from services.operations.contracts.asyncapi import FILE as ASYNCAPI
from services.operations.contracts.asyncapi import document as asyncapi_document
from services.operations.contracts.catalogue import Document, documents

Schema = dict[str, Any]

DIALECT = "http://json-schema.org/draft-07/schema#"


class _Generator(GenerateJsonSchema):
    """Without titles for fields: they only repeat the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic calls it by name
        return False


def schema(document: Document) -> Schema:
    """The JSON Schema of a message. ValueError: it cannot be told in draft-07.

    An event's schema says which `type`, `source` and `dataschema` it has; the model leaves that to the topology.
    """
    made: Schema = document.model.model_json_schema(ref_template="#/definitions/{model}", schema_generator=_Generator)
    _check_dialect(document.name, made)
    properties = made["properties"]
    if spec := document.event:
        made["required"].append("specversion")  # CloudEvents demands it of the sender; our own reader does without
        fixed = {"type": spec.type, "dataschema": spec.dataschema, "source": spec.source}
        properties = properties | {name: {"const": value, "type": "string"} for name, value in fixed.items()}
    rest = {key: value for key, value in made.items() if key not in {"$defs", "properties", "title", "description"}}
    return {
        "$schema": DIALECT,
        "$id": f"urn:tiepsuc:schema:{document.name}",
        "title": document.name,
        "description": document.description,
        "x-kind": str(document.kind),
        "properties": properties,
        "definitions": made.get("$defs", {}),
        **rest,
    }


def schemas(topology: Topology) -> dict[str, Schema]:
    """Every file of `contracts/schemas`, by its name without `.json`."""
    return {d.name: schema(d) for d in documents(topology)} | {ASYNCAPI: asyncapi_document(topology)}


def render(content: Mapping[str, Any]) -> str:
    """A file's text: sorted, so that it changes only when what it says does."""
    return json.dumps(_sorted_required(content), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def write(topology: Topology, folder: Path) -> list[str]:
    """Brings the folder up to date; the names of the files that changed, came or went."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {f"{name}.json": render(content) for name, content in schemas(topology).items()}
    touched = []
    for name, text in wanted.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            touched.append(name)
    for path in folder.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
            touched.append(path.name)
    return sorted(touched)


def _check_dialect(name: str, node: Any) -> None:
    """Draft-07 has other words for tuples."""
    if isinstance(node, list):
        for item in node:
            _check_dialect(name, item)
    elif isinstance(node, dict):
        if "prefixItems" in node:
            raise ValueError(f"{name}: a tuple of fixed length cannot be told in draft-07; use a list or a model")
        for item in node.values():
            _check_dialect(name, item)


def _sorted_required(node: Any) -> Any:
    """`required` is a set that JSON writes as a list."""
    if isinstance(node, Mapping):
        return {
            key: sorted(value) if key == "required" and isinstance(value, list) else _sorted_required(value)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_sorted_required(item) for item in node]
    return node
