"""What one person's shifts cost, limits aside (those are in `limits`), one function for each rule."""

from collections.abc import Iterator

from contracts.scheduling.roster import HARD, Match, Person, RequestKind, Rule
from services.scheduling.domain.limits import limits
from services.scheduling.domain.roster import Roster


def personal(roster: Roster, person: Person) -> Iterator[Match]:
    """All that concerns one person alone."""
    for rule in (_unavailable, _not_followed_by, _same_day, _requests, _pins, _changes, limits, _fairness):
        yield from rule(roster, person)


def _unavailable(roster: Roster, person: Person) -> Iterator[Match]:
    """Each shift that is worked all the same."""
    for each in roster.terms.unavailable[person.id]:
        for shift in roster.shifts(person.id, each.day):
            cost = HARD if each.weight is None else each.weight
            if each.shift in (None, shift) and cost:
                yield Match(
                    rule=Rule.UNAVAILABLE,
                    hard=each.weight is None,
                    amount=1,
                    cost=cost,
                    person=person.id,
                    day=each.day,
                    shift=shift,
                )


def _not_followed_by(roster: Roster, person: Person) -> Iterator[Match]:
    """Each shift that one of the day before forbids, `last_shift` included; `amount`: how many of these forbid it."""
    for day, shifts in sorted(roster.days(person.id).items()):
        before = roster.shifts(person.id, day - 1)
        if day == 0 and person.last_shift is not None:
            before = [person.last_shift]
        for shift in shifts:
            count = sum(shift in roster.terms.shifts[earlier].not_followed_by for earlier in before)
            if count:
                yield _hard(Rule.FOLLOWED_BY, person, count, day, shift)


def _same_day(roster: Roster, person: Person) -> Iterator[Match]:
    """Each shift that does not go with another of its day; `amount`: with how many of those before it in the list."""
    for day, shifts in sorted(roster.days(person.id).items()):
        for number, shift in enumerate(shifts):
            count = sum(not roster.terms.go_together(other, shift) for other in shifts[:number])
            if count:
                yield _hard(Rule.SAME_DAY, person, count, day, shift)


def _requests(roster: Roster, person: Person) -> Iterator[Match]:
    for wish in roster.terms.requests[person.id]:
        worked = roster.shifts(person.id, wish.day)
        on = bool(worked) if wish.shift is None else wish.shift in worked
        if on != (wish.kind is RequestKind.ON) and wish.weight:
            yield Match(
                rule=Rule.REQUEST,
                hard=False,
                amount=1,
                cost=wish.weight,
                person=person.id,
                day=wish.day,
                shift=wish.shift,
            )


def _pins(roster: Roster, person: Person) -> Iterator[Match]:
    for pin in roster.terms.pins[person.id]:
        if pin.shift not in roster.shifts(person.id, pin.day):
            yield _hard(Rule.PIN, person, 1, pin.day, pin.shift)


def _changes(roster: Roster, person: Person) -> Iterator[Match]:
    """Each shift taken from or given to somebody since the plan was published; no plan: nothing to change."""
    terms = roster.terms
    weight = terms.problem.change_weight
    if not weight or not terms.problem.published:
        return
    known = {(each.day, each.shift) for each in terms.published[person.id]}
    now = {(day, shift) for day, shifts in roster.days(person.id).items() for shift in shifts}
    for day, shift in sorted(known ^ now, key=lambda cell: (cell[0], terms.order[cell[1]])):
        yield Match(rule=Rule.CHANGE, hard=False, amount=1, cost=weight, person=person.id, day=day, shift=shift)


def _fairness(roster: Roster, person: Person) -> Iterator[Match]:
    """`amount`: shifts above the fair share."""
    weight = roster.terms.problem.fairness_weight
    above = person.carried + roster.count(person.id) - roster.terms.fair_share if weight else 0
    if above > 0:
        yield Match(rule=Rule.FAIRNESS, hard=False, amount=above, cost=weight * above**2, person=person.id)


def _hard(rule: Rule, person: Person, amount: int, day: int, shift: str) -> Match:
    return Match(rule=rule, hard=True, amount=amount, cost=HARD * amount, person=person.id, day=day, shift=shift)
