"""Column generation, dives into it, and neighbourhoods of the best roster: the search of one worker."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.scheduling.solver.compact import OFF, Compact, Plan
from services.scheduling.solver.effort import Effort
from services.scheduling.solver.master import Master, roster_cost
from services.scheduling.solver.plans import Freedom, Plans

Roster = dict[int, Plan]
_NEARLY = 0.9
_LIKELY = 0.75  # the first roster shall come soon
_ROUNDS = 6
_CLOSE = 0.5
_WHOLE = 0.1
"""How often all is free, and the dive goes another way by chance."""


@dataclass(slots=True)
class Best:
    """The best roster so far, and the least that any could cost."""

    roster: Roster | None = None
    cost: float = float("inf")
    bound: float = 0.0

    @property
    def proven(self) -> bool:
        return self.roster is not None and self.cost < self.bound + 1 - 1e-6


class Search:
    """What one worker does until its effort is spent."""

    def __init__(self, compact: Compact, seed: int, effort: Effort) -> None:
        self.compact, self.effort = compact, effort
        self.plans = Plans(compact)
        self.best = Best()
        self.root: float | None = None
        self._random = random.Random(seed)  # noqa: S311 - a search, not a secret
        self._size = 1.0

    def first(self) -> None:
        """A mix of all plans, which bounds the cost, and a dive into it."""
        self.plans.begin()
        if all(self.plans.known):
            self._keep({person: min(known, key=known.__getitem__) for person, known in enumerate(self.plans.known)})
        self._keep(self.dive(Freedom(self.compact), range(self.compact.people), {}, whole=True))

    def step(self) -> None:
        """Frees a part of the best roster and looks for a better one there."""
        if self.best.roster is None:
            self._keep(self.dive(Freedom(self.compact), range(self.compact.people), {}))
            return
        freedom, people = self._neighbourhood(self.best.roster)
        staying = {person: plan for person, plan in self.best.roster.items() if person not in set(people)}
        started = self.effort.spent
        found = self.dive(freedom, people, staying)
        if self.effort.spent - started > self.effort.total / 12:
            self._size = max(0.3, self._size * 0.85)
        else:
            self._size = min(1.3, self._size * 1.02)
        self._keep(found)

    def take(self, roster: Roster) -> None:
        """Goes on from somebody else's roster, if it is better."""
        self._keep(roster)

    def _keep(self, roster: Roster | None) -> None:
        if roster is not None and (cost := roster_cost(self.plans, roster)) < self.best.cost - 1e-6:
            self.best.roster, self.best.cost = roster, cost

    def _neighbourhood(self, roster: Roster) -> tuple[Freedom, Sequence[int]]:
        freedom = Freedom(self.compact)
        people, days = self.compact.people, self.compact.days
        kind = self._random.random()
        if kind < _WHOLE * self._size:
            return freedom, range(people)
        if kind < 0.5 and people > 3:
            most = min(people, max(3, round(people * 0.66 * self._size)))
            count = self._random.randint(min(most, max(2, people // 4)), most)
            return freedom, sorted(self._random.sample(range(people), min(people, count)))
        most = min(days, max(3, round(days * 0.66 * self._size)))
        width = self._random.randint(min(most, 4), min(most, days))
        first = self._random.randint(0, days - width)
        for person, plan in roster.items():
            for day in range(days):
                if not first <= day < first + width:
                    freedom.fix(person, day, plan[day])
        return freedom, range(people)

    def dive(
        self, freedom: Freedom, people: Sequence[int], staying: Mapping[int, Plan], *, whole: bool = False
    ) -> Roster | None:
        """Mixes plans, then fixes cells step by step until each person has one plan. None: no better roster."""
        master = Master(self.plans, freedom, people, staying)
        bound = self._converge(master, 0.1, 400)
        if whole:
            self.best.bound = max(self.best.bound, float(np.ceil(bound - 0.05))) if self.plans.keeps_limits else 0.0
        while bound < self.best.cost - 1 + 1e-3 and not self.effort.is_spent:
            if all(len(shares) == 1 for shares in master.shares.values()):
                return {**staying, **{person: shares[0][1] for person, shares in master.shares.items()}}
            if any(not shares for shares in master.shares.values()):
                return None
            self._fix(master, freedom, vary=not whole)
            master.narrow()
            bound = self._converge(master, _CLOSE, _ROUNDS)
        return None

    def _converge(self, master: Master, close: float, rounds: int) -> float:
        """Prices until the mix costs little more than its bound; the bound."""
        bound = -np.inf
        for _ in range(rounds):
            master.mix()
            more, least = master.improve()
            self.effort.spend()
            bound = max(bound, least)
            if not more or master.cost - bound < close or bound > self.best.cost - 1 + 1e-3 or self.effort.is_spent:
                break
        else:
            master.mix()
        return float(bound)

    def _fix(self, master: Master, freedom: Freedom, *, vary: bool) -> None:
        """Fixes the cells that the mix is surest of."""
        people, days = self.compact.people, self.compact.days
        weight = np.zeros((people, days, len(self.compact.options) + 1))
        for person, shares in master.shares.items():
            for share, plan in shares:
                weight[person, range(days), list(plan)] += share  # OFF is the last
        surest = weight.max(2)
        open_cells = (surest > 0) & (surest < 1 - 1e-6) & ~freedom.fixed()
        cells = np.argwhere(open_cells)
        if not len(cells):
            self._fix_plan(master, freedom)
            return
        order = np.argsort(-surest[tuple(cells.T)], kind="stable")
        sure = [place for place in order if surest[tuple(cells[place])] >= (_NEARLY if vary else _LIKELY)]
        chosen = sure[: max(2, len(cells) // (12 if vary else 6))]
        if not chosen:
            top = surest[tuple(cells[order[0]])]
            close = [place for place in order[:5] if surest[tuple(cells[place])] > top - 0.15]
            chosen = [self._random.choice(close)] if vary else [order[0]]
        for place in chosen:
            person, day = (int(each) for each in cells[place])
            option = int(weight[person, day].argmax())
            freedom.fix(person, day, OFF if option == len(self.compact.options) else option)

    def _fix_plan(self, master: Master, freedom: Freedom) -> None:
        """All cells agree, and plans are still mixed: by rounding only. The first of somebody's is taken."""
        for person, shares in master.shares.items():
            if len(shares) > 1:
                for day, option in enumerate(max(shares)[1]):
                    freedom.fix(person, day, option)
                return
