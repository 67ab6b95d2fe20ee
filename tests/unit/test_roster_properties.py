"""The judge against a slow reading of the rules: dates, strings and every pair of everything, and no index."""

import re
from datetime import date, timedelta
from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.scheduling.roster import HARD, Assignment, RosterProblem
from services.scheduling.domain.evaluation import matches
from services.scheduling.domain.explaining import why_not

PEOPLE, SHIFTS, SKILLS = ("an", "binh", "chi"), ("m", "l", "n"), ("lead", "km")
SMALL = st.integers(0, 3)
SOFT = st.none() | st.integers(0, 9)
LIMITS = (
    "min_minutes",
    "max_minutes",
    "max_shifts",
    "max_per_week",
    "max_consecutive",
    "min_consecutive",
    "min_consecutive_off",
    "max_weekends",
)


def some(names: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), unique=True, max_size=2)


@st.composite
def problems(draw: st.DrawFn) -> RosterProblem:
    days = draw(st.integers(1, 15))
    day, person, shift = st.integers(0, days - 1), st.sampled_from(PEOPLE), st.sampled_from(SHIFTS)
    any_shift = st.none() | shift
    cells = draw(st.lists(st.tuples(day, shift, st.none() | st.sampled_from(SKILLS)), unique=True, max_size=8))

    def demand(cell: tuple[int, str, str | None]) -> dict[str, Any]:
        low, middle, high = sorted(draw(st.tuples(SMALL, SMALL, SMALL)))
        most = draw(st.sampled_from([None, high]))
        under, over = draw(SMALL), draw(SMALL)
        words = ("day", "shift", "skill")
        numbers = {"minimum": low, "target": middle, "maximum": most, "under_weight": under, "over_weight": over}
        return {**dict(zip(words, cell, strict=True)), **numbers}

    def somebody(id: str) -> dict[str, Any]:
        limits = {
            "min_minutes": draw(st.none() | st.integers(0, 3000)),
            "max_minutes": draw(st.none() | st.integers(0, 3000)),
            "max_shifts": draw(st.dictionaries(shift, SMALL)),
            "max_per_week": draw(st.none() | SMALL),
            "max_consecutive": draw(st.none() | st.integers(1, 3)),
            "min_consecutive": draw(st.integers(1, 3)),
            "min_consecutive_off": draw(st.integers(1, 3)),
            "max_weekends": draw(st.none() | SMALL),
            "weights": draw(st.dictionaries(st.sampled_from(LIMITS), st.integers(0, 9))),
        }
        return {
            "id": id,
            "skills": draw(some(SKILLS)),
            "minor": draw(st.booleans()),
            "limits": limits,
            "carried": draw(SMALL),
            "worked_before": draw(st.integers(0, 5)),
            "last_shift": draw(any_shift),
        }

    def listed(**fields: st.SearchStrategy[Any]) -> list[dict[str, Any]]:
        return draw(st.lists(st.fixed_dictionaries(fields), max_size=4))

    def assigned() -> list[dict[str, Any]]:
        chosen = draw(st.lists(st.tuples(person, day, shift), max_size=6, unique=True))
        return [dict(zip(("person", "day", "shift"), each, strict=True)) for each in chosen]

    return RosterProblem.model_validate(
        {
            "id": "any",
            "start": draw(st.dates(date(2026, 1, 1), date(2026, 1, 14))),
            "days": days,
            "shifts": [
                {
                    "id": each,
                    "minutes": draw(st.integers(1, 600)),
                    "not_followed_by": draw(some(SHIFTS)),
                    "same_day_with": draw(some(SHIFTS)),
                }
                for each in SHIFTS
            ],
            "people": [somebody(each) for each in PEOPLE],
            "demands": [demand(cell) for cell in cells],
            "unavailable": listed(person=person, day=day, shift=any_shift, weight=SOFT),
            "requests": listed(
                person=person, day=day, shift=any_shift, kind=st.sampled_from(["on", "off"]), weight=SMALL
            ),
            "pins": assigned(),
            "published": assigned(),
            "change_weight": draw(SMALL),
            "pairings": listed(person=person, other=person, kind=st.sampled_from(["together", "apart"]), weight=SOFT),
            "adults_with_minors": draw(SMALL),
            "fairness_weight": draw(SMALL),
        }
    )


@st.composite
def rosters(draw: st.DrawFn) -> tuple[RosterProblem, list[Assignment]]:
    asked = draw(problems())
    cells = [(person, day, shift) for person in PEOPLE for day in range(asked.days) for shift in SHIFTS]
    chosen = draw(st.lists(st.sampled_from(cells), unique=True, max_size=40))
    return asked, [Assignment(person=person, day=day, shift=shift) for person, day, shift in chosen]


def price(weight: int | None) -> int:
    return HARD if weight is None else weight


def slow_cost(asked: RosterProblem, assignments: list[Assignment]) -> int:
    """What a roster costs, read from the schema's words with nothing but loops over all of it."""
    on = {(each.person, each.day, each.shift) for each in assignments}
    days = range(asked.days)
    total = 0
    for away in asked.unavailable:
        total += price(away.weight) * sum(
            (away.person, away.day, shift) in on for shift in SHIFTS if away.shift in (None, shift)
        )
    for wish in asked.requests:
        works = any((wish.person, wish.day, shift) in on for shift in SHIFTS if wish.shift in (None, shift))
        total += wish.weight * (works == (wish.kind == "off"))
    total += HARD * len({(pin.person, pin.day, pin.shift) for pin in asked.pins} - on)
    if asked.published:
        total += asked.change_weight * len({(each.person, each.day, each.shift) for each in asked.published} ^ on)
    for demand in asked.demands:
        present = sum(
            (person.id, demand.day, demand.shift) in on
            for person in asked.people
            if demand.skill is None or demand.skill in person.skills
        )
        total += HARD * max(0, demand.minimum - present) + demand.under_weight * max(0, demand.target - present)
        total += demand.over_weight * max(0, present - demand.target)
        total += HARD * max(0, present - (999 if demand.maximum is None else demand.maximum))
    for day in days:
        for shift in SHIFTS:
            here = [person for person in asked.people if (person.id, day, shift) in on]
            if any(person.minor for person in here):
                total += HARD * max(0, asked.adults_with_minors - sum(not person.minor for person in here))
    for pair in asked.pairings:
        for day in days:
            for shift in SHIFTS:
                one, other = (pair.person, day, shift) in on, (pair.other, day, shift) in on
                total += price(pair.weight) * ((one and other) if pair.kind == "apart" else (one != other))
    return total + sum(slow_personal(asked, on, number) for number in range(len(PEOPLE)))


def slow_personal(asked: RosterProblem, on: set[tuple[str, int, str]], number: int) -> int:
    person, days = asked.people[number], range(asked.days)
    limits, total = person.limits, 0
    mine = [{shift for shift in SHIFTS if (person.id, day, shift) in on} for day in days]
    rules = {shift.id: shift for shift in asked.shifts}
    for shifts in mine:
        for one, other in combinations(sorted(shifts), 2):
            total += HARD * (other not in rules[one].same_day_with and one not in rules[other].same_day_with)
    before = [{person.last_shift} if person.last_shift else set(), *mine]
    for yesterday, today in zip(before, mine, strict=False):
        total += HARD * sum(shift in rules[earlier].not_followed_by for earlier in yesterday for shift in today)

    def pay(name: Any, units: int) -> int:
        return max(0, units) * limits.weights.get(name, HARD)

    minutes = sum(rules[shift].minutes for shifts in mine for shift in shifts)
    hours_less = next(n for n in range(99) if minutes + 60 * n >= (limits.min_minutes or 0))
    hours_more = next(n for n in range(99) if limits.max_minutes is None or minutes - 60 * n <= limits.max_minutes)
    total += pay("min_minutes", hours_less) + pay("max_minutes", hours_more)
    for shift, most in limits.max_shifts.items():
        total += pay("max_shifts", sum(shift in shifts for shifts in mine) - most)
    dates = [asked.start + timedelta(days=day) for day in days]
    weeks = {when.isocalendar()[:2] for when in dates}
    for week in weeks:
        shifts_in = sum(len(mine[day]) for day in days if dates[day].isocalendar()[:2] == week)
        total += pay("max_per_week", shifts_in - (999 if limits.max_per_week is None else limits.max_per_week))
    weekends = sum(
        any(mine[day] for day in days if dates[day].isocalendar()[:2] == week and dates[day].isoweekday() > 5)
        for week in weeks
    )
    total += pay("max_weekends", weekends - (999 if limits.max_weekends is None else limits.max_weekends))
    text = "".join("x" if shifts else "." for shifts in mine)
    for run in re.finditer(r"(?<=\.)x+(?=\.)", text):
        total += pay("min_consecutive", limits.min_consecutive - len(run[0]))
    for run in re.finditer(r"(?<=x)\.+(?=x)", text):
        total += pay("min_consecutive_off", limits.min_consecutive_off - len(run[0]))
    row = person.worked_before
    for letter in text:  # each day on which the row is longer than it may be
        row = row + 1 if letter == "x" else 0
        total += pay("max_consecutive", row > (999 if limits.max_consecutive is None else limits.max_consecutive))
    wanted = sum(demand.target for demand in asked.demands if demand.skill is None)
    carried = sum(each.carried for each in asked.people)
    fair = next(n for n in range(999) if n * len(PEOPLE) >= wanted + carried)
    above = max(0, person.carried + sum(map(len, mine)) - fair)
    return total + asked.fairness_weight * above * above


@given(rosters())
@settings(max_examples=250, deadline=None)
def test_the_judge_agrees_with_a_slow_reading(case: tuple[RosterProblem, list[Assignment]]) -> None:
    asked, assignments = case
    assert sum(match.cost for match in matches(asked, assignments)) == slow_cost(asked, assignments)


@given(rosters(), st.sampled_from(PEOPLE), st.integers(0, 14))
@settings(max_examples=100, deadline=None)
def test_a_difference_is_that_of_the_whole_roster(
    case: tuple[RosterProblem, list[Assignment]], person: str, day: int
) -> None:
    asked, assignments = case
    day %= asked.days
    before = slow_cost(asked, assignments)
    for found in why_not(asked, assignments, person, day):
        left = [
            each
            for each in assignments
            if (each.person, each.day) != (person, day) or each.shift not in found.leaves
            if (each.person, each.day, each.shift) != (found.instead_of, day, found.shift)
        ]
        after = slow_cost(asked, [*left, Assignment(person=person, day=day, shift=found.shift)])
        assert found.cost_difference == after - before
        told = sum(match.cost for match in found.new) - sum(match.cost for match in found.mended)
        assert told == found.cost_difference
