"""No personal data in events; masked wherever a call is shown."""

from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import pytest
from pydantic import BaseModel, Field

from contracts.envelope import Event, Message
from contracts.personal import MASK, PERSONAL, Personal, PersonalMarker, is_personal, masked, personal_fields
from contracts.topology import TOPOLOGY, EventSpec
from services.chassis.outbox import event_class

Inner = TypeVar("Inner", bound=BaseModel)

ABOUT_PEOPLE = {"full_name", "citizen_name", "phone", "email", "date_of_birth", "home_address", "identity_number"}
"""Names that say what they hold, should somebody forget the mark."""


class Contact(Message):
    kind: str
    phone: Personal[str]


class Visit(Message):
    note: Personal[str] | None = None
    witnesses: list[Personal[str]] = Field(default_factory=list)
    seen_by: dict[str, Personal[str]] = Field(default_factory=dict)
    contact: Contact | None = None
    others: list[Contact] = Field(default_factory=list)
    by_role: dict[str, tuple[Contact, ...]] = Field(default_factory=dict)
    place: str = "31570"


class Parent(Message):
    child: "Parent | None" = None
    visit: Annotated[Visit, Field(description="the visit")] | int = 0


class Wrapped(Message, Generic[Inner]):
    inner: Inner


def test_no_event_carries_personal_data() -> None:
    found = {spec.name: list(personal_fields(event_class(spec.data))) for spec in TOPOLOGY.events}
    assert {name: paths for name, paths in found.items() if paths} == {}


@pytest.mark.parametrize("spec", TOPOLOGY.events, ids=lambda spec: spec.name)
def test_no_field_of_an_event_is_named_like_personal_data(spec: EventSpec) -> None:
    assert not _names(spec.data.model_json_schema()) & ABOUT_PEOPLE


def test_an_event_with_personal_data_is_found_at_any_depth() -> None:
    assert list(personal_fields(Event[Contact])) == ["data.phone"]
    assert list(personal_fields(Wrapped[Visit])) == [
        "inner.note",
        "inner.witnesses",
        "inner.seen_by",
        "inner.contact.phone",
        "inner.others.phone",
        "inner.by_role.phone",
    ]
    assert "visit.note" in list(personal_fields(Parent))


def test_a_mark_inside_a_union_a_list_or_a_dict_counts() -> None:
    personal = {name for name, field in Visit.model_fields.items() if is_personal(field)}
    assert personal == {"note", "witnesses", "seen_by"}
    assert PersonalMarker() == PERSONAL


def test_masked_hides_what_is_personal_and_nothing_else() -> None:
    contact = Contact(kind="neighbour", phone="0900000000")
    visit = Visit(
        note="gặp ở nhà",
        witnesses=["Nguyễn Văn Ví Dụ"],
        contact=contact,
        others=[contact],
        by_role={"lead": (contact,)},
    )
    shown = {"kind": "neighbour", "phone": MASK}
    assert masked(Wrapped[Visit](inner=visit)) == {
        "inner": {
            "note": MASK,
            "witnesses": MASK,
            "seen_by": MASK,
            "contact": shown,
            "others": [shown],
            "by_role": {"lead": [shown]},
            "place": "31570",
        }
    }
    assert masked(Visit())["note"] is None
    assert "0900000000" not in repr(masked(visit))


def test_masked_leaves_other_values_as_they_are() -> None:
    class Plain(Message):
        id: UUID
        codes: frozenset[str]

    value = UUID(int=1)
    assert masked(Plain(id=value, codes=frozenset({"a"}))) == {"id": value, "codes": ["a"]}


def test_the_json_schema_tells_what_is_personal() -> None:
    assert Contact.model_json_schema()["properties"]["phone"]["x-personal"] is True


def _names(schema: Any) -> set[str]:
    """Every property name in a JSON Schema."""
    if isinstance(schema, list):
        return {name for item in schema for name in _names(item)}
    if isinstance(schema, dict):
        own = set(schema.get("properties", {})) if isinstance(schema.get("properties"), dict) else set()
        return own.union(*(_names(item) for item in schema.values()))
    return set()
