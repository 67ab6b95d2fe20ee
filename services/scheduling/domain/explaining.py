"""Why somebody does not work a shift, who else could, and why a shift is short: a cell is forced, and judged again.

Only the people and cells that a change touches are judged, so that everybody can be tried at once.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from contracts.scheduling.roster import Assignment, LimitName, Match, RosterProblem, Rule
from services.scheduling.domain.personal_rules import personal
from services.scheduling.domain.roster import Cell, Roster, Terms
from services.scheduling.domain.shared_rules import shared

_BY_RUN = {LimitName.MAX_CONSECUTIVE, LimitName.MIN_CONSECUTIVE, LimitName.MIN_CONSECUTIVE_OFF}
"""Rules whose day moves when a run grows at its beginning."""
_SHORT = (Rule.MINIMUM, Rule.UNDER_TARGET, Rule.ADULTS_WITH_MINORS)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What it means if somebody works a shift: by how much the roster's cost grows, and by which rules.

    `new`: what is broken then, or more than now; `mended`: what no longer is, or less. Their amounts and costs are the
    differences. `leaves`: shifts of that day that do not go with it; `instead_of`: whose place is taken.
    """

    person: str
    day: int
    shift: str
    cost_difference: int
    new: tuple[Match, ...]
    mended: tuple[Match, ...] = ()
    leaves: tuple[str, ...] = ()
    instead_of: str | None = None

    @property
    def blocked_by(self) -> tuple[Match, ...]:
        """The hard rules in the way; none: it could be done."""
        return tuple(match for match in self.new if match.hard)


def candidates(problem: RosterProblem, assignments: Iterable[Assignment], day: int, shift: str) -> list[Candidate]:
    """Everybody who does not work a shift, if they came in addition: who can first, and the cheapest first.

    ValueError: no such shift or day.
    """
    roster = Roster(Terms(problem), assignments)
    _known(roster.terms, day, shift)
    absent = [person for person in roster.terms.people if person not in roster.on_duty((day, shift))]
    return sorted((_placed(roster, person, day, shift) for person in absent), key=_rank)


def why_not(
    problem: RosterProblem, assignments: Iterable[Assignment], person: str, day: int, shift: str | None = None
) -> list[Candidate]:
    """Somebody on the shift of a day, or on each that they do not work: added, or in the place of the one whom that
    costs least. Empty: they work it already. ValueError: no such person, shift or day.
    """
    roster = Roster(Terms(problem), assignments)
    if person not in roster.terms.people:
        raise ValueError(f"không có người “{person}” / there is no person “{person}”")
    _known(roster.terms, day, shift)
    asked = [shift] if shift is not None else list(roster.terms.shifts)
    return sorted(
        (_cheapest(roster, person, day, each) for each in asked if each not in roster.shifts(person, day)), key=_rank
    )


def why_short(
    problem: RosterProblem, assignments: Sequence[Assignment], day: int, shift: str
) -> tuple[list[Match], list[Candidate]]:
    """What a shift lacks, and for each who does not work it what stands against it. ValueError: no such cell."""
    roster = Roster(Terms(problem), assignments)
    _known(roster.terms, day, shift)
    lacking = [match for match in shared(roster, (day, shift)) if match.rule in _SHORT]
    return lacking, candidates(problem, assignments, day, shift)


def _rank(each: Candidate) -> tuple[bool, int]:
    return bool(each.blocked_by), each.cost_difference


def _known(terms: Terms, day: int, shift: str | None) -> None:
    if not 0 <= day < terms.problem.days:
        raise ValueError(f"ngày {day} ngoài kỳ xếp lịch / day {day} is not in 0..{terms.problem.days - 1}")
    if shift is not None and shift not in terms.shifts:
        raise ValueError(f"không có ca “{shift}” / there is no shift “{shift}”")


def _cheapest(roster: Roster, person: str, day: int, shift: str) -> Candidate:
    others = sorted(roster.on_duty((day, shift)))
    tried = [_placed(roster, person, day, shift), *(_placed(roster, person, day, shift, other) for other in others)]
    return min(tried, key=lambda each: each.cost_difference)


def _placed(roster: Roster, person: str, day: int, shift: str, instead_of: str | None = None) -> Candidate:
    """One who works a shift, without the shifts that do not go with it and, if asked, in somebody's place."""
    leaves = tuple(other for other in roster.shifts(person, day) if not roster.terms.go_together(shift, other))
    gone = [Assignment(person=person, day=day, shift=other) for other in leaves]
    if instead_of is not None:
        gone.append(Assignment(person=instead_of, day=day, shift=shift))
    people = [person] if instead_of is None else [person, instead_of]
    cells: list[Cell] = [(day, each) for each in (shift, *leaves)]
    before = list(_judged(roster, people, cells))
    with roster.changed(gone, [Assignment(person=person, day=day, shift=shift)]):
        after = list(_judged(roster, people, cells))
    new, mended = _differences(before, after)
    difference = sum(match.cost for match in after) - sum(match.cost for match in before)
    return Candidate(person, day, shift, difference, new, mended, leaves, instead_of)


def _judged(roster: Roster, people: Iterable[str], cells: Iterable[Cell]) -> Iterator[Match]:
    for person in people:
        yield from personal(roster, roster.terms.people[person])
    for cell in cells:
        yield from shared(roster, cell)


def _differences(before: list[Match], after: list[Match]) -> tuple[tuple[Match, ...], tuple[Match, ...]]:
    """What costs more than before, and what costs less, each by how much."""
    told: dict[tuple[object, ...], Match] = {}
    amounts: dict[tuple[object, ...], tuple[int, int]] = {}
    for sign, found in ((-1, before), (1, after)):
        for match in found:
            day = None if match.rule in _BY_RUN else match.day
            key = (match.rule, match.hard, match.person, match.other, day, match.shift, match.skill)
            amount, cost = amounts.get(key, (0, 0))
            amounts[key] = amount + sign * match.amount, cost + sign * match.cost
            told[key] = match
    new: list[Match] = []
    mended: list[Match] = []
    for what, (amount, cost) in amounts.items():
        if cost:
            side = new if cost > 0 else mended
            side.append(told[what].model_copy(update={"amount": abs(amount), "cost": abs(cost)}))
    return tuple(new), tuple(mended)
