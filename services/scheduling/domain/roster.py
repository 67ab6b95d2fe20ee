"""A problem and a roster, looked up the way the rules ask: by person, and by shift of a day (a *cell*)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Protocol, TypeVar

from contracts.scheduling.roster import Assignment, Demand, Person, RosterProblem, Shift

Cell = tuple[int, str]
"""A day and a shift."""
WEEK = 7


class _OfPerson(Protocol):
    @property
    def person(self) -> str: ...


Part = TypeVar("Part", bound=_OfPerson)


class Terms:
    """A problem by its ids."""

    def __init__(self, problem: RosterProblem) -> None:
        self.problem = problem
        self.shifts: dict[str, Shift] = {shift.id: shift for shift in problem.shifts}
        self.people: dict[str, Person] = {person.id: person for person in problem.people}
        self.order = {shift.id: number for number, shift in enumerate(problem.shifts)}
        self.unavailable = _by_person(problem.unavailable)
        self.requests = _by_person(problem.requests)
        self.pins = _by_person(problem.pins)
        self.published = _by_person(problem.published)
        self.demands: defaultdict[Cell, list[Demand]] = defaultdict(list)
        for demand in problem.demands:
            self.demands[demand.day, demand.shift].append(demand)
        self.pairings: defaultdict[str, set[int]] = defaultdict(set)
        """By person, as places in the problem's list."""
        for number, pairing in enumerate(problem.pairings):
            self.pairings[pairing.person].add(number)
            self.pairings[pairing.other].add(number)

    @cached_property
    def fair_share(self) -> int:
        """Shifts for each person, if all that are wanted and all that are carried are shared out evenly, rounded up."""
        wanted = sum(demand.target for demand in self.problem.demands if demand.skill is None)
        carried = sum(person.carried for person in self.problem.people)
        return -(-(wanted + carried) // len(self.problem.people))

    def go_together(self, one: str, other: str) -> bool:
        """Whether somebody may work both shifts on one day."""
        return other in self.shifts[one].same_day_with or one in self.shifts[other].same_day_with

    def weekday(self, day: int) -> int:
        """0 is Monday."""
        return (self.problem.start.weekday() + day) % WEEK

    def week(self, day: int) -> int:
        """Weeks are from Monday to Sunday; the first is 0, also if the horizon starts within it."""
        return (self.problem.start.weekday() + day) // WEEK


def _by_person(parts: Iterable[Part]) -> defaultdict[str, list[Part]]:
    found: defaultdict[str, list[Part]] = defaultdict(list)
    for part in parts:
        found[part.person].append(part)
    return found


class Roster:
    """Who works what. ValueError: an assignment to somebody or something that the problem has not, or stands twice."""

    def __init__(self, terms: Terms, assignments: Iterable[Assignment]) -> None:
        self.terms = terms
        self._days: dict[str, dict[int, list[str]]] = {person: {} for person in terms.people}
        self._on_duty: defaultdict[Cell, set[str]] = defaultdict(set)
        for number, each in enumerate(assignments):
            place = f"assignments.{number}"
            if each.person not in terms.people:
                raise ValueError(f"{place}.person: không có người “{each.person}” / there is no such person")
            if each.shift not in terms.shifts:
                raise ValueError(f"{place}.shift: không có ca “{each.shift}” / there is no such shift")
            if each.day >= terms.problem.days:
                raise ValueError(f"{place}.day: {each.day} ngoài kỳ xếp lịch / is after the last day")
            if each.person in self._on_duty[each.day, each.shift]:
                raise ValueError(f"{place}: xuất hiện hai lần / stands twice")
            self._add(each)

    def days(self, person: str) -> dict[int, list[str]]:
        """The days that somebody works, with their shifts in the problem's order."""
        return self._days[person]

    def shifts(self, person: str, day: int) -> list[str]:
        """What somebody works on a day; none: a day off."""
        return self._days[person].get(day, [])

    def count(self, person: str) -> int:
        """Shifts that somebody works."""
        return sum(len(shifts) for shifts in self._days[person].values())

    def on_duty(self, cell: Cell) -> set[str]:
        """Who works a shift of a day."""
        return self._on_duty.get(cell, set())

    def cells(self) -> set[Cell]:
        """All where somebody works."""
        return {cell for cell, people in self._on_duty.items() if people}

    @contextmanager
    def changed(self, gone: Iterable[Assignment], new: Iterable[Assignment]) -> Iterator[None]:
        """The roster with some assignments exchanged, for as long as the block runs."""
        gone, new = list(gone), list(new)
        self._exchange(gone, new)
        try:
            yield
        finally:
            self._exchange(new, gone)

    def _exchange(self, gone: list[Assignment], new: list[Assignment]) -> None:
        for each in gone:
            self._remove(each)
        for each in new:
            self._add(each)

    def _add(self, each: Assignment) -> None:
        shifts = [*self.shifts(each.person, each.day), each.shift]
        self._days[each.person][each.day] = sorted(shifts, key=self.terms.order.__getitem__)
        self._on_duty[each.day, each.shift].add(each.person)

    def _remove(self, each: Assignment) -> None:
        shifts = [shift for shift in self.shifts(each.person, each.day) if shift != each.shift]
        if shifts:
            self._days[each.person][each.day] = shifts
        else:
            del self._days[each.person][each.day]
        self._on_duty[each.day, each.shift].remove(each.person)
