"""Units through time: renamed, merged, split; history stays under the old code."""

from datetime import date, datetime

import pytest

from contracts.intake.catalogue import ReferenceKind
from contracts.intake.vocabulary import Channel
from contracts.refusals import Refused
from services.chassis.ids import uuid7
from services.intake.domain import units
from services.intake.domain.units import Units
from services.intake.reference import Reference, check_alone, shipped
from services.worktime.clock import ZONE

HEADER = "code,name,kind,province,valid_from,valid_to,successor\n"
PROVINCE = "01,Tỉnh A,province,01,2025-07-01,,\n"
STORY = (
    HEADER
    + PROVINCE
    + "00001,Xã Một,commune,01,2025-07-01,2025-12-31,00003\n"
    + "00002,Xã Hai,commune,01,2025-07-01,2025-12-31,00003\n"
    + "00003,Xã Ba,commune,01,2025-07-01,2026-05-31,\n"
    + "00003,Phường Ba Mới,ward,01,2026-06-01,2026-12-31,00004;00005\n"
    + "00004,Xã Bốn,commune,01,2027-01-01,,\n"
    + "00005,Xã Năm,commune,01,2027-01-01,,\n"
)


def codes(found: tuple[units.AdministrativeUnit, ...]) -> list[str]:
    return [unit.code for unit in found]


@pytest.fixture
def register() -> Units:
    return units.parse("units.csv", STORY)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2020, 1, 1), "Xã Ba"),  # before the register begins its first day stands
        (date(2026, 5, 31), "Xã Ba"),
        (date(2026, 6, 1), "Phường Ba Mới"),
        (date(2027, 1, 1), None),
    ],
)
def test_a_renamed_unit_has_the_name_of_the_day(register: Units, day: date, name: str | None) -> None:
    found = register.on("00003", day)
    assert (found.name if found else None) == name


def test_mergers_of_mergers_are_followed_to_who_stands_on_the_day(register: Units) -> None:
    assert codes(register.heirs("00001", date(2026, 7, 1))) == ["00003"]
    assert codes(register.heirs("00001", date(2027, 7, 1))) == ["00004", "00005"]
    assert codes(register.successors("00002")) == ["00003", "00004", "00005"]
    assert codes(register.predecessors("00004")) == ["00003", "00001", "00002"]
    assert codes(register.predecessors("00001")) == []


def test_before_it_begins_a_unit_is_not_there(register: Units) -> None:
    assert register.on("00004", date(2026, 12, 31)) is None


@pytest.mark.parametrize(
    ("rows", "line", "column"),
    [
        ("00001,Xã,commune,01,2025-07-01,,00002\n00002,Xã,commune,01,2025-07-01,,\n", 3, "valid_to"),
        ("00001,Xã,commune,01,2025-07-01,2025-06-01,\n", 3, "valid_to"),
        ("00001,Xã,commune,01,2025-07-01,2025-12-31,00009\n", 3, "successor"),
        ("00001,Xã,commune,01,2025-07-01,2025-12-31,00001\n", 3, "successor"),
        ("00001,Xã,commune,01,2025-07-01,2025-12-31,01\n", 3, "successor"),
        ("00001,Xã,commune,01,2025-07-01,2025-12-31,x\n", 3, "successor"),
        ("00001,Xã,commune,01,2025-07-01,,\n00001,Xã B,commune,01,2026-01-01,,\n", 4, "valid_from"),
        (
            "00001,Xã,commune,01,2025-07-01,2025-12-31,00002\n00002,Xã,commune,01,2025-07-01,2025-12-31,\n",
            3,
            "successor",
        ),
        (
            "00001,X,ward,01,2025-07-01,2025-12-31,00002\n00001,X,ward,01,2026-01-01,,\n00002,X,ward,01,2025-07-01,,\n",
            3,
            "successor",
        ),
    ],
)
def test_what_contradicts_itself_is_told(rows: str, line: int, column: str) -> None:
    faults = check_alone(ReferenceKind.UNITS, HEADER + PROVINCE + rows, "units.csv")
    assert [(fault.line, fault.column) for fault in faults] == [(line, column)]


@pytest.fixture
def reference() -> Reference:
    text = shipped(ReferenceKind.UNITS)
    (row,) = (line for line in text.splitlines() if line.startswith("31570,"))
    ended = row.replace("2025-07-01,,", "2025-07-01,2026-06-30,31569")
    assert "\n31569," in text
    return Reference.of(
        {kind: shipped(kind) for kind in ReferenceKind} | {ReferenceKind.UNITS: text.replace(row, ended)}
    )


def test_a_case_for_a_unit_that_has_ended_is_refused_with_who_took_over(reference: Reference) -> None:
    def receive(month: int) -> None:
        at = datetime(2026, month, 30, 9, tzinfo=ZONE)
        reference.new_case(uuid7(), "31570", "31570", "1.001193", Channel.DIRECT, at)

    receive(6)
    with pytest.raises(Refused) as refused:
        receive(7)
    refusal = refused.value.refusal
    assert (refusal.code, refusal.field, refusal.details) == (
        "unit-not-valid",
        "receiving_unit",
        {"successors": ["31569"]},
    )
    assert "31569 " in refusal.message_vi
