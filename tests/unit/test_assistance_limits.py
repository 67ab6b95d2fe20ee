"""The limits of assistance are data; what cannot be meant is told with its place."""

from importlib.resources import files
from pathlib import Path

import pytest

from contracts.intake.counter import Series
from services.chassis.errors import Misconfigured
from services.intake.domain.limits import parse
from services.intake.limits import limits

SHIPPED = (files("services.intake") / "data" / "assistance.toml").read_text(encoding="utf-8")


def test_what_is_shipped_says_where_it_comes_from() -> None:
    found = limits()
    parts = (found.visits, found.queue, found.ratings, found.complaints)
    assert {part.source for part in parts} == {"inferred"}
    assert found.queue.of("31570").limit(Series.PRIORITY).total_seconds() == 15 * 60
    assert found.queue.of("31570").limit(Series.ORDINARY).total_seconds() == 30 * 60


def test_a_unit_may_differ(tmp_path: Path) -> None:
    own = tmp_path / "limits.toml"
    own.write_text(SHIPPED + "\n[queue.units.31570]\nordinary_limit = 45\nreserved_counters = [1, 3]\n")
    queue = limits(own).queue
    assert (queue.of("31570").ordinary_limit, queue.of("31570").reserved_counters) == (45, frozenset({1, 3}))
    assert (queue.of("31571").ordinary_limit, queue.of("31571").reserved_counters) == (30, frozenset())


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("head_start = 60", "head_start = 0", "queue.head_start"),
        ("head_start = 60", "head_stat = 60", "queue.head_start"),
        ("days_back = 7", 'days_back = "x"', "visits.days_back"),
        ("reserved_counters = []", "reserved_counters = [100]", "queue.reserved_counters"),
    ],
)
def test_a_mistake_is_told_with_its_place(before: str, after: str, place: str) -> None:
    with pytest.raises(ValueError, match=place):
        parse(SHIPPED.replace(before, after))


@pytest.mark.parametrize("unit", ["[queue.units.315]\nordinary_limit = 45", "[queue.units.31570]\nordinary = 45"])
def test_a_mistake_in_a_unit_is_told(unit: str) -> None:
    with pytest.raises(ValueError, match=r"queue|ordinary"):
        parse(f"{SHIPPED}\n{unit}\n")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"none\.toml"):
        limits(tmp_path / "none.toml")
