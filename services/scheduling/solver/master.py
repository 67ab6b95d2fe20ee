"""The linear programme that mixes known plans: one plan a person, the ties between people at their costs."""

from collections.abc import Mapping, Sequence

import numpy as np
from ortools.linear_solver import pywraplp

from contracts.scheduling.roster import HARD
from services.scheduling.solver.compact import OFF, Compact, Floats, Plan
from services.scheduling.solver.plans import Freedom, Plans

_NOBODY = 100.0 * HARD
"""What it costs that somebody has no plan: more than any plan."""
_SOME = 1e-6


class Master:
    """Mixes plans of the people who are free, beside the plans of others that stay."""

    def __init__(self, plans: Plans, freedom: Freedom, people: Sequence[int], staying: Mapping[int, Plan]) -> None:
        self.plans, self.freedom, self.people = plans, freedom, list(people)
        self._compact = compact = plans.compact
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        self._goal = self._solver.Objective()
        self._goal.SetMinimization()
        self._one = {person: self._solver.Constraint(1, 1) for person in people}
        self._rows_of_day: list[list[int]] = [[] for _ in range(compact.days)]
        self._rows = []
        done = loads(compact, staying)
        for number, row in enumerate(compact.ties.rows):
            wanted = row.wanted - done[number]
            self._rows.append(self._solver.Constraint(wanted, wanted))
            self._rows_of_day[row.day].append(number)
        for slack in compact.ties.slacks:
            most = self._solver.infinity() if np.isinf(slack.most) else slack.most
            variable = self._solver.NumVar(0, most, "")
            self._goal.SetCoefficient(variable, slack.cost)
            for place, value in slack.entries:
                self._rows[place].SetCoefficient(variable, value)
        for person in people:
            nobody = self._solver.NumVar(0, 1, "")
            self._one[person].SetCoefficient(nobody, 1)
            self._goal.SetCoefficient(nobody, _NOBODY)
        self.standing = sum(plans.add(person, plan) for person, plan in staying.items())
        self._columns: dict[int, dict[Plan, pywraplp.Variable]] = {person: {} for person in people}
        for person in people:
            for plan in plans.known[person]:
                if freedom.allows(person, plan):
                    self._add(person, plan)
        self.cost = 0.0
        self.shares: dict[int, list[tuple[float, Plan]]] = {}

    def _add(self, person: int, plan: Plan) -> None:
        compact = self._compact
        variable = self._solver.NumVar(0, 1, "")
        self._goal.SetCoefficient(variable, self.plans.known[person][plan])
        self._one[person].SetCoefficient(variable, 1)
        for day, option in enumerate(plan):
            if option == OFF:
                continue
            for number in self._rows_of_day[day]:
                row = compact.ties.rows[number]
                value = row.people[person] * row.options[option]
                if value:
                    self._rows[number].SetCoefficient(variable, float(value))
        self._columns[person][plan] = variable

    def mix(self) -> None:
        """Solves. `cost` and `shares` are what it came to."""
        self._solver.Solve()
        self.cost = float(self._goal.Value()) + self.standing
        self.shares = {
            person: [
                (share, plan) for plan, variable in columns.items() if (share := variable.solution_value()) > _SOME
            ]
            for person, columns in self._columns.items()
        }

    def improve(self) -> tuple[bool, float]:
        """Prices new plans and takes them in: whether more may come, and a bound on the cost of any roster here."""
        rewards = np.zeros(self._compact.people)
        for person, row in self._one.items():
            rewards[person] = row.dual_value()
        offers = self.plans.better(self.people, self._prices(), rewards, self.freedom)
        for person, plan in offers.found:
            self._add(person, plan)
        return bool(offers.found) or offers.changed, self.cost + offers.missing

    def _prices(self) -> Floats:
        compact = self._compact
        prices = np.zeros(compact.cost.shape)
        for row, constraint in zip(compact.ties.rows, self._rows, strict=True):
            dual = constraint.dual_value()
            if dual:
                prices[:, row.day, :] += dual * np.outer(row.people, row.options)
        return prices

    def narrow(self) -> None:
        """Leaves out the plans that the freedom does not allow any more."""
        for person, columns in self._columns.items():
            for plan in [plan for plan in columns if not self.freedom.allows(person, plan)]:
                columns.pop(plan).SetUb(0)


def loads(compact: Compact, plans: Mapping[int, Plan]) -> Floats:
    """What plans put into each row."""
    ties = compact.ties
    chosen = np.full((compact.people, compact.days), OFF)
    for person, plan in plans.items():
        chosen[person] = plan
    found = np.zeros(len(ties.rows))
    for number, row in enumerate(ties.rows):
        options = chosen[:, row.day]
        found[number] = (row.people * np.where(options == OFF, 0, row.options[options])).sum()
    return found


def roster_cost(plans: Plans, roster: Mapping[int, Plan]) -> float:
    """What a whole roster costs: each plan, and the ties by the least of their slacks."""
    return sum(plans.add(person, plan) for person, plan in roster.items()) + tie_cost(
        plans.compact, loads(plans.compact, roster)
    )


def tie_cost(compact: Compact, done: Floats) -> float:
    """The least cost of what is missing or too much. Slacks of one row are used cheapest first; those that span rows
    (a minor is present) are as large as the largest need."""
    rows = compact.ties.rows
    left = np.array([row.wanted for row in rows]) - done
    shared = [slack for slack in compact.ties.slacks if len(slack.entries) > 1]
    for slack in shared:
        *minors, _ = slack.entries  # the last is the row of the adults
        need = max(-left[row] for row, _ in minors)
        for row, value in slack.entries:
            left[row] -= value * min(slack.most, max(0.0, need))
    singles = sorted((e for e in compact.ties.slacks if len(e.entries) == 1), key=lambda e: e.cost)
    total = 0.0
    for slack in singles:
        row, value = slack.entries[0]
        use = min(slack.most, max(0.0, left[row] / value))
        left[row] -= value * use
        total += slack.cost * use
    return total
