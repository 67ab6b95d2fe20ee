"""A roster problem as arrays: people, days and what somebody can do on a day, with what each choice costs.

A day's choice is a set of shifts that go together (an *option*). What ties people to each other (demands, pairings,
minors) becomes rows over the cells (person, day, option); what concerns one person alone does not.
"""

from dataclasses import dataclass, field
from functools import cached_property
from math import gcd

import numpy as np
from numpy.typing import NDArray

from contracts.scheduling.roster import (
    HARD,
    Assignment,
    LimitName,
    Pairing,
    PairingKind,
    Person,
    RequestKind,
    RosterProblem,
)

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Plan = tuple[int, ...]
"""What one person does: an option for each day, `OFF` for none."""
OFF = -1
HOUR = 60
SATURDAY = 5
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Row:
    """A linear row over the cells of one day: the sum of `people[e] * options[o]` over who does what, plus slacks,
    equals `wanted`."""

    day: int
    people: Floats
    options: Floats
    wanted: float


@dataclass(frozen=True, slots=True)
class Slack:
    """A variable beside the cells: a shortfall, a surplus, a state. `most`: its upper bound."""

    cost: float
    most: float
    entries: tuple[tuple[int, float], ...]


@dataclass(slots=True)
class Ties:
    """All that ties people to each other."""

    rows: list[Row] = field(default_factory=list)
    slacks: list[Slack] = field(default_factory=list)

    def row(self, day: int, people: Floats, options: Floats, wanted: float) -> int:
        self.rows.append(Row(day, people, options, wanted))
        return len(self.rows) - 1

    def slack(self, cost: float, *entries: tuple[int, float], most: float = np.inf) -> None:
        self.slacks.append(Slack(cost, most, entries))


class Compact:
    """A problem's arrays. E people, D days, O options."""

    def __init__(self, problem: RosterProblem) -> None:
        self.problem = problem
        self.shift_index = {shift.id: number for number, shift in enumerate(problem.shifts)}
        self.person_index = {person.id: number for number, person in enumerate(problem.people)}
        self.options = _options(problem, self.shift_index)
        self.people, self.days = len(problem.people), problem.days
        self.unit = gcd(*(shift.minutes for shift in problem.shifts))
        minutes = [shift.minutes for shift in problem.shifts]
        self.minutes = np.array([sum(minutes[s] for s in option) for option in self.options]) // self.unit
        self.sizes = np.array([len(option) for option in self.options])
        self.has = np.zeros((len(problem.shifts), len(self.options)))
        for number, option in enumerate(self.options):
            self.has[list(option), number] = 1
        self.before = _predecessors(problem, self.options)
        shape = (self.people, self.days, len(self.options))
        self.cost = np.zeros(shape)
        self.off_cost = np.zeros(shape[:2])
        self.base = np.zeros(self.people)
        self.forbidden = np.zeros(shape, bool)
        self.must = np.zeros(shape[:2], bool)
        self._judge_cells()
        self.ties = self._ties()

    @cached_property
    def weekday(self) -> NDArray[np.int64]:
        """0 is Monday."""
        return (self.problem.start.weekday() + np.arange(self.days)) % _WEEK

    @cached_property
    def week(self) -> list[int]:
        """Of each day, from Monday to Sunday; the first is 0, also if the horizon starts within it."""
        return [(self.problem.start.weekday() + day) // _WEEK for day in range(self.days)]

    @cached_property
    def fair_share(self) -> int:
        """The shifts that everybody has if all have the same, rounded up."""
        wanted = sum(demand.target for demand in self.problem.demands if demand.skill is None)
        carried = sum(person.carried for person in self.problem.people)
        return -(-(wanted + carried) // self.people)

    def weight(self, person: Person, name: LimitName) -> int:
        """What a unit of a limit costs."""
        return person.limits.weights.get(name, HARD)

    def cost_of(self, person: int, plan: Plan) -> float:
        """What a plan's cells cost, limits and ties aside."""
        total = self.base[person]
        for day, option in enumerate(plan):
            total += self.off_cost[person, day] if option == OFF else self.cost[person, day, option]
        return float(total)

    def _judge_cells(self) -> None:
        problem = self.problem
        for each in problem.unavailable:
            person, which = self.person_index[each.person], self._with(each.shift)
            if each.weight is None:
                self.forbidden[person, each.day, which] = True
            else:
                self.cost[person, each.day, which] += each.weight * (self.sizes[which] if each.shift is None else 1)
        for wish in problem.requests:
            person, which = self.person_index[wish.person], self._with(wish.shift)
            on = wish.kind is RequestKind.ON
            self.cost[person, wish.day, which] += -wish.weight if on else wish.weight
            self.base[person] += wish.weight if on else 0
        for known in problem.published:
            person, which = self.person_index[known.person], self._with(known.shift)
            self.cost[person, known.day, which] -= 2 * problem.change_weight
            self.base[person] += problem.change_weight
        if problem.published:
            self.cost += problem.change_weight * self.sizes
        for number, who in enumerate(problem.people):
            self._close(number, who)
        for pin in problem.pins:
            self._pin(pin)

    def _pin(self, pin: Assignment) -> None:
        """What is pinned is worked, at the cost of an unavailability that it breaks; nothing else of one is broken."""
        person, wanted = self.person_index[pin.person], self._pinned(pin.person, pin.day)
        for each in self.problem.unavailable:
            if (each.person, each.day) != (pin.person, pin.day) or each.weight is not None:
                continue
            if each.shift in {None, pin.shift}:
                self.base[person] += HARD
            for shift in self.shift_index if each.shift is None else [each.shift]:
                if not (self._with(shift) >= self._pinned(pin.person, pin.day)).all():
                    wanted = wanted & ~self._with(shift)
        if wanted.any():
            self.forbidden[person, pin.day] = ~wanted
            self.must[person, pin.day] = True

    def _close(self, number: int, who: Person) -> None:
        """Shifts that somebody never works, and those that cannot follow their last one."""
        for shift, most in who.limits.max_shifts.items():
            if most == 0 and LimitName.MAX_SHIFTS not in who.limits.weights:
                self.forbidden[number, :, self._with(shift)] = True
        if who.last_shift is not None:
            for shift in self.problem.shifts[self.shift_index[who.last_shift]].not_followed_by:
                self.forbidden[number, 0, self._with(shift)] = True

    def _with(self, shift: str | None) -> Bools:
        """The options that have a shift; None: all."""
        if shift is None:
            return np.ones(len(self.options), bool)
        found: Bools = self.has[self.shift_index[shift]] > 0
        return found

    def _pinned(self, person: str, day: int) -> Bools:
        """The options that have all the shifts pinned for somebody on a day."""
        which = np.ones(len(self.options), bool)
        for pin in self.problem.pins:
            if (pin.person, pin.day) == (person, day):
                which &= self._with(pin.shift)
        return which

    def _ties(self) -> Ties:
        ties = Ties()
        problem = self.problem
        everybody = np.ones(self.people)
        for demand in problem.demands:
            able = everybody
            if demand.skill is not None:
                able = np.array([float(demand.skill in person.skills) for person in problem.people])
            row = ties.row(demand.day, able, self.has[self.shift_index[demand.shift]], demand.target)
            ties.slack(demand.under_weight, (row, 1.0), most=demand.target - demand.minimum)
            if demand.minimum:
                ties.slack(demand.under_weight + HARD, (row, 1.0))
            room = np.inf if demand.maximum is None else demand.maximum - demand.target
            ties.slack(demand.over_weight, (row, -1.0), most=room)
            if demand.maximum is not None:
                ties.slack(demand.over_weight + HARD, (row, -1.0))
        for pairing in problem.pairings:
            self._tie_pair(ties, pairing)
        if problem.adults_with_minors and any(person.minor for person in problem.people):
            self._tie_minors(ties)
        return ties

    def _tie_pair(self, ties: Ties, pairing: Pairing) -> None:
        weight = HARD if pairing.weight is None else pairing.weight
        apart = pairing.kind is PairingKind.APART
        people = np.zeros(self.people)
        people[self.person_index[pairing.person]] += 1
        people[self.person_index[pairing.other]] += 1 if apart else -1
        for day in range(self.days):
            for options in self.has:
                row = ties.row(day, people, options, 1.0 if apart else 0.0)
                ties.slack(0.0 if apart else weight, (row, 1.0))
                ties.slack(weight, (row, -1.0))

    def _tie_minors(self, ties: Ties) -> None:
        """`present` is 1 where a minor works; then the adults have to be as many as wanted."""
        minor = np.array([float(person.minor) for person in self.problem.people])
        for day in range(self.days):
            for options in self.has:
                entries = []
                for person in np.flatnonzero(minor):
                    one = np.zeros(self.people)
                    one[person] = 1
                    row = ties.row(day, one, options, 0.0)
                    ties.slack(0.0, (row, 1.0))
                    entries.append((row, -1.0))
                row = ties.row(day, 1 - minor, options, 0.0)
                entries.append((row, -float(self.problem.adults_with_minors)))
                ties.slack(HARD, (row, 1.0))
                ties.slack(0.0, (row, -1.0))
                ties.slack(0.0, *entries, most=1.0)


def _options(problem: RosterProblem, index: dict[str, int]) -> list[tuple[int, ...]]:
    """All sets of shifts that may be worked on one day, single ones first."""
    goes = [[False] * len(index) for _ in index]
    for shift in problem.shifts:
        for other in shift.same_day_with:
            goes[index[shift.id]][index[other]] = goes[index[other]][index[shift.id]] = True
    options: list[tuple[int, ...]] = [(number,) for number in range(len(index))]
    found = options
    while found:
        found = [
            (*option, number)
            for option in found
            for number in range(option[-1] + 1, len(index))
            if all(goes[number][other] for other in option)
        ]
        options = options + found
    return options


def _predecessors(problem: RosterProblem, options: list[tuple[int, ...]]) -> list[list[int]]:
    """For each option those that may be worked on the day before."""
    banned = [
        {number for number, after in enumerate(problem.shifts) if after.id in shift.not_followed_by}
        for shift in problem.shifts
    ]
    return [
        [b for b, before in enumerate(options) if not any(s in banned[p] for p in before for s in after)]
        for after in options
    ]
