"""What breaks and what passes: a small language of our own, changed one thing at a time."""

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import AwareDatetime, BaseModel, Field, create_model

from contracts.envelope import Message
from contracts.roles import Role
from contracts.topology import CallSpec, EventSpec, StreamSpec, Topology
from services.operations.contracts.check import changes
from services.operations.contracts.compatibility import Change, What
from services.operations.contracts.export import schemas

Code = Annotated[str, Field(pattern=r"^\d{5}$")]


class Channel(StrEnum):
    DIRECT = "direct"
    ONLINE = "online"


class FewerChannels(StrEnum):
    DIRECT = "direct"


class MoreChannels(StrEnum):
    DIRECT = "direct"
    ONLINE = "online"
    POST = "post"


class Row(Message):
    line: int = Field(ge=1)
    note: str | None = None


class StricterRow(Message):
    line: int = Field(ge=2)
    note: str | None = None


class Branch(Message):
    name: str
    branches: "list[Branch]" = Field(default_factory=list)


class Bough(Message):
    name: int
    branches: "list[Bough]" = Field(default_factory=list)


FIELDS: dict[str, Any] = {
    "id": UUID,
    "unit": Code,
    "channel": Channel,
    "at": AwareDatetime,
    "count": (int, Field(ge=0, le=100)),
    "note": (str | None, Field(default=None, max_length=50)),
    "rows": (list[Row], Field(max_length=10)),
    "by_unit": (dict[str, int], Field(default_factory=dict)),
    "either": int | Code,
    "tree": (Branch | None, None),
    "limit": (int, 100),
}


def language(fields: dict[str, Any] | None = None, **call: Any) -> Topology:
    """An event, a command and a query that carry and answer the same fields."""
    body = _model("Thing", FIELDS if fields is None else fields)
    asked = _model("Asked", FIELDS if fields is None else fields)
    spec = CallSpec("intake", "do-thing", 1, body, body, frozenset({Role.LEAD, Role.LEADER}), ("busy", "closed"))
    return Topology(
        (EventSpec("intake", "thing", "done", 1, body),),
        (replace(spec, **call), CallSpec("intake", "thing", 1, asked, Row, spec.roles, changes=False)),
        (StreamSpec("intake"),),
        (),
    )


def _model(name: str, fields: dict[str, Any]) -> type[BaseModel]:
    given: dict[str, Any] = {key: value if isinstance(value, tuple) else (value, ...) for key, value in fields.items()}
    return create_model(name, __base__=Message, **given)


def compare(after: Topology, retired: Iterable[str] = ()) -> list[Change]:
    return changes(schemas(language()), schemas(after), tuple(retired))


def kinds(found: list[Change], message: str) -> set[tuple[str, str]]:
    return {(str(change.what), change.field) for change in found if change.message == message and change.breaks}


def _case(value: Any) -> str | None:
    """Names for parameters: fields and kinds; types are only numbered."""
    return str(value) if isinstance(value, str) else "-"


EVENT, COMMAND, REPLY, QUERY = (
    "intake.thing.done.v1",
    "intake.do-thing.v1",
    "intake.do-thing.v1.reply",
    "intake.thing.v1",
)
EVERYWHERE = {EVENT: "data", COMMAND: "data", REPLY: "result", QUERY: "data"}


def test_nothing_changed() -> None:
    assert compare(language()) == []


@pytest.mark.parametrize(
    ("field", "now", "what", "place"),
    [
        ("unit", None, What.FIELD_REMOVED, "unit"),
        ("new", str, What.MADE_REQUIRED, "new"),
        ("limit", int, What.MADE_REQUIRED, "limit"),
        ("unit", Annotated[str, Field(pattern=r"^9\d{4}$")], What.NARROWED, "unit"),
        ("id", Annotated[str, Field(min_length=36)], What.RETYPED, "id"),
        ("count", (int, Field(ge=1, le=100)), What.NARROWED, "count"),
        ("count", (int, Field(gt=0, le=100)), What.NARROWED, "count"),
        ("count", (int, Field(ge=0, le=99)), What.NARROWED, "count"),
        ("count", (int, Field(ge=0, lt=100)), What.NARROWED, "count"),
        ("count", (str, Field()), What.RETYPED, "count"),
        ("count", (float, Field(ge=0, le=100)), What.RETYPED, "count"),
        ("note", (str | None, Field(default=None, max_length=49)), What.NARROWED, "note"),
        ("note", (str, Field(default="", max_length=50)), What.NARROWED, "note"),
        ("note", (Literal["a"] | None, None), What.NARROWED, "note"),
        ("channel", FewerChannels, What.ENUM_VALUE_REMOVED, "channel"),
        ("at", str, What.RETYPED, "at"),
        ("rows", (list[Row], Field(max_length=9)), What.NARROWED, "rows"),
        ("rows", (list[Row], Field(min_length=1, max_length=10)), What.NARROWED, "rows"),
        ("rows", (list[StricterRow], Field(max_length=10)), What.NARROWED, "rows[].line"),
        ("rows", (list[str], Field(max_length=10)), What.RETYPED, "rows[]"),
        ("by_unit", (dict[str, str], Field(default_factory=dict)), What.RETYPED, "by_unit{}"),
        ("by_unit", (dict[str, Annotated[int, Field(ge=0)]], Field(default_factory=dict)), What.NARROWED, "by_unit{}"),
        ("by_unit", (dict[Annotated[str, Field(max_length=5)], int], Field(default_factory=dict)), What.NARROWED, None),
        ("either", int, What.NARROWED, "either"),
        ("either", str, What.NARROWED, "either"),
        ("either", bool | Code, What.RETYPED, "either"),
    ],
    ids=_case,
)
def test_breaks_in_every_kind_of_message(field: str, now: Any, what: What, place: str | None) -> None:
    fields = {key: value for key, value in (FIELDS | {field: now}).items() if value is not None}
    found = compare(language(fields))
    for message, prefix in EVERYWHERE.items():
        told = kinds(found, message)
        assert what in {kind for kind, _ in told}, message
        if place is not None:
            assert (what, f"{prefix}.{place}") in told


@pytest.mark.parametrize(
    ("field", "now", "what"),
    [
        ("unit", (Code, "31570"), What.MADE_OPTIONAL),
        ("either", int | Code | bool, What.RETYPED),
        ("count", (Any, ...), What.RETYPED),
    ],
    ids=_case,
)
def test_breaks_for_readers_of_events_and_replies_only(field: str, now: Any, what: What) -> None:
    found = compare(language(FIELDS | {field: now}))
    assert kinds(found, EVENT) == {(what, f"data.{field}")}
    assert kinds(found, REPLY) == {(what, f"result.{field}")}
    assert not kinds(found, COMMAND) | kinds(found, QUERY)


@pytest.mark.parametrize(
    ("field", "now", "noted"),
    [
        ("new", (str | None, None), None),
        ("new", (list[Row], Field(default_factory=list, description="rows")), None),
        ("unit", Annotated[Code, Field(description="in other words")], None),
        ("channel", MoreChannels, What.ENUM_VALUE_ADDED),
        ("count", (int, Field(ge=-1, le=101)), What.WIDENED),
        ("unit", str, What.WIDENED),
        ("note", (str | None, None), What.WIDENED),
        ("rows", (list[Row], Field(max_length=11)), What.WIDENED),
        ("limit", (int, 200), What.DEFAULT_CHANGED),
    ],
    ids=_case,
)
def test_additions_pass(field: str, now: Any, noted: What | None) -> None:
    found = compare(language(FIELDS | {field: now}))
    assert not [change for change in found if change.breaks]
    assert {change.what for change in found if change.message == EVENT} == ({noted} if noted else set())
    calls = {change.what for change in found if change.message in {COMMAND, QUERY}}
    assert calls == ({noted} if noted is What.DEFAULT_CHANGED else set())


def test_a_break_is_named_with_place_before_and_after() -> None:
    found = compare(language({key: value for key, value in FIELDS.items() if key != "id"}))
    assert Change(What.FIELD_REMOVED, EVENT, "data.id", "string (uuid)", "–") in found
    found = compare(language(FIELDS | {"note": (str | None, Field(default=None, max_length=20))}))
    assert Change(What.NARROWED, COMMAND, "data.note", "maxLength 50", "maxLength 20") in found
    found = compare(language(FIELDS | {"channel": FewerChannels}))
    assert Change(What.ENUM_VALUE_REMOVED, REPLY, "result.channel", '"online"', '"direct"') in found
    found = compare(language(FIELDS | {"rows": list[int]}))
    assert Change(What.RETYPED, EVENT, "data.rows[]", "Row", "integer") in found


def test_an_event_removed_moved_or_replaced() -> None:
    before = language()
    assert compare(replace(before, events=())) == [
        Change(What.EVENT_REMOVED, EVENT, "", f"evt.{EVENT}.{{province}}", "–")
    ]
    assert compare(replace(before, events=()), retired=[EVENT]) == []
    renamed = replace(before, events=(replace(before.events[0], fact="finished"),))
    assert compare(renamed) == [
        Change(What.SUBJECT_CHANGED, EVENT, "", f"evt.{EVENT}.{{province}}", "evt.intake.thing.finished.v1.{province}")
    ]
    beside = replace(before, events=(*before.events, replace(before.events[0], version=2)))
    assert compare(beside) == []
    instead = replace(before, events=(replace(before.events[0], version=2),))
    assert [change.what for change in compare(instead)] == [What.SUBJECT_CHANGED]


def test_a_call_removed_turned_or_restricted() -> None:
    query = replace(language(), calls=language().calls[1:])
    assert compare(query) == [Change(What.CALL_REMOVED, COMMAND, "", f"cmd.{COMMAND}", "–")]
    assert compare(query, retired=[COMMAND]) == []
    assert Change(What.SUBJECT_CHANGED, COMMAND, "", f"cmd.{COMMAND}", f"qry.{COMMAND}") in compare(
        language(changes=False)
    )
    assert compare(language(roles=frozenset({Role.LEAD}))) == [Change(What.ROLE_REMOVED, COMMAND, "", "leader", "–")]
    assert compare(language(refusals=("busy",))) == [Change(What.REFUSAL_REMOVED, COMMAND, "", "closed", "–")]
    assert compare(language(roles=frozenset(Role), refusals=("busy", "closed", "full"))) == []


def test_a_model_that_contains_itself_is_compared_once() -> None:
    found = compare(language(FIELDS | {"tree": (Bough | None, None)}))
    assert kinds(found, EVENT) == {("retyped", "data.tree.name")}
