"""What one person's plan costs by itself: limits, fairness, and the cells; exact, for whichever way it was found."""

from collections.abc import Iterator

from contracts.scheduling.roster import LimitName
from services.scheduling.solver.compact import HOUR, OFF, SATURDAY, Compact, Plan


def plan_cost(compact: Compact, person: int, plan: Plan) -> float:
    """All that a plan costs but what ties people to each other."""
    return (
        compact.cost_of(person, plan)
        + sum(
            compact.weight(compact.problem.people[person], name) * amount
            for name, amount in excesses(compact, person, plan)
        )
        + fairness(compact, person, plan)
    )


def fairness(compact: Compact, person: int, plan: Plan) -> float:
    """`fairness_weight` times the square of the shifts above the fair share."""
    weight = compact.problem.fairness_weight
    if not weight:
        return 0.0
    worked = sum(int(compact.sizes[option]) for option in plan if option != OFF)
    above = compact.problem.people[person].carried + worked - compact.fair_share
    return float(weight * max(0, above) ** 2)


def excesses(compact: Compact, person: int, plan: Plan) -> Iterator[tuple[LimitName, int]]:
    """By how many units which limits are broken; minutes count in started hours."""
    who = compact.problem.people[person]
    limits = who.limits
    minutes = compact.unit * sum(int(compact.minutes[option]) for option in plan if option != OFF)
    if limits.min_minutes is not None and minutes < limits.min_minutes:
        yield LimitName.MIN_MINUTES, -(-(limits.min_minutes - minutes) // HOUR)
    if limits.max_minutes is not None and minutes > limits.max_minutes:
        yield LimitName.MAX_MINUTES, -(-(minutes - limits.max_minutes) // HOUR)
    for shift, most in limits.max_shifts.items():
        number = compact.shift_index[shift]
        worked = sum(number in compact.options[option] for option in plan if option != OFF)
        if worked > most:
            yield LimitName.MAX_SHIFTS, worked - most
    if limits.max_per_week is not None:
        for worked in _weekly(compact, plan):
            if worked > limits.max_per_week:
                yield LimitName.MAX_PER_WEEK, worked - limits.max_per_week
    if limits.max_weekends is not None:
        weekends = {
            compact.week[day] for day, option in enumerate(plan) if option != OFF and compact.weekday[day] >= SATURDAY
        }
        if len(weekends) > limits.max_weekends:
            yield LimitName.MAX_WEEKENDS, len(weekends) - limits.max_weekends
    yield from _runs(compact, person, plan)


def _weekly(compact: Compact, plan: Plan) -> list[int]:
    weeks: dict[int, int] = {}
    for day, option in enumerate(plan):
        if option != OFF:
            week = compact.week[day]
            weeks[week] = weeks.get(week, 0) + int(compact.sizes[option])
    return list(weeks.values())


def _runs(compact: Compact, person: int, plan: Plan) -> Iterator[tuple[LimitName, int]]:
    """Too long and too short runs. One at an edge of the horizon is never too short."""
    who = compact.problem.people[person]
    limits = who.limits
    start = 0
    for day in range(1, len(plan) + 1):
        if day < len(plan) and (plan[day] == OFF) == (plan[start] == OFF):
            continue
        inside, length = start > 0 and day < len(plan), day - start
        if plan[start] != OFF:
            long = length + (who.worked_before if start == 0 else 0)
            if limits.max_consecutive is not None and long > limits.max_consecutive:
                yield LimitName.MAX_CONSECUTIVE, min(long - limits.max_consecutive, length)
            if inside and length < limits.min_consecutive:
                yield LimitName.MIN_CONSECUTIVE, limits.min_consecutive - length
        elif inside and length < limits.min_consecutive_off:
            yield LimitName.MIN_CONSECUTIVE_OFF, limits.min_consecutive_off - length
        start = day
