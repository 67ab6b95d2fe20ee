"""What a change to the published language breaks: the schemas as they were, compared with the schemas as they are.

A schema of a message version may only grow. These break, in every kind of message:

    field removed · made required (a new field that is required, too) · narrowed (bounds, lengths, pattern, a choice
    of types or null no longer taken) · retyped · enum value removed

In events and replies so does, besides, a field *made optional*, or of a further type: whoever reads it relies on it.
Why the same rules for what we send and for what we are sent? Events are both: outboxes and streams keep old ones, and
today's code must still read them when a log is replayed. Replies are kept likewise, as first answers to repeated
commands. And a removed field of a command would be ignored in silence, where its sender believes it is heeded.

These pass, but are noted where a reader may have to be updated first: an enum value added to, or bounds loosened in,
events and replies; a default that changed. These pass without a word: new optional fields, new messages, looser
commands and queries, descriptions.

See `promises` for subjects, roles and refusals.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from services.operations.contracts.nodes import Node, Schema, fields_of, say

_MISSING: Any = object()


class What(StrEnum):
    """Kinds of change."""

    FIELD_REMOVED = "field-removed"
    MADE_REQUIRED = "made-required"
    MADE_OPTIONAL = "made-optional"
    NARROWED = "narrowed"
    RETYPED = "retyped"
    ENUM_VALUE_REMOVED = "enum-value-removed"
    SUBJECT_CHANGED = "subject-changed"
    EVENT_REMOVED = "event-removed"
    CALL_REMOVED = "call-removed"
    ROLE_REMOVED = "role-removed"
    REFUSAL_REMOVED = "refusal-removed"
    # These do not break.
    WIDENED = "widened"
    ENUM_VALUE_ADDED = "enum-value-added"
    DEFAULT_CHANGED = "default-changed"


NOTES = frozenset({What.WIDENED, What.ENUM_VALUE_ADDED, What.DEFAULT_CHANGED})


@dataclass(frozen=True, slots=True)
class Change:
    """One change to a message: where (`data.rows[].line`), from what, to what."""

    what: What
    message: str
    field: str
    before: str
    after: str

    @property
    def breaks(self) -> bool:
        return self.what not in NOTES


def changes(message: str, before: Schema, after: Schema) -> list[Change]:
    """What changed in a message's schema, additions that concern nobody left out."""
    outgoing = before.get("x-kind") in {"event", "reply"}
    comparison = _Comparison(message, outgoing)
    comparison.compare(Node(before, before), Node(after, after), "")
    return list(dict.fromkeys(comparison.found))


class _Comparison:
    """Walks two schemas side by side."""

    def __init__(self, message: str, outgoing: bool) -> None:
        self.message = message
        self.outgoing = outgoing
        self.found: list[Change] = []
        self._within: list[tuple[str, str]] = []

    def compare(self, before: Node, after: Node, path: str) -> None:
        """Null apart, each type that was taken must be taken still."""
        if before.nullable != after.nullable and "any" not in (before.label, after.label):
            self._note(What.NARROWED if before.nullable else What.WIDENED, path, say(before), say(after))
        was, now = before.alternatives, after.alternatives
        if len(was) == len(now) == 1:
            self._one(was[0], now[0], path)
            return
        further = {each.key for each in now} - {each.key for each in was}
        if further and self.outgoing:  # a reader cannot skip a value of a new type as it skips a new field
            self._note(What.RETYPED, path, say(before), say(after))
            return
        left = list(now)
        for each in was:
            match = next((other for other in left if other.key == each.key), None)
            if match is None:
                self._note(What.RETYPED if further else What.NARROWED, path, say(before), say(after))
                return
            left.remove(match)
            self._one(each, match, path)

    def _note(self, what: What, path: str, before: str, after: str) -> None:
        if what in {What.WIDENED, What.ENUM_VALUE_ADDED} and not self.outgoing:
            return  # takes more than it did: nobody needs to know
        self.found.append(Change(what, self.message, path, before, after))

    def _one(self, before: Node, after: Node, path: str) -> None:
        pair = (before.name, after.name)
        if all(pair) and pair in self._within:  # a model that contains itself
            return
        self._within.append(pair)
        self._same_type(before, after, path)
        self._within.pop()

    def _same_type(self, before: Node, after: Node, path: str) -> None:
        if before.label != after.label:
            if before.label == "any":
                what = What.NARROWED
            elif after.label == "any" and not self.outgoing:
                what = What.WIDENED
            else:
                what = What.RETYPED
            self._note(what, path, say(before), say(after))
            return
        self._values(before, after, path)
        self._bounds(before, after, path)
        self._fields(before, after, path)
        for suffix, was, now in _inside(before, after):
            self._inside(was, now, path + suffix)

    def _values(self, before: Node, after: Node, path: str) -> None:
        was, now = before.values, after.values
        if was is None and now is None:
            return
        if was is None or now is None:
            self._note(What.NARROWED if was is None else What.WIDENED, path, say(before), say(after))
            return
        for value in was:
            if value not in now:
                self._note(What.ENUM_VALUE_REMOVED, path, value, ", ".join(now))
        for value in now:
            if value not in was:
                self._note(What.ENUM_VALUE_ADDED, path, ", ".join(was), value)

    def _bounds(self, before: Node, after: Node, path: str) -> None:
        for name, was, now, narrower in before.bounds_against(after):
            self._note(What.NARROWED if narrower else What.WIDENED, path, f"{name} {was}", f"{name} {now}")

    def _fields(self, before: Node, after: Node, path: str) -> None:
        was, now = fields_of(before), fields_of(after)
        for name, field in was.items():
            place = f"{path}.{name}" if path else name
            if name not in now:
                self._note(What.FIELD_REMOVED, place, say(field.node), "–")
                continue
            self._field(field.required, now[name].required, field.node, now[name].node, place)
        for name, field in now.items():
            if name not in was and field.required:
                self._note(What.MADE_REQUIRED, f"{path}.{name}" if path else name, "–", say(field.node))

    def _field(self, was_required: bool, is_required: bool, before: Node, after: Node, place: str) -> None:
        if is_required and not was_required:
            self._note(What.MADE_REQUIRED, place, "optional", "required")
        if was_required and not is_required and self.outgoing:
            self._note(What.MADE_OPTIONAL, place, "required", "optional")
        was, now = before.raw.get("default", _MISSING), after.raw.get("default", _MISSING)
        if was != now and _MISSING not in (was, now):
            self._note(What.DEFAULT_CHANGED, place, str(was), str(now))
        self.compare(before, after, place)

    def _inside(self, was: Node | bool, now: Node | bool, path: str) -> None:
        """Items of lists, values and keys of dicts: a schema, or whether anything is taken at all."""
        if isinstance(was, Node) and isinstance(now, Node):
            self.compare(was, now, path)
        elif now is False and was is not False:
            self._note(What.NARROWED, path, say(was), "–")
        elif isinstance(now, Node) and was is True:
            self._note(What.NARROWED, path, say(was), say(now))
        elif was != now:
            self._note(What.WIDENED, path, say(was), say(now))


def _inside(before: Node, after: Node) -> list[tuple[str, Node | bool, Node | bool]]:
    was, now = before.inside, after.inside
    return [(suffix, was.get(suffix, True), now.get(suffix, True)) for suffix in was | now]
