"""The search and CP-SAT's model against each other, on small problems with every kind of rule."""

from __future__ import annotations

import random
from datetime import date

import pytest

from contracts.scheduling.roster import (
    Assignment,
    Demand,
    LimitName,
    Limits,
    Pairing,
    PairingKind,
    Person,
    Request,
    RequestKind,
    RosterProblem,
    Shift,
    Unavailability,
)
from services.scheduling.domain.evaluation import solution
from services.scheduling.solver import solve
from services.scheduling.solver.compact import Compact
from services.scheduling.solver.effort import Effort
from services.scheduling.solver.full_model import FullModel
from services.scheduling.solver.master import roster_cost
from services.scheduling.solver.plans import Plans
from services.scheduling.solver.search import Search


def small(seed: int) -> RosterProblem:
    """A week of halves of days: skills, minors, wishes, pairs, a published plan, a pin."""
    rnd = random.Random(seed)
    halves = ("am", "pm")
    shifts = (
        Shift(id="am", minutes=240, same_day_with=frozenset({"pm"})),
        Shift(id="pm", minutes=240, not_followed_by=frozenset({"am"}) if rnd.random() < 0.3 else frozenset()),
    )
    people = tuple(
        Person(
            id=f"p{n}",
            skills=frozenset(skill for skill in ("lead", "km") if rnd.random() < 0.5),
            minor=rnd.random() < 0.3,
            carried=rnd.randint(0, 3),
            limits=Limits(
                max_minutes=rnd.choice([None, 960]),
                max_per_week=rnd.choice([None, 3]),
                max_consecutive=rnd.choice([None, 2]),
                max_weekends=rnd.choice([None, 0, 1]),
                max_shifts={"am": 2} if rnd.random() < 0.3 else {},
                weights={LimitName.MAX_CONSECUTIVE: 5} if rnd.random() < 0.5 else {},
            ),
        )
        for n in range(4)
    )
    days, some = 4, [f"p{n}" for n in range(4)]
    demands = [
        Demand(day=day, shift=half, minimum=rnd.choice([0, 1]), target=2, maximum=rnd.choice([None, 3]))
        for day in range(days)
        for half in halves
    ]
    demands += [Demand(day=day, shift="am", skill="lead", minimum=1, target=1, over_weight=0) for day in range(days)]
    return RosterProblem(
        id=f"small-{seed}",
        start=date(2026, 1, rnd.randint(5, 11)),
        days=days,
        shifts=shifts,
        people=people,
        demands=tuple(demands),
        unavailable=tuple(
            Unavailability(
                person=rnd.choice(some),
                day=rnd.randrange(days),
                shift=rnd.choice([None, "am"]),
                weight=rnd.choice([None, 9]),
            )
            for _ in range(3)
        ),
        requests=tuple(
            Request(
                person=rnd.choice(some),
                day=rnd.randrange(days),
                shift=rnd.choice([None, "pm"]),
                kind=rnd.choice(list(RequestKind)),
                weight=rnd.randint(1, 9),
            )
            for _ in range(4)
        ),
        pins=(Assignment(person="p0", day=1, shift="pm"),),
        published=tuple(
            dict.fromkeys(
                Assignment(person=rnd.choice(some), day=rnd.randrange(days), shift=rnd.choice(halves)) for _ in range(3)
            )
        ),
        change_weight=rnd.choice([0, 2]),
        pairings=(Pairing(person="p1", other="p2", kind=rnd.choice(list(PairingKind)), weight=rnd.choice([None, 4])),),
        adults_with_minors=rnd.choice([0, 2]),
        fairness_weight=rnd.choice([0, 3]),
    )


@pytest.mark.parametrize("seed", range(12))
def test_both_ways_agree_on_what_is_best_and_on_what_a_roster_costs(seed: int) -> None:
    compact = Compact(small(seed))
    plans = Plans(compact)
    plans.begin()
    roster, bound = FullModel(compact, plans.freed).solve(Effort(60), 20, 1, lambda *_: None)
    assert roster is not None
    best = roster_cost(plans, roster)
    assert best == pytest.approx(bound), "CP-SAT proves so small a problem, and reckons its cost as the search does"
    search = Search(compact, seed, Effort(0, steps=150))
    search.first()
    while not search.effort.is_spent:
        search.step()
    assert search.best.roster is not None
    assert search.best.bound <= best + 1e-6 <= search.best.cost + 2e-6
    assert search.best.cost == pytest.approx(roster_cost(plans, search.best.roster))
    assert solve(compact.problem, seconds=30, seed=seed).bound == round(best)


def test_the_deterministic_mode_gives_the_same_roster_again() -> None:
    problem = small(3)
    first, again = (solve(problem, seconds=2, seed=5, deterministic=True) for _ in range(2))
    assert first == again


def test_more_wishes_than_hands_still_have_a_best_roster() -> None:
    shift = Shift(id="am", minutes=240)
    problem = RosterProblem(
        id="short",
        start=date(2026, 1, 5),
        days=3,
        shifts=(shift,),
        people=(Person(id="one", limits=Limits(min_minutes=4_000, max_minutes=480)),),
        demands=tuple(Demand(day=day, shift="am", minimum=2, target=3) for day in range(3)),
        unavailable=(Unavailability(person="one", day=0),),
    )
    found = solve(problem, seconds=2, seed=1, deterministic=True)
    assert {each.day for each in found.assignments} == {1, 2}


@pytest.mark.parametrize("seed", range(12, 36))
def test_the_search_reckons_as_the_judge_and_always_has_a_roster(seed: int) -> None:
    problem = small(seed)
    told: list[int | None] = []
    found = solve(problem, seconds=1, seed=seed, deterministic=True, say=lambda progress: told.append(progress.cost))
    judged = solution(problem, found.assignments, found.bound, 0.0, seed)
    assert judged.cost == told[-1]
    assert found.bound <= judged.cost
    pinned = {(pin.person, pin.day, pin.shift) for pin in problem.pins}
    assert pinned <= {(each.person, each.day, each.shift) for each in found.assignments}


def test_a_day_that_alone_takes_more_than_all_minutes_is_no_way_and_no_fault() -> None:
    """Morning and afternoon together are more than one may work: each of them alone is not."""
    shifts = (Shift(id="m", minutes=270), Shift(id="a", minutes=210, same_day_with=frozenset({"m"})))
    person = Person(id="p", limits=Limits(max_minutes=300))
    demands = tuple(Demand(day=0, shift=each.id, minimum=1, target=1) for each in shifts)
    problem = RosterProblem(id="x", start=date(2025, 9, 8), days=3, shifts=shifts, people=(person,), demands=demands)
    assert len(solve(problem, seconds=1, workers=1).assignments) == 1
