"""What a cell, one shift of one day, costs by who works it together, one function for each rule."""

from collections.abc import Iterator

from contracts.scheduling.roster import HARD, Demand, Match, Pairing, PairingKind, Rule
from services.scheduling.domain.roster import Cell, Roster


def shared(roster: Roster, cell: Cell) -> Iterator[Match]:
    """All that ties people to each other in a cell."""
    for rule in (_demands, _pairings, _adults_with_minors):
        yield from rule(roster, cell)


def _demands(roster: Roster, cell: Cell) -> Iterator[Match]:
    for demand in roster.terms.demands.get(cell, ()):
        present = working(roster, demand)
        yield from _demand(demand, Rule.MINIMUM, demand.minimum - present, None)
        yield from _demand(demand, Rule.UNDER_TARGET, demand.target - present, demand.under_weight)
        yield from _demand(demand, Rule.OVER_TARGET, present - demand.target, demand.over_weight)
        if demand.maximum is not None:
            yield from _demand(demand, Rule.MAXIMUM, present - demand.maximum, None)


def working(roster: Roster, demand: Demand) -> int:
    """How many of those who work a demand's shift count for it."""
    people = roster.on_duty((demand.day, demand.shift))
    return sum(demand.skill is None or demand.skill in roster.terms.people[person].skills for person in people)


def _demand(demand: Demand, rule: Rule, amount: int, weight: int | None) -> Iterator[Match]:
    """Without a weight it is hard."""
    cost = amount * (HARD if weight is None else weight)
    if amount > 0 and cost > 0:
        yield Match(
            rule=rule,
            hard=weight is None,
            amount=amount,
            cost=cost,
            day=demand.day,
            shift=demand.shift,
            skill=demand.skill,
        )


def _pairings(roster: Roster, cell: Cell) -> Iterator[Match]:
    people = roster.on_duty(cell)
    for number in sorted({number for person in people for number in roster.terms.pairings.get(person, ())}):
        pairing = roster.terms.problem.pairings[number]
        both = pairing.person in people and pairing.other in people
        cost = HARD if pairing.weight is None else pairing.weight
        if cost and both == (pairing.kind is PairingKind.APART):
            yield _pairing(pairing, cell, cost)


def _pairing(pairing: Pairing, cell: Cell, cost: int) -> Match:
    return Match(
        rule=Rule.APART if pairing.kind is PairingKind.APART else Rule.TOGETHER,
        hard=pairing.weight is None,
        amount=1,
        cost=cost,
        person=pairing.person,
        other=pairing.other,
        day=cell[0],
        shift=cell[1],
    )


def _adults_with_minors(roster: Roster, cell: Cell) -> Iterator[Match]:
    """`amount`: adults that a shift lacks on which a minor works."""
    wanted = roster.terms.problem.adults_with_minors
    minors = [roster.terms.people[person].minor for person in roster.on_duty(cell)]
    lacking = wanted - minors.count(False)
    if any(minors) and lacking > 0:
        yield Match(
            rule=Rule.ADULTS_WITH_MINORS,
            hard=True,
            amount=lacking,
            cost=HARD * lacking,
            day=cell[0],
            shift=cell[1],
        )
