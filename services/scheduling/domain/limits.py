"""What a person's limits cost, one function for each limit, as the docstring of `Limits` reads them."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from contracts.scheduling.roster import HARD, LimitName, Match, Person
from services.scheduling.domain.roster import Roster

_HOUR = 60
_SATURDAY = 5


def limits(roster: Roster, person: Person) -> Iterator[Match]:
    """All limits that somebody's shifts break."""
    for rule in (
        _min_minutes,
        _max_minutes,
        _max_shifts,
        _max_per_week,
        _max_consecutive,
        _min_consecutive,
        _min_consecutive_off,
        _max_weekends,
    ):
        yield from rule(roster, person)


def _min_minutes(roster: Roster, person: Person) -> Iterator[Match]:
    least = person.limits.min_minutes
    if least is not None:
        yield from _by_the_hour(person, LimitName.MIN_MINUTES, least - _minutes(roster, person))


def _max_minutes(roster: Roster, person: Person) -> Iterator[Match]:
    most = person.limits.max_minutes
    if most is not None:
        yield from _by_the_hour(person, LimitName.MAX_MINUTES, _minutes(roster, person) - most)


def _max_shifts(roster: Roster, person: Person) -> Iterator[Match]:
    worked = Counter(shift for shifts in roster.days(person.id).values() for shift in shifts)
    for shift, most in person.limits.max_shifts.items():
        yield from _broken(person, LimitName.MAX_SHIFTS, worked[shift] - most, shift=shift)


def _max_per_week(roster: Roster, person: Person) -> Iterator[Match]:
    """Named by the first day of the week that lies in the horizon."""
    most = person.limits.max_per_week
    if most is None:
        return
    terms = roster.terms
    worked: Counter[int] = Counter()
    for day, shifts in roster.days(person.id).items():
        worked[max(0, day - terms.weekday(day))] += len(shifts)
    for monday, shifts_worked in sorted(worked.items()):
        yield from _broken(person, LimitName.MAX_PER_WEEK, shifts_worked - most, day=monday)


def _max_consecutive(roster: Roster, person: Person) -> Iterator[Match]:
    """Days before the horizon make a run longer; what is too much is at most the run's days within it."""
    most = person.limits.max_consecutive
    if most is None:
        return
    for run in _runs(roster, person):
        if run.worked:
            before = person.worked_before if run.first == 0 else 0
            excess = min(run.length, before + run.length - most)
            yield from _broken(person, LimitName.MAX_CONSECUTIVE, excess, day=run.first)


def _min_consecutive(roster: Roster, person: Person) -> Iterator[Match]:
    for run in _runs(roster, person):
        if run.worked and run.inside:
            lacking = person.limits.min_consecutive - run.length
            yield from _broken(person, LimitName.MIN_CONSECUTIVE, lacking, day=run.first)


def _min_consecutive_off(roster: Roster, person: Person) -> Iterator[Match]:
    for run in _runs(roster, person):
        if not run.worked and run.inside:
            lacking = person.limits.min_consecutive_off - run.length
            yield from _broken(person, LimitName.MIN_CONSECUTIVE_OFF, lacking, day=run.first)


def _max_weekends(roster: Roster, person: Person) -> Iterator[Match]:
    """One day of it is enough, also where the horizon cuts a weekend in two."""
    most = person.limits.max_weekends
    if most is None:
        return
    terms = roster.terms
    worked = {terms.week(day) for day in roster.days(person.id) if terms.weekday(day) >= _SATURDAY}
    yield from _broken(person, LimitName.MAX_WEEKENDS, len(worked) - most)


class _Run(NamedTuple):
    """Days in a row, all worked or all off. `inside`: neither the first nor the last day of the horizon is in it."""

    first: int
    length: int
    worked: bool
    inside: bool


def _runs(roster: Roster, person: Person) -> Iterator[_Run]:
    last = roster.terms.problem.days - 1
    worked_days = roster.days(person.id)
    for worked, group in groupby(range(last + 1), key=worked_days.__contains__):
        days = list(group)
        yield _Run(days[0], len(days), worked, days[0] > 0 and days[-1] < last)


def _minutes(roster: Roster, person: Person) -> int:
    shifts = roster.terms.shifts
    return sum(shifts[shift].minutes for worked in roster.days(person.id).values() for shift in worked)


def _by_the_hour(person: Person, name: LimitName, minutes: int) -> Iterator[Match]:
    """`amount` is in minutes; each started hour costs a unit."""
    yield from _broken(person, name, minutes, units=-(-minutes // _HOUR))


def _broken(
    person: Person,
    name: LimitName,
    amount: int,
    *,
    units: int | None = None,
    day: int | None = None,
    shift: str | None = None,
) -> Iterator[Match]:
    """The limit's match, if it is broken and that costs something. `units` that are paid for, if not `amount`."""
    weight = person.limits.weights.get(name)
    cost = (HARD if weight is None else weight) * (amount if units is None else units)
    if amount > 0 and cost > 0:
        yield Match(rule=name, hard=weight is None, amount=amount, cost=cost, person=person.id, day=day, shift=shift)
