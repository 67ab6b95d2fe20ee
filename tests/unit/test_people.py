"""People's details: one form for the same thing, refusals by field that repeat nothing."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.intake.people import PersonDetails, PersonKind
from contracts.refusals import Refused
from services.intake.domain import people
from services.intake.domain.people import Applicant

TODAY = date(2025, 7, 1)


def told(**fields: Any) -> Applicant:
    return Applicant.told(PersonDetails(**{"full_name": "Nguyễn Văn Ví Dụ"} | fields), TODAY)


@pytest.mark.parametrize(
    ("field", "text", "form"),
    [
        ("full_name", "  Nguyễn   Văn\tVí Dụ ", "Nguyễn Văn Ví Dụ"),
        ("full_name", "Nguye\u0302\u0303n", "Nguyễn"),
        ("id_number", " 079 058 000 001", "079058000001"),
        ("id_number", "123.456.789", "123456789"),
        ("id_number", "０７９０５８０００００１", "079058000001"),
        ("id_number", "0312345678-001", "0312345678001"),
        ("id_number", "b1234567", "B1234567"),
        ("birth_date", "2/9/1958", "1958-09-02"),
        ("birth_date", "1958-09-02", "1958-09-02"),
        ("birth_date", "1958", "1958"),
        ("phone", "+84 912 345 678", "0912345678"),
        ("phone", "0084912345678", "0912345678"),
        ("phone", "0912.345.678", "0912345678"),
        ("phone", "(0292) 3 831 234", "02923831234"),
        ("phone", "+1 202 555 0123", "+12025550123"),
        ("email", " Vi.Du@Example.VN ", "vi.du@example.vn"),
        ("address", "Ấp  3,\nxã Ví Dụ", "Ấp 3, xã Ví Dụ"),
    ],
)
def test_the_same_thing_has_one_form(field: str, text: str, form: str) -> None:
    assert getattr(told(**{field: text}), field) == form


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("full_name", "  "),
        ("full_name", "123"),
        ("id_number", "07905800000"),
        ("id_number", "07905800000A!"),
        ("id_number", "ABCDEFGH"),
        ("birth_date", "31/02/1958"),
        ("birth_date", "2025-07-02"),
        ("birth_date", "2026"),
        ("birth_date", "1700"),
        ("birth_date", "19580902"),
        ("birth_date", "hôm qua"),
        ("phone", "912345678"),
        ("phone", "09123"),
        ("phone", "+0123456789"),
        ("email", "vi.du"),
        ("email", "a@b@c.vn"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_field_and_not_repeated(field: str, text: str) -> None:
    with pytest.raises(Refused) as caught:
        told(**{field: text})
    refusal = caught.value.refusal
    assert (refusal.code, refusal.field) == ("invalid", field)
    if text.strip():
        assert text.strip() not in refusal.message_vi + refusal.message_en + str(refusal.details)


def test_what_is_sealed_is_read_again() -> None:
    full = told(id_number="079058000001", birth_date="1958", phone="0912345678", email="a@b.vn", address="Ấp 3")
    assert Applicant.from_bytes(full.to_bytes()) == full
    bare = told(kind=PersonKind.ORGANISATION)
    assert Applicant.from_bytes(bare.to_bytes()) == bare
    assert Applicant.from_bytes(bare.to_bytes()[:-1] + b', "later": 1}') == bare
    assert full.details() == PersonDetails.model_validate(full.details().model_dump())


@pytest.mark.parametrize("other", ["Nguyễn Thị Hoà", "NGUYỄN THỊ HÒA", "Nguye\u0302\u0303n Thi\u0323 Ho\u0300a"])
def test_a_name_is_found_however_its_tone_is_set(other: str) -> None:
    assert people.name_and_birth(other, "1958") == people.name_and_birth("Nguyễn Thị Hòa", "1958")


@pytest.mark.parametrize("other", ["Nguyễn Thị Hoa", "Nguyễn Thị Hóa", "Nguyễn Hòa Thị"])
def test_another_name_is_another(other: str) -> None:
    assert people.name_and_birth(other, "1958") != people.name_and_birth("Nguyễn Thị Hòa", "1958")


def test_the_newer_counts_where_both_tell_and_neither_takes_anything_away() -> None:
    known = told(phone="0911111111", address="Ấp 1")
    later = told(full_name="NGUYEN VAN VI DU", phone="0922222222", email="a@b.vn")
    new, old = people.merged(known, later, newer=True), people.merged(known, later, newer=False)
    assert (new.full_name, new.phone, new.address, new.email) == ("NGUYEN VAN VI DU", "0922222222", "Ấp 1", "a@b.vn")
    assert (old.full_name, old.phone, old.email) == ("Nguyễn Văn Ví Dụ", "0911111111", "a@b.vn")


def test_another_name_under_a_known_number_is_refused() -> None:
    with pytest.raises(Refused, match="another name") as caught:
        people.merged(told(), told(full_name="Trần Thị Khác"), newer=True)
    assert caught.value.refusal.code == "person-mismatch"
    assert "Trần" not in str(caught.value)


def test_one_searches_in_one_way() -> None:
    assert people.search("079 058 000 001", None, None, None, TODAY) == ("id", "079058000001")
    assert people.search(None, "+84912345678", None, None, TODAY) == ("phone", "0912345678")
    assert people.search(None, None, "Hoà", "1958", TODAY)[0] == "name-birth"


@pytest.mark.parametrize("given_", [(None,) * 4, ("079058000001", "0912345678", None, None), (None, None, "Hòa", None)])
def test_no_way_two_ways_or_half_a_way_to_search_is_refused(given_: list[str | None]) -> None:
    number, phone, name, born = given_
    with pytest.raises(Refused, match="exactly one way"):
        people.search(number, phone, name, born, TODAY)


@given(st.text(max_size=60), st.sampled_from(["full_name", "id_number", "birth_date", "phone", "email"]))
def test_a_form_is_its_own_form_and_all_else_is_refused_by_its_field(text: str, field: str) -> None:
    form, refused = attempt(field, text)
    assert refused in {None, field}
    if form is not None:
        assert attempt(field, form) == (form, None)


def attempt(field: str, text: str) -> tuple[str | None, str | None]:
    """The form of a text, or the field that was refused."""
    try:
        return getattr(told(**{field: text}), field), None
    except Refused as refused:
        return None, refused.refusal.field
