"""A place in a JSON Schema as the comparison sees it: references followed, null and choices told apart."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]

_LOWER = {"minimum": 0, "exclusiveMinimum": 1}
_UPPER = {"maximum": 0, "exclusiveMaximum": -1}
_AT_LEAST = ("minLength", "minItems", "minProperties")
_AT_MOST = ("maxLength", "maxItems", "maxProperties")
_EXACTLY = ("pattern", "multipleOf", "uniqueItems", "contentEncoding", "contentMediaType")

Bound = tuple[str, Any, Any, bool]
"""Name, before, after, and whether fewer values are taken now."""


@dataclass(frozen=True, slots=True)
class Node:
    """A schema within its file; `raw` is as written, `root` the file, in which references are looked up."""

    raw: Schema
    root: Schema

    @property
    def name(self) -> str:
        """The name of the definition it refers to, or nothing."""
        return str(_unwrapped(self.raw).get("$ref", "")).rpartition("/")[2]

    @property
    def schema(self) -> Schema:
        """What it refers to, at last."""
        found = _unwrapped(self.raw)
        while "$ref" in found:
            found = _unwrapped(self.root["definitions"][found["$ref"].rpartition("/")[2]])
        return found

    def _at(self, raw: Schema) -> "Node":
        return Node(raw, self.root)

    @property
    def choices(self) -> list["Node"]:
        """Every alternative, null included; those of an alternative that is a choice itself as well."""
        listed = self.schema.get("anyOf") or self.schema.get("oneOf")
        if not listed:
            return [self]
        return [choice for raw in listed for choice in self._at(raw).choices]

    @property
    def nullable(self) -> bool:
        return any(choice.schema.get("type") == "null" for choice in self.choices)

    @property
    def alternatives(self) -> list["Node"]:
        """Every alternative but null."""
        return [choice for choice in self.choices if choice.schema.get("type") != "null"]

    @property
    def label(self) -> str:
        """Its type and format: what may not change. A choice of several has none of its own."""
        if len(self.choices) > 1:
            return "choice"
        kind, shape = self.schema.get("type"), self.schema.get("format")
        if kind is None:
            return "any" if self.values is None else "values"
        return f"{kind} ({shape})" if shape else str(kind)

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same alternative in another file; models are told apart by name."""
        return (self.label, self.schema.get("title", "") if self.label == "object" else "")

    @property
    def values(self) -> list[str] | None:
        """The values of an enum or constant, as JSON; None where there is no such list."""
        schema = self.schema
        listed = schema.get("enum", [schema["const"]] if "const" in schema else None)
        return None if listed is None else [json.dumps(value, ensure_ascii=False) for value in listed]

    def bounds_against(self, other: "Node") -> Iterator[Bound]:
        """Bounds that differ in the other."""
        was, now = self.schema, other.schema
        for names, sign in ((_LOWER, 1), (_UPPER, -1)):
            (was_at, was_said), (now_at, now_said) = _limit(was, names, sign), _limit(now, names, sign)
            if was_at != now_at:
                narrower = now_at > was_at if sign > 0 else now_at < was_at
                yield ("minimum" if sign > 0 else "maximum", was_said, now_said, narrower)
        for name in _AT_LEAST:
            if was.get(name, 0) != now.get(name, 0):
                yield (name, was.get(name, "–"), now.get(name, "–"), now.get(name, 0) > was.get(name, 0))
        for name in _AT_MOST:
            if (before := was.get(name, float("inf"))) != (after := now.get(name, float("inf"))):
                yield (name, was.get(name, "–"), now.get(name, "–"), after < before)
        for name in _EXACTLY:
            # Whether another pattern takes all that the old one took cannot be told: it counts as narrower.
            if was.get(name) != now.get(name):
                yield (name, was.get(name, "–"), now.get(name, "–"), bool(now.get(name)))

    @property
    def inside(self) -> dict[str, "Node | bool"]:
        """Schemas of what it holds: `[]` items of a list, `{}` other values of a dict, `{key}` its keys."""
        schema = self.schema
        found: dict[str, Node | bool] = {}
        for suffix, name in (("[]", "items"), ("{}", "additionalProperties"), ("{key}", "propertyNames")):
            if name in schema:
                found[suffix] = self._part(schema[name])
        for pattern, raw in schema.get("patternProperties", {}).items():
            found[f"{{{pattern}}}"] = self._part(raw)
        return found

    def _part(self, raw: Schema | bool) -> "Node | bool":
        return raw if isinstance(raw, bool) else self._at(raw)


@dataclass(frozen=True, slots=True)
class Field:
    """A property of an object."""

    node: Node
    required: bool


def fields_of(node: Node) -> dict[str, Field]:
    """The properties of an object, by name."""
    schema = node.schema
    required = set(schema.get("required", []))
    return {name: Field(Node(raw, node.root), name in required) for name, raw in schema.get("properties", {}).items()}


def say(node: Node | bool) -> str:
    """A node in a few words, e.g. `string (uuid) | null` or `list of LogRow`."""
    if isinstance(node, bool):
        return "any" if node else "–"
    return " | ".join(_say(choice) for choice in node.choices)


def _say(node: Node) -> str:
    schema = node.schema
    if node.values is not None:
        return " | ".join(node.values)
    if schema.get("type") == "array":
        items = node.inside.get("[]", True)
        return f"list of {say(items)}"
    if schema.get("type") == "object" and "title" in schema:
        return str(schema["title"])
    return node.label


def _unwrapped(raw: Schema) -> Schema:
    """Without the `allOf` that is only put around a reference to describe it."""
    only = raw.get("allOf")
    return _unwrapped(only[0]) if only and len(only) == 1 else raw


def _limit(schema: Schema, names: dict[str, int], sign: int) -> tuple[tuple[float, int], str]:
    """The stricter of an inclusive and an exclusive bound, to compare and to show."""
    nothing = float("-inf") if sign > 0 else float("inf")
    found = [((float(schema[name]), strict), str(schema[name])) for name, strict in names.items() if name in schema]
    if not found:
        return (nothing, 0), "–"
    return max(found) if sign > 0 else min(found)
