"""The judge: what a roster costs, and by what. It knows nothing of how rosters are found, and no search judges itself.

The rules are in `personal_rules`, `limits` and `shared_rules`. A rule that costs nothing (weight 0) makes no match.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from contracts.scheduling.roster import HARD, Assignment, Match, RosterProblem, RosterSolution, SolutionStatus
from services.scheduling.domain.personal_rules import personal
from services.scheduling.domain.roster import Roster, Terms
from services.scheduling.domain.shared_rules import shared


def matches(problem: RosterProblem, assignments: Iterable[Assignment]) -> list[Match]:
    """All places where a roster costs something: by person, then by day and shift.

    ValueError: an assignment that the problem knows nothing of, or that stands twice; with its place.
    """
    return roster_matches(Roster(Terms(problem), assignments))


def roster_matches(roster: Roster) -> list[Match]:
    """The same, of a roster that is looked up already."""
    terms = roster.terms
    cells = sorted(roster.cells() | set(terms.demands), key=lambda cell: (cell[0], terms.order[cell[1]]))
    return [
        *(match for person in terms.people.values() for match in personal(roster, person)),
        *(match for cell in cells for match in shared(roster, cell)),
    ]


def score(found: Iterable[Match]) -> dict[str, int]:
    """The cost by rule; its sum is the roster's cost."""
    costs: Counter[str] = Counter()
    for match in found:
        costs[match.rule.value] += match.cost
    return dict(sorted(costs.items()))


def hard_units(found: Iterable[Match]) -> int:
    """By how many units hard rules are broken: persons, shifts, days, started hours."""
    return sum(match.cost for match in found if match.hard) // HARD


def solution(
    problem: RosterProblem, assignments: Sequence[Assignment], bound: int, seconds: float, seed: int
) -> RosterSolution:
    """A roster with its cost, judged. It is optimal if the bound is its cost.

    A bound above the cost (a fault of the search that gave it) is passed on as it is, with a gap below 0 that shows it.
    """
    roster = Roster(Terms(problem), assignments)
    found = roster_matches(roster)
    cost = sum(match.cost for match in found)
    people = {person.id: number for number, person in enumerate(problem.people)}
    return RosterSolution(
        problem=problem.id,
        status=SolutionStatus.OPTIMAL if bound == cost else SolutionStatus.FEASIBLE,
        cost=cost,
        hard=hard_units(found),
        bound=bound,
        gap=gap(cost, bound),
        seconds=seconds,
        seed=seed,
        assignments=tuple(
            sorted(assignments, key=lambda each: (each.day, roster.terms.order[each.shift], people[each.person]))
        ),
        score=score(found),
        matches=tuple(found),
    )


def gap(cost: int, bound: int) -> float:
    """How much of the cost may be more than needed: (cost - bound) / cost, and 0 if both are 0."""
    return (cost - bound) / cost if cost else 0.0 - bound
