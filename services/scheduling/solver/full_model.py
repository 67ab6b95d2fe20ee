"""The whole problem as one model for CP-SAT: proves small problems, and knows every rule of the schema."""

from collections.abc import Callable, Collection, Mapping
from itertools import pairwise
from typing import Any

from ortools.sat.python import cp_model

from contracts.scheduling.roster import LimitName, Person
from services.scheduling.solver.compact import HOUR, OFF, SATURDAY, Compact, Plan
from services.scheduling.solver.effort import Effort

Cell = cp_model.IntVar
Sum = Any
"""A linear expression. What its operators return are unions over NumPy's types, which say nothing."""


class FullModel:
    """Cells as booleans. Hard limits of people hold; a need that cannot be met so, or the least time, costs."""

    def __init__(self, compact: Compact, freed: Collection[int] = ()) -> None:
        """`freed`: whose hard limits may be broken at their cost, as pins leave no other way."""
        self.compact = compact
        self._elastic = {compact.problem.people[person].id for person in freed}
        self.model = cp_model.CpModel()
        self._terms: list[tuple[Sum, int]] = []
        self._cells: list[list[dict[int, Cell]]] = [
            [self._cells_of(person, day) for day in range(compact.days)] for person in range(compact.people)
        ]
        self._worked: list[list[Sum]] = [[sum(cells.values()) for cells in days] for days in self._cells]
        for person in range(compact.people):
            self._limit(person)
        self._tie()
        self.model.minimize(sum(cost * amount for amount, cost in self._terms) + round(float(compact.base.sum())))

    def _cells_of(self, person: int, day: int) -> dict[int, Cell]:
        compact = self.compact
        cells = {
            option: self.model.new_bool_var("")
            for option in range(len(compact.options))
            if not compact.forbidden[person, day, option]
        }
        if compact.must[person, day]:
            self.model.add_exactly_one(cells.values())
        else:
            self.model.add_at_most_one(cells.values())
        self._terms += [(cell, round(float(compact.cost[person, day, option]))) for option, cell in cells.items()]
        return cells

    def _penalty(self, most: int, cost: int) -> Cell:
        """A shortfall or surplus, at its cost."""
        amount = self.model.new_int_var(0, most, "")
        self._terms.append((amount, cost))
        return amount

    def _limit(self, person: int) -> None:
        compact, who = self.compact, self.compact.problem.people[person]
        limits, days = who.limits, self._cells[person]
        for before, after in pairwise(days):
            for option, cell in after.items():
                banned = [other for o, other in before.items() if o not in compact.before[option]]
                if banned:
                    self.model.add(sum(banned) + cell <= 1)
        self._limit_time(who, days)
        for name, most in limits.max_shifts.items():
            index = compact.shift_index[name]
            worked = [cell for cells in days for option, cell in cells.items() if index in compact.options[option]]
            self._at_most(who, LimitName.MAX_SHIFTS, sum(worked), most, len(worked))
        weeks: dict[int, list[int]] = {}
        for day in range(compact.days):
            weeks.setdefault(compact.week[day], []).append(day)
        if limits.max_per_week is not None:
            for week in weeks.values():
                shifts = sum(int(compact.sizes[o]) * cell for day in week for o, cell in days[day].items())
                self._at_most(who, LimitName.MAX_PER_WEEK, shifts, limits.max_per_week, 7 * int(compact.sizes.max()))
        if limits.max_weekends is not None:
            busy = []
            for week in weeks.values():
                weekend = [day for day in week if compact.weekday[day] >= SATURDAY]
                works = self.model.new_bool_var("")
                for day in weekend:
                    self.model.add(self._worked[person][day] <= works)
                busy.append(works)
            self._at_most(who, LimitName.MAX_WEEKENDS, sum(busy), limits.max_weekends, len(busy))
        self._limit_runs(person, who)
        self._be_fair(who, days)

    def _at_most(self, who: Person, name: LimitName, amount: Sum, most: int, upper: int) -> None:
        self.model.add(amount <= most + self._breach(who, name, max(upper, 0)))

    def _breach(self, who: Person, name: LimitName, most: int, times: int = 1) -> Sum:
        """By how much a limit is broken; a hard one is not."""
        if name not in who.limits.weights and who.id not in self._elastic:
            return 0
        return self._penalty(most, times * self.compact.weight(who, name))

    def _limit_time(self, who: Person, days: list[dict[int, Cell]]) -> None:
        compact, limits = self.compact, who.limits
        minutes = sum(int(compact.minutes[o]) * compact.unit * cell for cells in days for o, cell in cells.items())
        hours = compact.days * 24 + (limits.min_minutes or 0) // HOUR + 1
        if limits.max_minutes is not None:
            self.model.add(minutes <= limits.max_minutes + HOUR * self._breach(who, LimitName.MAX_MINUTES, hours))
        if limits.min_minutes is not None:
            short = self._penalty(hours, compact.weight(who, LimitName.MIN_MINUTES))
            self.model.add(minutes + HOUR * short >= limits.min_minutes)

    def _limit_runs(self, person: int, who: Person) -> None:
        limits, worked, days = who.limits, self._worked[person], self.compact.days
        if limits.max_consecutive is not None:
            longest = limits.max_consecutive
            for day in range(days):
                first = day - longest
                before = min(max(0, -first), who.worked_before)
                if first < 0 and before < -first:
                    continue
                self._at_most(who, LimitName.MAX_CONSECUTIVE, sum(worked[max(0, first) : day + 1]) + before, longest, 1)
        for name, shortest, works in (
            (LimitName.MIN_CONSECUTIVE, limits.min_consecutive, True),
            (LimitName.MIN_CONSECUTIVE_OFF, limits.min_consecutive_off, False),
        ):
            self._no_short_runs(who, name, shortest, [each if works else 1 - each for each in worked])

    def _no_short_runs(self, who: Person, name: LimitName, shortest: int, states: list[Sum]) -> None:
        for length in range(1, shortest):
            for start in range(1, len(states) - length):
                inside = sum(states[start : start + length])
                is_run = inside - states[start - 1] - states[start + length] - length
                self.model.add(is_run + 1 <= self._breach(who, name, 1, shortest - length))

    def _be_fair(self, who: Person, days: list[dict[int, Cell]]) -> None:
        compact, weight = self.compact, self.compact.problem.fairness_weight
        if not weight:
            return
        shifts = sum(int(compact.sizes[o]) * cell for cells in days for o, cell in cells.items())
        most = max(0, int(compact.sizes.max()) * compact.days + who.carried - compact.fair_share)
        for above in range(most):
            unit = self._penalty(1, weight * (2 * above + 1))  # squares are the sums of odd numbers
            self.model.add(shifts + who.carried - compact.fair_share - above <= most * unit)

    def _tie(self) -> None:
        compact = self.compact
        sums: list[list[Sum]] = [[] for _ in compact.ties.rows]
        for slack in compact.ties.slacks:
            most = compact.people * 10 if slack.most == float("inf") else int(slack.most)
            amount = self._penalty(most, round(slack.cost))
            for number, value in slack.entries:
                sums[number].append(int(value) * amount)
        for row, more in zip(compact.ties.rows, sums, strict=True):
            cells = [
                int(row.people[person] * row.options[option]) * cell
                for person in range(compact.people)
                if row.people[person]
                for option, cell in self._cells[person][row.day].items()
                if row.options[option]
            ]
            self.model.add(sum(cells) + sum(more) == int(row.wanted))

    def hint(self, roster: Mapping[int, Plan]) -> None:
        """Where to begin."""
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        for person, plan in roster.items():
            for cells, chosen in zip(self._cells[person], plan, strict=True):
                for option, cell in cells.items():
                    self.model.add_hint(cell, option == chosen)

    def solve(
        self, effort: Effort, seconds: float, seed: int, heard: Callable[[dict[int, Plan], float, float], None]
    ) -> tuple[dict[int, Plan] | None, float]:
        """The best roster within the time, if any, and a bound; each better one is told at once."""
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed
        solver.parameters.max_deterministic_time = seconds
        if not effort.counts_steps:
            solver.parameters.max_time_in_seconds = seconds
        status = solver.solve(self.model, _Listener(self, effort, heard))
        found = status in {cp_model.OPTIMAL, cp_model.FEASIBLE}
        return (self._roster(solver.boolean_value) if found else None), solver.best_objective_bound

    def _roster(self, value: Callable[[Cell], bool]) -> dict[int, Plan]:
        return {
            person: tuple(next((o for o, cell in cells.items() if value(cell)), OFF) for cells in days)
            for person, days in enumerate(self._cells)
        }


class _Listener(cp_model.CpSolverSolutionCallback):
    def __init__(self, full: FullModel, effort: Effort, heard: Callable[[dict[int, Plan], float, float], None]) -> None:
        super().__init__()
        self._full, self._effort, self._heard = full, effort, heard

    def on_solution_callback(self) -> None:
        self._heard(self._full._roster(self.boolean_value), self.objective_value, self.best_objective_bound)  # noqa: SLF001 - its own
        if self._effort.is_spent:
            self.stop_search()
