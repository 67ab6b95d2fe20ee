"""The judge, rule by rule: each is broken once, and what is found is exactly that, with its amount and cost."""

from typing import Any

import pytest
from pydantic import ValidationError

from contracts.scheduling.roster import HARD, Assignment, RosterProblem
from services.scheduling.domain.evaluation import hard_units, matches, score, solution
from tests.support.rosters import plan, problem

TWO = ("m", "l")
PAIR = ("an", "binh")
LEAD = {"id": "an", "skills": ["lead"]}
MINOR = {"id": "binh", "minor": True}
GOING = ({"id": "m", "minutes": 240, "same_day_with": ["l"]}, {"id": "l", "minutes": 240})
FORBIDDING = ({"id": "m", "minutes": 480}, {"id": "l", "minutes": 480, "not_followed_by": ["m"]})


def limited(weights: dict[str, int] | None = None, **limits: Any) -> tuple[dict[str, Any], ...]:
    history: dict[str, Any] = {name: limits.pop(name) for name in ("worked_before", "last_shift") if name in limits}
    return ({"id": "an", "limits": {**limits, "weights": weights or {}}, **history},)


def told(asked: RosterProblem, **roster: str) -> list[dict[str, Any]]:
    return [each.model_dump(mode="json", exclude_none=True) for each in matches(asked, plan(**roster))]


CASES: dict[str, tuple[RosterProblem, dict[str, str], list[dict[str, Any]]]] = {
    "a day unavailable": (
        problem(unavailable=[{"person": "an", "day": 1}]),
        {"an": "-d"},
        [{"rule": "unavailable", "hard": True, "amount": 1, "cost": HARD, "person": "an", "day": 1, "shift": "d"}],
    ),
    "a shift unavailable, softly": (
        problem(shifts=TWO, unavailable=[{"person": "an", "day": 1, "shift": "l", "weight": 7}]),
        {"an": "ml"},
        [{"rule": "unavailable", "hard": False, "amount": 1, "cost": 7, "person": "an", "day": 1, "shift": "l"}],
    ),
    "the other shift of that day": (
        problem(shifts=TWO, unavailable=[{"person": "an", "day": 1, "shift": "l"}]),
        {"an": "mm"},
        [],
    ),
    "followed by": (
        problem(shifts=FORBIDDING),
        {"an": "-lm"},
        [{"rule": "not_followed_by", "hard": True, "amount": 1, "cost": HARD, "person": "an", "day": 2, "shift": "m"}],
    ),
    "the other way round": (problem(shifts=FORBIDDING), {"an": "-ml"}, []),
    "followed by, from before the horizon": (
        problem(shifts=FORBIDDING, people=limited(last_shift="l")),
        {"an": "m"},
        [{"rule": "not_followed_by", "hard": True, "amount": 1, "cost": HARD, "person": "an", "day": 0, "shift": "m"}],
    ),
    "two shifts on a day": (
        problem(shifts=TWO),
        {"an": "(ml)"},
        [{"rule": "same_day", "hard": True, "amount": 1, "cost": HARD, "person": "an", "day": 0, "shift": "l"}],
    ),
    "two shifts that go together": (problem(shifts=GOING), {"an": "(lm)"}, []),
    "fewer than the minimum": (
        problem(demands=[{"day": 0, "shift": "d", "minimum": 2, "target": 3, "under_weight": 10}], people=PAIR),
        {"an": "d"},
        [
            {"rule": "minimum", "hard": True, "amount": 1, "cost": HARD, "day": 0, "shift": "d"},
            {"rule": "under_target", "hard": False, "amount": 2, "cost": 20, "day": 0, "shift": "d"},
        ],
    ),
    "more than the maximum": (
        problem(demands=[{"day": 0, "shift": "d", "target": 0, "maximum": 1, "over_weight": 3}], people=PAIR),
        {"an": "d", "binh": "d"},
        [
            {"rule": "over_target", "hard": False, "amount": 2, "cost": 6, "day": 0, "shift": "d"},
            {"rule": "maximum", "hard": True, "amount": 1, "cost": HARD, "day": 0, "shift": "d"},
        ],
    ),
    "nobody with the skill": (
        problem(demands=[{"day": 0, "shift": "d", "skill": "lead", "target": 1}], people=(LEAD, "binh")),
        {"binh": "d"},
        [{"rule": "under_target", "hard": False, "amount": 1, "cost": 100, "day": 0, "shift": "d", "skill": "lead"}],
    ),
    "somebody with the skill": (
        problem(
            demands=[{"day": 0, "shift": "d", "skill": "lead", "target": 1}, {"day": 0, "shift": "d", "target": 1}],
            people=(LEAD,),
        ),
        {"an": "d"},
        [],
    ),
    "a wish for a shift": (
        problem(shifts=TWO, requests=[{"person": "an", "day": 0, "shift": "m", "kind": "on", "weight": 4}]),
        {"an": "l"},
        [{"rule": "request", "hard": False, "amount": 1, "cost": 4, "person": "an", "day": 0, "shift": "m"}],
    ),
    "a wish for any shift": (
        problem(shifts=TWO, requests=[{"person": "an", "day": 0, "kind": "on", "weight": 4}]),
        {"an": "l"},
        [],
    ),
    "a wish for a day off, once for two shifts": (
        problem(shifts=GOING, requests=[{"person": "an", "day": 0, "kind": "off", "weight": 4}]),
        {"an": "(ml)"},
        [{"rule": "request", "hard": False, "amount": 1, "cost": 4, "person": "an", "day": 0}],
    ),
    "a pin": (
        problem(pins=[{"person": "an", "day": 2, "shift": "d"}]),
        {"an": "d"},
        [{"rule": "pin", "hard": True, "amount": 1, "cost": HARD, "person": "an", "day": 2, "shift": "d"}],
    ),
    "changes to what was published": (
        problem(published=[{"person": "an", "day": 1, "shift": "d"}], change_weight=5, people=PAIR),
        {"binh": "-d"},
        [
            {"rule": "change", "hard": False, "amount": 1, "cost": 5, "person": "an", "day": 1, "shift": "d"},
            {"rule": "change", "hard": False, "amount": 1, "cost": 5, "person": "binh", "day": 1, "shift": "d"},
        ],
    ),
    "nothing was published": (problem(change_weight=5), {"an": "d"}, []),
    "together": (
        problem(pairings=[{"person": "an", "other": "binh", "kind": "together"}], people=PAIR),
        {"an": "dd", "binh": "d"},
        [
            {
                "rule": "together",
                "hard": True,
                "amount": 1,
                "cost": HARD,
                "person": "an",
                "other": "binh",
                "day": 1,
                "shift": "d",
            }
        ],
    ),
    "apart": (
        problem(pairings=[{"person": "an", "other": "binh", "kind": "apart", "weight": 9}], people=PAIR),
        {"an": "dd", "binh": "d"},
        [
            {
                "rule": "apart",
                "hard": False,
                "amount": 1,
                "cost": 9,
                "person": "an",
                "other": "binh",
                "day": 0,
                "shift": "d",
            }
        ],
    ),
    "a minor with too few adults": (
        problem(adults_with_minors=2, people=("an", MINOR)),
        {"an": "dd", "binh": "d"},
        [{"rule": "adults_with_minors", "hard": True, "amount": 1, "cost": HARD, "day": 0, "shift": "d"}],
    ),
    "above the fair share": (
        problem(
            demands=[{"day": 0, "shift": "d", "target": 2}, {"day": 1, "shift": "d", "target": 1}],
            people=({"id": "an", "carried": 2}, "binh"),
            fairness_weight=3,
        ),
        {"an": "dd", "binh": "d"},
        [{"rule": "fairness", "hard": False, "amount": 1, "cost": 3, "person": "an"}],
    ),
    "too few minutes, in started hours": (
        problem(people=limited(min_minutes=541)),
        {"an": "d"},
        [{"rule": "min_minutes", "hard": True, "amount": 61, "cost": 2 * HARD, "person": "an"}],
    ),
    "too many minutes, softly": (
        problem(people=limited({"max_minutes": 10}, max_minutes=900)),
        {"an": "dd"},
        [{"rule": "max_minutes", "hard": False, "amount": 60, "cost": 10, "person": "an"}],
    ),
    "too many of a shift": (
        problem(shifts=TWO, people=limited(max_shifts={"l": 1})),
        {"an": "lml"},
        [{"rule": "max_shifts", "hard": True, "amount": 1, "cost": HARD, "person": "an", "shift": "l"}],
    ),
    "too many in a week": (
        problem(14, people=limited({"max_per_week": 6}, max_per_week=2)),
        {"an": "d----ddd---d--"},
        [{"rule": "max_per_week", "hard": False, "amount": 1, "cost": 6, "person": "an", "day": 0}],
    ),
    "too many days in a row": (
        problem(people=limited(max_consecutive=2)),
        {"an": "-dddd"},
        [{"rule": "max_consecutive", "hard": True, "amount": 2, "cost": 2 * HARD, "person": "an", "day": 1}],
    ),
    "days before the horizon count": (
        problem(people=limited(max_consecutive=3, worked_before=3)),
        {"an": "d-ddd"},
        [{"rule": "max_consecutive", "hard": True, "amount": 1, "cost": HARD, "person": "an", "day": 0}],
    ),
    "days before the horizon that were too many themselves": (
        problem(people=limited(max_consecutive=3, worked_before=9)),
        {"an": "d-ddd"},
        [{"rule": "max_consecutive", "hard": True, "amount": 1, "cost": HARD, "person": "an", "day": 0}],
    ),
    "too few days in a row": (
        problem(people=limited(min_consecutive=3)),
        {"an": "--dd---"},
        [{"rule": "min_consecutive", "hard": True, "amount": 1, "cost": HARD, "person": "an", "day": 2}],
    ),
    "never too few at the edges": (problem(people=limited(min_consecutive=3)), {"an": "dd----d"}, []),
    "too few days off in a row": (
        problem(people=limited({"min_consecutive_off": 8}, min_consecutive_off=3)),
        {"an": "-d-dddd"},
        [{"rule": "min_consecutive_off", "hard": False, "amount": 2, "cost": 16, "person": "an", "day": 2}],
    ),
    "too many weekends": (
        problem(21, people=limited(max_weekends=1)),
        {"an": "-----d-------d------"},
        [{"rule": "max_weekends", "hard": True, "amount": 1, "cost": HARD, "person": "an"}],
    ),
    "one weekend of two days": (problem(people=limited(max_weekends=1)), {"an": "-----dd"}, []),
}


@pytest.mark.parametrize("case", CASES)
def test_each_rule_broken_once_is_exactly_that(case: str) -> None:
    asked, roster, expected = CASES[case]
    assert told(asked, **roster) == expected


def test_weeks_and_weekends_go_by_the_calendar_not_by_the_horizon() -> None:
    sunday = problem(9, people=limited(max_per_week=2, max_weekends=1), start="2026-03-01")
    assert [(each["rule"], each.get("day")) for each in told(sunday, an="d-----d-d")] == [("max_weekends", None)]
    assert [(each["rule"], each.get("day")) for each in told(sunday, an="-ddd----")] == [("max_per_week", 1)]


def test_a_weight_of_nothing_makes_no_match() -> None:
    asked = problem(people=limited({"max_per_week": 0}, max_per_week=0), change_weight=0)
    assert told(asked, an="ddd") == []


def test_a_solution_is_costed_and_says_whether_it_is_proven() -> None:
    asked, roster, _ = CASES["fewer than the minimum"]
    found = solution(asked, plan(**roster), HARD + 20, 1.5, 7)
    assert (found.cost, found.hard, found.gap, found.status) == (HARD + 20, 1, 0.0, "optimal")
    assert found.score == {"minimum": HARD, "under_target": 20} == score(found.matches)
    assert hard_units(found.matches) == 1
    loose = solution(asked, plan(**roster), 20, 1.5, 7)
    assert loose.status == "feasible"
    assert loose.gap == HARD / (HARD + 20)


def test_a_roster_that_costs_nothing_has_no_gap() -> None:
    found = solution(problem(), plan(an="d"), 0, 0.0, 0)
    assert (found.cost, found.gap, found.status) == (0, 0.0, "optimal")


@pytest.mark.parametrize(
    ("assignments", "place"),
    [
        ([Assignment(person="x", day=0, shift="d")], "assignments.0.person: không có người “x”"),
        ([*plan(an="d"), Assignment(person="an", day=1, shift="x")], "assignments.1.shift: không có ca “x”"),
        ([Assignment(person="an", day=7, shift="d")], "assignments.0.day: 7 ngoài kỳ"),
        ([*plan(an="d"), *plan(an="d")], "assignments.1: xuất hiện hai lần"),
    ],
)
def test_what_the_problem_knows_nothing_of_is_refused(assignments: list[Assignment], place: str) -> None:
    with pytest.raises(ValueError, match=place):
        matches(problem(), assignments)


def test_what_is_pinned_or_published_stands_once() -> None:
    twice = plan(an="d")
    for name in ("pins", "published"):
        with pytest.raises(ValidationError, match=rf"{name}\.1: “an, day 0, d” xuất hiện hai lần"):
            RosterProblem.model_validate({**problem().model_dump(), name: [*twice, *twice]})


def test_the_problem_names_the_place_of_a_fault() -> None:
    with pytest.raises(ValidationError, match=r"requests\.0\.shift: không có “x” / there is no shift"):
        problem(requests=[{"person": "an", "day": 0, "shift": "x", "kind": "on", "weight": 1}])
