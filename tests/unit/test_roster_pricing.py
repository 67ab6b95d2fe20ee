"""A person's best plan at given prices, against trying all plans."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from itertools import pairwise, product

import numpy as np
import pytest

from contracts.scheduling.roster import LimitName, Limits, Person, RosterProblem, Shift
from services.scheduling.solver.compact import OFF, Compact, Plan
from services.scheduling.solver.limits import excesses, plan_cost
from services.scheduling.solver.pricing import NEVER, Group, Programme, signature

SOFT = [name for name in LimitName if name not in {LimitName.MAX_SHIFTS, LimitName.MAX_PER_WEEK}]


def limits(rnd: random.Random, shift: str) -> Limits:
    longest = rnd.choice([None, 1, 2, 3])
    return Limits(
        min_minutes=rnd.choice([None, 480, 960]),
        max_minutes=rnd.choice([None, 1440, 1920]),
        max_shifts={shift: rnd.choice([1, 2])} if rnd.random() < 0.4 else {},
        max_per_week=rnd.choice([None, 2, 3]),
        max_consecutive=longest,
        min_consecutive=rnd.choice([1, 2]) if longest != 1 else 1,
        min_consecutive_off=rnd.choice([1, 2, 3]),
        max_weekends=rnd.choice([None, 0, 1]),
        weights={name: rnd.choice([3, 7]) for name in SOFT if rnd.random() < 0.3},
    )


def some(rnd: random.Random) -> Compact:
    ids = ["a", "b"][: rnd.choice([1, 2])]
    together = len(ids) == 2 and rnd.random() < 0.5
    shifts = tuple(
        Shift(
            id=each,
            minutes=rnd.choice([240, 480]),
            not_followed_by=frozenset(rnd.sample(ids, rnd.choice([0, 0, 1]))),
            same_day_with=frozenset(set(ids) - {each}) if together else frozenset(),
        )
        for each in ids
    )
    people = tuple(
        Person(id=f"p{n}", limits=limits(rnd, "a"), worked_before=rnd.choice([0, 0, 1, 2])) for n in range(3)
    )
    start, days = date(2026, 1, rnd.randint(1, 14)), rnd.choice([3, 5, 6, 7])
    compact = Compact(RosterProblem(id="some", start=start, days=days, shifts=shifts, people=people))
    compact.cost[:] = np.array([rnd.choice([0, 1, 5, -4, -8]) for _ in range(compact.cost.size)]).reshape(
        compact.cost.shape
    )
    return compact


def allowed(compact: Compact, person: int) -> Iterator[Plan]:
    """Plans that break no hard limit but the least time, which a person may be unable to reach."""
    weights = compact.problem.people[person].limits.weights
    for plan in product(range(OFF, len(compact.options)), repeat=compact.days):
        if any(OFF not in (before, after) and before not in compact.before[after] for before, after in pairwise(plan)):
            continue
        if any(option != OFF and compact.forbidden[person, day, option] for day, option in enumerate(plan)):
            continue
        if all(name is LimitName.MIN_MINUTES or name in weights for name, _ in excesses(compact, person, plan)):
            yield plan


@pytest.mark.parametrize("seed", range(60))
def test_the_programme_finds_the_cheapest_plan_and_its_cost(seed: int) -> None:
    compact = some(random.Random(seed))
    for person, who in enumerate(compact.problem.people):
        counted = tuple(compact.shift_index[shift] for shift in who.limits.max_shifts)
        group = Group(compact, [person], signature(compact, person, counted))
        cost = np.where(compact.forbidden[[person]], NEVER, compact.cost[[person]])
        programme = Programme(group, cost, compact.off_cost[[person]])
        used = np.unravel_index(int(programme.total[..., 0].argmin()), programme.total.shape[:-1])
        plan = programme.plan(0, [int(each) for each in used])
        least = min(plan_cost(compact, person, each) for each in allowed(compact, person))
        assert float(programme.total.min()) == pytest.approx(least, abs=0.01)
        assert plan_cost(compact, person, plan) == pytest.approx(least, abs=0.01)


def test_people_priced_together_come_out_as_each_alone() -> None:
    compact = some(random.Random(7))
    for people in ([0, 1, 2], [2, 0]):
        by: dict[object, list[int]] = {}
        for person in people:
            by.setdefault(signature(compact, person, ()), []).append(person)
        for counted, members in by.items():
            cost = np.where(compact.forbidden[members], NEVER, compact.cost[members])
            together = Programme(Group(compact, members, counted), cost, compact.off_cost[members])  # type: ignore[arg-type]
            for number, person in enumerate(members):
                alone = Programme(Group(compact, [person], counted), cost[[number]], compact.off_cost[[person]])  # type: ignore[arg-type]
                assert together.total[..., number].min() == alone.total.min()
