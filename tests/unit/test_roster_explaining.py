"""Why somebody does not work a shift, who could, and why it is short: the rules in the way, named."""

import pytest

from contracts.scheduling.roster import HARD
from services.scheduling.domain.explaining import candidates, why_not, why_short
from tests.support.rosters import plan, problem

WANTED = [{"day": 1, "shift": "d", "minimum": 1, "target": 2, "under_weight": 50}]


def test_a_hard_limit_in_the_way_is_named() -> None:
    asked = problem(people=({"id": "an", "limits": {"max_consecutive": 2}}, "binh"))
    (found,) = why_not(asked, plan(an="d-d"), "an", 1, "d")
    assert [(match.rule, match.amount) for match in found.blocked_by] == [("max_consecutive", 1)]
    assert found.cost_difference == HARD


def test_what_is_possible_but_worse_says_by_how_much() -> None:
    asked = problem(demands=WANTED, requests=[{"person": "an", "day": 1, "kind": "off", "weight": 70}])
    asked = asked.model_copy(update={"demands": (asked.demands[0].model_copy(update={"minimum": 0}),)})
    (found,) = why_not(asked, [], "an", 1)
    assert (found.blocked_by, found.cost_difference) == ((), 20)
    assert [(match.rule, match.cost) for match in found.new] == [("request", 70)]
    assert [(match.rule, match.amount, match.cost) for match in found.mended] == [("under_target", 1, 50)]


def test_somebody_takes_the_place_of_whom_it_costs_least_to_displace() -> None:
    asked = problem(
        people=("an", "binh", "chi"),
        demands=[{"day": 0, "shift": "d", "target": 2, "maximum": 2}],
        requests=[
            {"person": "binh", "day": 0, "kind": "on", "weight": 9},
            {"person": "chi", "day": 0, "kind": "on", "weight": 4},
        ],
    )
    (found,) = why_not(asked, plan(binh="d", chi="d"), "an", 0, "d")
    assert (found.instead_of, found.cost_difference) == ("chi", 4)


def test_shifts_that_do_not_go_together_are_left() -> None:
    asked = problem(shifts=("m", "l"), demands=[{"day": 0, "shift": "m", "target": 1, "under_weight": 3}])
    (found,) = why_not(asked, plan(an="m"), "an", 0)
    assert (found.shift, found.leaves, found.cost_difference) == ("l", ("m",), 3)
    going = problem(shifts=({"id": "m", "minutes": 1, "same_day_with": ["l"]}, "l"))
    (found,) = why_not(going, plan(an="m"), "an", 0)
    assert found.leaves == ()


def test_whoever_works_it_already_needs_no_reason() -> None:
    assert why_not(problem(), plan(an="d"), "an", 0, "d") == []


def test_a_run_that_grows_at_its_beginning_is_one_difference() -> None:
    asked = problem(people=({"id": "an", "limits": {"max_consecutive": 1}},))
    (found,) = why_not(asked, plan(an="--dd"), "an", 1, "d")
    assert [(match.rule, match.amount, match.day) for match in found.new] == [("max_consecutive", 1, 1)]
    assert found.mended == ()


def test_candidates_are_ranked_who_can_first_then_by_cost() -> None:
    asked = problem(
        people=("an", "binh", "chi", "dung"),
        demands=WANTED,
        unavailable=[{"person": "an", "day": 1}],
        requests=[{"person": "binh", "day": 1, "kind": "off", "weight": 20}],
    )
    found = candidates(asked, plan(dung="-d"), 1, "d")
    assert [(each.person, each.cost_difference) for each in found] == [("chi", -50), ("binh", -30), ("an", HARD - 50)]
    assert [bool(each.blocked_by) for each in found] == [False, False, True]


def test_a_short_shift_says_what_it_lacks_and_why_nobody_comes() -> None:
    asked = problem(people=("an", "binh"), demands=WANTED, unavailable=[{"person": "an", "day": 1}])
    lacking, found = why_short(asked, plan(binh="-d"), 1, "d")
    assert [(match.rule, match.amount) for match in lacking] == [("under_target", 1)]
    assert [match.rule for match in found[0].blocked_by] == ["unavailable"]
    assert why_short(asked, plan(an="-d", binh="-d"), 1, "d") == ([], [])


def test_trying_leaves_the_roster_as_it_is() -> None:
    asked = problem(shifts=("m", "l"), people=("an", "binh"), demands=[{"day": 0, "shift": "m", "target": 1}])
    roster = plan(an="m", binh="l")
    assert candidates(asked, roster, 0, "l") == candidates(asked, roster, 0, "l")
    assert roster == plan(an="m", binh="l")


@pytest.mark.parametrize(
    ("person", "day", "shift", "told"),
    [("x", 0, None, "không có người “x”"), ("an", 7, None, "ngày 7 ngoài"), ("an", 0, "x", "không có ca “x”")],
)
def test_names_that_there_are_none_of_are_refused(person: str, day: int, shift: str | None, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        why_not(problem(), [], person, day, shift)
