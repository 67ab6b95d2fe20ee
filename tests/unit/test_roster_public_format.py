"""Public instances as problems, and every fault of a file by its line."""

import pytest

from contracts.scheduling.roster import HARD, RequestKind, RosterProblem
from services.scheduling.domain.evaluation import matches
from services.scheduling.public_format import read
from tests.support.rosters import plan

TEXT = """\
# an example of our own
SECTION_HORIZON
7

SECTION_SHIFTS
# id, minutes, may not follow on the next day
E,480,
L,420,E|L

SECTION_STAFF
an,E=5|L=2,2400,960,4,2,2,1
binh,E=7|L=7,3360,0,5,1,1,2

SECTION_DAYS_OFF
an,0,3

SECTION_SHIFT_ON_REQUESTS
binh,2,E,3

SECTION_SHIFT_OFF_REQUESTS
an,4,L,2

SECTION_COVER
0,E,1,100,1
0,L,2,50,0
"""


def test_an_instance_becomes_a_problem() -> None:
    found = read(TEXT, "own")
    assert (found.id, found.days, found.start.weekday()) == ("own", 7, 0)
    assert [(each.id, each.minutes, each.not_followed_by) for each in found.shifts] == [
        ("E", 480, frozenset()),
        ("L", 420, {"E", "L"}),
    ]
    limits = found.people[0].limits
    assert limits.model_dump(exclude={"weights"}) == {
        "max_shifts": {"E": 5, "L": 2},
        "max_minutes": 2400,
        "min_minutes": 960,
        "max_per_week": None,
        "max_consecutive": 4,
        "min_consecutive": 2,
        "min_consecutive_off": 2,
        "max_weekends": 1,
    }
    assert limits.weights == {}
    assert [(each.person, each.day, each.weight) for each in found.unavailable] == [("an", 0, None), ("an", 3, None)]
    assert [(each.kind, each.person, each.day, each.shift, each.weight) for each in found.requests] == [
        (RequestKind.ON, "binh", 2, "E", 3),
        (RequestKind.OFF, "an", 4, "L", 2),
    ]
    first, second = found.demands
    assert (first.minimum, first.target, first.maximum, first.under_weight, first.over_weight) == (0, 1, None, 100, 1)
    assert (second.day, second.shift, second.target, second.under_weight, second.over_weight) == (0, "L", 2, 50, 0)


def test_its_json_is_the_same_problem() -> None:
    found = read(TEXT, "own")
    assert RosterProblem.model_validate_json(found.model_dump_json(exclude_unset=True)) == found


def test_a_roster_of_it_costs_what_the_rules_say_by_hand() -> None:
    found = matches(read(TEXT, "own"), plan(an="-EE-EE-", binh="E-E----"))
    assert sum(match.cost for match in found) == 100 + HARD  # day 0: two L lack; one day off between days 2 and 4
    assert {match.rule for match in found} == {"under_target", "min_consecutive_off"}


def test_the_order_of_sections_and_windows_line_ends_do_not_matter() -> None:
    head, cover = TEXT.split("SECTION_COVER")
    turned = f"\ufeffSECTION_COVER{cover}{head}".replace("\n", "\r\n")
    assert read(turned, "own") == read(TEXT, "own")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("\n7\n", "\nseven\n", "line 3: “seven” không phải số nguyên"),
        ("\n7\n", "\n0\n", "line 3: 0 ngày"),
        ("\n7\n", "\n7\n8\n", "line 4: số ngày xuất hiện hai lần"),
        ("L,420,E|L", "L,420,E|X", "line 8: không có ca “X”"),
        ("L,420,E|L", "L,2000,E", "line 8: minutes: "),
        ("L,420,E|L", "E,420,", "line 8: “E” xuất hiện hai lần"),
        ("L,420,E|L", "L", "line 8: cần 2-3 cột, có 1"),
        ("E=5|L=2", "E5", "line 11: “E5”: cần dạng CA=SỐ"),
        ("2400,960,4,2,2,1", "2400,960,4,2,2", "line 11: cần 8 cột, có 7"),
        ("2400,960,4,2,2,1", "2400,-1,4,2,2,1", "line 11: “-1” không phải số nguyên"),
        ("2400,960,4,2,2,1", "2400,960,0,2,2,1", "line 11: max_consecutive: "),
        ("an,0,3", "an,0,7", "line 15: ngày 7 ngoài kỳ 7 ngày"),
        ("an,0,3", "an", "line 15: cần mã người và ngày"),
        ("binh,2,E,3", "chi,2,E,3", "line 18: không có người “chi”"),
        ("binh,2,E,3", "binh,2,E,99999", "line 18: weight: "),
        ("0,L,2,50,0", "0,E,2,50,0", "line 25: ngày 0, ca E xuất hiện hai lần"),
        ("SECTION_COVER", "SECTION_COVERS", "line 23: không có phần “SECTION_COVERS”"),
        ("SECTION_COVER", "SECTION_STAFF", "line 23: phần “SECTION_STAFF” xuất hiện hai lần"),
        ("# an example", "an example", "line 1: dòng trước phần đầu tiên"),
        ("0,E,1,100,1\n0,L,2,50,0\n", "", "line 23: thiếu phần SECTION_COVER"),
    ],
)
def test_a_fault_is_named_by_its_line(old: str, new: str, told: str) -> None:
    assert old in TEXT
    with pytest.raises(ValueError, match=told.replace("|", r"\|")):
        read(TEXT.replace(old, new, 1), "own")


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(ValueError, match="line 1: thiếu phần SECTION_HORIZON"):
        read("", "own")
