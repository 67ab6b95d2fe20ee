"""Plans found so far, by person, and the search for better ones at given prices."""

from collections.abc import Iterable, Sequence

import numpy as np

from contracts.scheduling.roster import LimitName
from services.scheduling.solver.compact import OFF, Bools, Compact, Floats, Plan
from services.scheduling.solver.limits import plan_cost
from services.scheduling.solver.pricing import NEVER, POSSIBLE, Group, Programme, signature

_PLANS_AT_ONCE = 4
_TRIES = 3
_STEP = 4.0
_LITTLE = 1e-3


class Freedom:
    """Which cells may still be chosen: those `closed` may not, and on a day that `must` be worked, off may not."""

    def __init__(self, compact: Compact) -> None:
        self.closed: Bools = compact.forbidden.copy()
        self.must: Bools = compact.must.copy()

    def fix(self, person: int, day: int, option: int) -> None:
        """Leaves one choice for somebody's day."""
        self.closed[person, day] = True
        self.must[person, day] = option != OFF
        if option != OFF:
            self.closed[person, day, option] = False

    def allows(self, person: int, plan: Plan) -> bool:
        chosen = np.array(plan)
        days = np.arange(len(plan))
        off = chosen == OFF
        return not (self.must[person] & off).any() and not self.closed[person, days[~off], chosen[~off]].any()

    def fixed(self) -> Bools:
        """People x days: where one choice is left."""
        closed = self.closed.sum(2)
        options = self.closed.shape[2]
        fixed: Bools = (closed == options) | (self.must & (closed == options - 1))
        return fixed


class Plans:
    """A pool of plans with their costs. It grows; what was found for one search serves the next."""

    def __init__(self, compact: Compact) -> None:
        self.compact = compact
        self.known: list[dict[Plan, float]] = [{} for _ in range(compact.people)]
        self._counted: list[tuple[int, ...]] = [()] * compact.people
        self._free = [False] * compact.people
        self._over = np.zeros((compact.people, len(compact.problem.shifts)), int)
        self._toll = np.zeros((compact.people, len(compact.problem.shifts)))
        self._most = np.full((compact.people, len(compact.problem.shifts)), np.inf)
        self._groups: dict[tuple[int, ...], Group] = {}
        for number, person in enumerate(compact.problem.people):
            for shift, most in person.limits.max_shifts.items():
                if LimitName.MAX_SHIFTS not in person.limits.weights:
                    self._most[number, compact.shift_index[shift]] = most

    def add(self, person: int, plan: Plan) -> float:
        """Keeps a plan; its cost."""
        if plan not in self.known[person]:
            self.known[person][plan] = plan_cost(self.compact, person, plan)
        return self.known[person][plan]

    def better(
        self, people: Sequence[int], prices: Floats, rewards: Floats, freedom: Freedom, at_once: int = _PLANS_AT_ONCE
    ) -> "Offers":
        """Plans that cost less than `rewards` pays for somebody's, after `prices` (people x days x options)."""
        offers = Offers()
        for group in self._grouped(people):
            members = group.people
            toll = self._toll[members] @ self.compact.has
            cost = self.compact.cost[members] - prices[members] + toll[:, None, :]
            cost = np.where(freedom.closed[members], NEVER, cost)
            off = np.where(freedom.must[members], NEVER, self.compact.off_cost[members])
            programme = Programme(group, cost, off)
            total = programme.total.reshape(-1, len(members))
            least = total.min(0)
            for number, person in enumerate(members):
                paid = rewards[person] - self.compact.base[person]
                refund = self._refund(person)
                offers.missing += min(0.0, float(least[number]) - refund - paid)
                if least[number] >= POSSIBLE:
                    offers.stuck.append(person)
                    continue
                if least[number] - refund > paid - _LITTLE:
                    continue
                column = total[:, number]
                few = min(at_once, len(column) - 1)
                order = np.argpartition(column, few)[:few] if few else np.array([0])
                for place in sorted(order, key=lambda each: float(column[each])):
                    if column[place] - refund > paid - _LITTLE or column[place] >= POSSIBLE:
                        break
                    plan = programme.plan(number, np.unravel_index(int(place), programme.total.shape[:-1]))  # type: ignore[arg-type]
                    if self._counts_too_little(person, plan, best=place == int(column.argmin())):
                        offers.changed = True
                    elif plan not in self.known[person]:
                        self.add(person, plan)
                        offers.found.append((person, plan))
        return offers

    def begin(self) -> None:
        """A plan for everybody. Those who have none, as pins break their limits, are freed of them."""
        freedom, nothing = Freedom(self.compact), np.zeros(self.compact.cost.shape)
        anything = np.full(self.compact.people, float(NEVER))
        for _ in range(_TRIES + 3):
            without = [person for person, known in enumerate(self.known) if not known]
            if not without:
                return
            for person in self.better(without, nothing, anything, freedom, at_once=1).stuck:
                self._free[person] = True
                self._most[person] = np.inf

    def _refund(self, person: int) -> float:
        most = self._most[person]
        return float((self._toll[person] * np.where(np.isinf(most), 0, most)).sum())

    def _counts_too_little(self, person: int, plan: Plan, *, best: bool) -> bool:
        """Whether a plan has more of a kind of shift than it may. First a toll is tried, then they are counted."""
        worked = self.compact.has[:, [option for option in plan if option != OFF]].sum(1)
        over = worked > self._most[person]
        if best:
            eased = (self._toll[person] > 0) & (worked < self._most[person])
            self._toll[person, eased] = np.maximum(0, self._toll[person, eased] - 0.75 * _STEP)
            for shift in np.flatnonzero(over):
                self._over[person, shift] += 1
                if self._over[person, shift] > _TRIES:
                    self._toll[person, shift] = 0
                    self._counted[person] = tuple(sorted({*self._counted[person], int(shift)}))
                else:
                    self._toll[person, shift] += _STEP
        return bool(over.any()) and not self._free[person]

    def _grouped(self, people: Iterable[int]) -> list[Group]:
        by: dict[object, list[int]] = {}
        for person in people:
            counted = signature(self.compact, person, self._counted[person], free=self._free[person])
            by.setdefault(counted, []).append(person)
        groups = []
        for members in by.values():
            counted = signature(self.compact, members[0], self._counted[members[0]], free=self._free[members[0]])
            key = (*members, hash(counted))
            if key not in self._groups:
                if len(self._groups) > 100:
                    self._groups.clear()
                self._groups[key] = Group(self.compact, members, counted)
            groups.append(self._groups[key])
        return groups

    @property
    def freed(self) -> frozenset[int]:
        """Whose limits cannot all be kept."""
        return frozenset(number for number, free in enumerate(self._free) if free)

    @property
    def keeps_limits(self) -> bool:
        """Whether nobody's limits had to be left aside; only then a bound from prices is one for all rosters."""
        return not any(self._free)


class Offers:
    """What pricing found. `missing`: by how much all people together could be cheaper, at most (0 or less)."""

    def __init__(self) -> None:
        self.found: list[tuple[int, Plan]] = []
        self.missing = 0.0
        self.stuck: list[int] = []
        """Who has no plan at all in this freedom."""
        self.changed = False
        """Whether the same prices may find more when asked again."""
