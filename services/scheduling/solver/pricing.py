"""The best plans of single people for given prices of cells: a dynamic programme over days, for many people at once.

The state after a day is the run somebody is in (days worked in a row and the last option, or days off in a row) and
what has been used up: time, weekends, counted shifts, the running week. All states of one kind are one array, so that
a day costs a few array operations whatever the number of people. People stand last: what concerns one of them is
broadcast. Soft limits on shifts and weeks are left out here: plans are costed exactly elsewhere, and leaving a cost out
keeps a bound a bound.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contracts.scheduling.roster import HARD, LimitName, Limits
from services.scheduling.solver.compact import HOUR, OFF, SATURDAY, Compact, Floats, Plan

Singles = NDArray[np.float32]
NEVER = np.float32(1e9)
"""What cannot be."""
POSSIBLE = np.float32(4e8)
"""What is more than this cannot be either: something was added to `NEVER`, or taken from it."""


class Signature(NamedTuple):
    """What has to be counted for somebody. People with the same signature are priced together."""

    time: bool
    weekends: bool
    week: bool
    shifts: tuple[int, ...]
    free: bool = False
    """Whether limits may be broken at their cost, as what is pinned breaks them."""


def signature(compact: Compact, person: int, shifts: tuple[int, ...], *, free: bool = False) -> Signature:
    """What has to be counted for somebody; `shifts`: the kinds of shifts that are counted exactly."""
    limits = compact.problem.people[person].limits
    time = limits.min_minutes is not None or limits.max_minutes is not None or bool(compact.problem.fairness_weight)
    hard_week = limits.max_per_week is not None and LimitName.MAX_PER_WEEK not in limits.weights
    return Signature(time, limits.max_weekends is not None, hard_week and not free, () if free else shifts, free)


def elastic(limits: Limits) -> Limits:
    """The same limits, none of them hard."""
    return limits.model_copy(update={"weights": dict.fromkeys(LimitName, HARD) | limits.weights})


class Group:
    """People of one signature. What is used up has the dimensions time, weekends, each counted shift, week."""

    def __init__(self, compact: Compact, people: Sequence[int], counted: Signature) -> None:
        self.compact, self.people, self.counted = compact, list(people), counted
        self._who = [compact.problem.people[person] for person in people]
        self._limits = [elastic(who.limits) if counted.free else who.limits for who in self._who]
        self._weekends = len(set(compact.week))
        self._longest = int(compact.minutes.max()) * compact.days
        self._shape()
        self._run_costs()
        self._end_costs()

    def _hard(self, limits: Limits, name: LimitName, most: int | None, otherwise: int) -> int:
        return otherwise if most is None or name in limits.weights else min(most, otherwise)

    def _shape(self) -> None:
        compact, counted = self.compact, self.counted
        time = [
            self._hard(
                each,
                LimitName.MAX_MINUTES,
                None if each.max_minutes is None else each.max_minutes // compact.unit,
                self._longest,
            )
            for each in self._limits
        ]
        weekends = [
            self._hard(each, LimitName.MAX_WEEKENDS, each.max_weekends, self._weekends) for each in self._limits
        ]
        week = [each.max_per_week or 0 for each in self._limits]
        names = [compact.problem.shifts[shift].id for shift in counted.shifts]
        shifts = [
            [self._hard(each, LimitName.MAX_SHIFTS, each.max_shifts.get(name), compact.days) for each in self._limits]
            for name in names
        ]
        self._most = [most for most, is_counted in ((time, counted.time), (weekends, counted.weekends)) if is_counted]
        self._most += [*shifts, *([week] if counted.week else [])]
        self._weekend_axis = int(counted.time) if counted.weekends else None
        self._week_axis = len(self._most) - 1 if counted.week else None
        self.dims = (*(1 + max(most) for most in self._most), len(self.people))
        self.steps = [self._step(option) for option in range(len(compact.options))]

    def _step(self, option: int) -> list[int]:
        """By how much a day with an option moves each dimension, weekends aside."""
        compact, counted = self.compact, self.counted
        step = [int(compact.minutes[option])] if counted.time else []
        step += [0] if counted.weekends else []
        step += [int(shift in compact.options[option]) for shift in counted.shifts]
        return step + ([int(compact.sizes[option])] if counted.week else [])

    def _run_costs(self) -> None:
        limits, days = self._limits, self.compact.days
        needed = [max(each.max_consecutive or 1, each.min_consecutive, 1) for each in limits]
        self.worked = min(max(needed), days + max(who.worked_before for who in self._who))
        self.rested = min(max(each.min_consecutive_off for each in limits), days)
        self.long = np.zeros((self.worked, len(limits)), np.float32)
        self.stay = np.zeros(len(limits), np.float32)
        self.short = np.zeros((self.worked, len(limits)), np.float32)
        self.short_rest = np.zeros((self.rested, len(limits)), np.float32)
        for number, each in enumerate(limits):
            lengths, rests = np.arange(1, self.worked + 1), np.arange(1, self.rested + 1)
            if each.max_consecutive is not None:
                too_long = self._price(each, LimitName.MAX_CONSECUTIVE)
                self.long[:, number] = np.where(lengths > each.max_consecutive, too_long, 0)
                self.stay[number] = too_long if self.worked >= each.max_consecutive else 0
            short = self._price(each, LimitName.MIN_CONSECUTIVE)
            self.short[:, number] = np.minimum(np.maximum(each.min_consecutive - lengths, 0) * short, NEVER)
            short = self._price(each, LimitName.MIN_CONSECUTIVE_OFF)
            self.short_rest[:, number] = np.minimum(np.maximum(each.min_consecutive_off - rests, 0) * short, NEVER)
        self.may_stay = bool((self.stay < NEVER).any())
        before = [who.worked_before for who in self._who]
        self.first = np.array([min(each, self.worked - 1) for each in before])
        self.first_long = np.array(
            [
                self._price(each, LimitName.MAX_CONSECUTIVE)
                if worked and worked + 1 > (each.max_consecutive or self.compact.days + worked)
                else 0
                for each, worked in zip(limits, before, strict=True)
            ],
            np.float32,
        )

    def _price(self, limits: Limits, name: LimitName) -> np.float32:
        return np.float32(limits.weights[name]) if name in limits.weights else NEVER

    def _end_costs(self) -> None:
        """What it costs to have used up so much in the end."""
        self.end = np.zeros(self.dims, np.float32)
        for axis, most in enumerate(self._most):
            used = np.arange(self.dims[axis])[:, None]
            self._add_end(axis, np.where(used > np.array(most)[None], NEVER, 0))
        for number, each in enumerate(self._limits):
            if self.counted.time:
                minutes = np.arange(self.dims[0]) * self.compact.unit
                self._add_end_of(0, number, LimitName.MIN_MINUTES, -(-((each.min_minutes or 0) - minutes) // HOUR))
                if each.max_minutes is not None and LimitName.MAX_MINUTES in each.weights:
                    self._add_end_of(0, number, LimitName.MAX_MINUTES, -(-(minutes - each.max_minutes) // HOUR))
            if (
                self._weekend_axis is not None
                and each.max_weekends is not None
                and LimitName.MAX_WEEKENDS in each.weights
            ):
                over = np.arange(self.dims[self._weekend_axis]) - each.max_weekends
                self._add_end_of(self._weekend_axis, number, LimitName.MAX_WEEKENDS, over)
        weight = self.compact.problem.fairness_weight
        if (
            weight
            and self.counted.time
            and bool((self.compact.minutes == self.compact.sizes * self.compact.minutes[0]).all())
        ):
            shifts = np.arange(self.dims[0])[:, None] // int(self.compact.minutes[0])
            carried = np.array([who.carried for who in self._who])[None]
            self._add_end(0, weight * np.maximum(shifts + carried - self.compact.fair_share, 0) ** 2)

    def _add_end(self, axis: int, cost: NDArray[Any]) -> None:
        shape = [1] * len(self.dims)
        shape[axis], shape[-1] = self.dims[axis], len(self.people)
        self.end += cost.astype(np.float32).reshape(shape)

    def _add_end_of(self, axis: int, number: int, name: LimitName, amount: NDArray[Any]) -> None:
        weight = self.compact.weight(self.compact.problem.people[self.people[number]], name)
        cost = np.zeros((self.dims[axis], len(self.people)))
        cost[:, number] = np.minimum(np.maximum(amount, 0) * float(weight), float(POSSIBLE) / 2)
        self._add_end(axis, cost)

    def moves(self, option: int, weekend: bool) -> tuple[Any, Any]:
        """From where to where in what is used up a day with an option leads."""
        source: list[slice] = []
        target: list[slice] = []
        for axis, step in enumerate(self.steps[option]):
            by = step + (1 if weekend and axis == self._weekend_axis else 0)
            source.append(slice(0, max(0, self.dims[axis] - by)) if by else slice(None))
            target.append(slice(by, None) if by else slice(None))
        return (Ellipsis, *source, slice(None)), (Ellipsis, *target, slice(None))

    def used_before(self, used: list[int], option: int, weekend: bool) -> list[int]:
        """What had been used up before a day with an option."""
        return [
            u - step - (1 if weekend and axis == self._weekend_axis else 0)
            for axis, (u, step) in enumerate(zip(used, self.steps[option], strict=True))
        ]

    @property
    def week_axis(self) -> int | None:
        """Which dimension is the running week's, counted from the first of what is used up."""
        return self._week_axis


class Programme:
    """A group's dynamic programme for one set of prices."""

    def __init__(self, group: Group, cost: Floats, off_cost: Floats) -> None:
        """`cost`: people x days x options, `NEVER` where it may not be; `off_cost`: people x days."""
        self.group = group
        self._cost = np.minimum(cost, NEVER).astype(np.float32)
        self._off = np.minimum(off_cost, NEVER).astype(np.float32)
        self._days, self._options = cost.shape[1], cost.shape[2]
        self._work = np.full((self._days, self._options, group.worked, *group.dims), NEVER, np.float32)
        self._rest = np.full((self._days, group.rested, *group.dims), NEVER, np.float32)
        self._first_day()
        for day in range(1, self._days):
            self._next_day(day)
        self.total: Singles = np.minimum(self._work[-1].min((0, 1)), self._rest[-1].min(0)) + group.end
        """The least cost by what is used up in the end, people last."""

    def _wide(self, values: Singles) -> Singles:
        """Values by run and person, so that they are broadcast over what is used up."""
        return values.reshape(values.shape[0], *([1] * (len(self.group.dims) - 1)), values.shape[1])

    def _first_day(self) -> None:
        group = self.group
        start = np.full(group.dims, NEVER, np.float32)
        start[(0,) * (len(group.dims) - 1)] = 0
        weekend = bool(group.compact.weekday[0] >= SATURDAY)
        for option in range(self._options):
            source, target = group.moves(option, weekend)
            for run in set(group.first.tolist()):
                mine = group.first == run
                cost = np.where(mine, self._cost[:, 0, option] + group.first_long, NEVER)
                place = self._work[0, option, run][target]
                np.minimum(place, (start + cost)[source], out=place)
        self._rest[0, 0] = start + self._off[:, 0]

    def _next_day(self, day: int) -> None:
        group = self.group
        weekday = int(group.compact.weekday[day])
        work, rest = self._work[day - 1], self._rest[day - 1]
        if weekday == 0 and group.week_axis is not None:
            work, rest = self._new_week(work, 2), self._new_week(rest, 1)
        anywhere = work.min(0)
        stopped = (anywhere + self._wide(self._too_short(day))).min(0)
        ready = (rest + self._wide(self._too_short_rest(day))).min(0)
        off, now = self._off[:, day], self._rest[day]
        np.add(stopped, off, out=now[0])
        if group.rested > 1:
            np.add(rest[:-1], off, out=now[1:])
        np.minimum(now[-1], rest[-1] + off, out=now[-1])
        for option in range(self._options):
            self._work_on(day, weekday, option, work, anywhere, ready)

    def _work_on(self, day: int, weekday: int, option: int, work: Singles, anywhere: Singles, ready: Singles) -> None:
        group, cost, now = self.group, self._cost[:, day, option], self._work[day, option]
        source, target = group.moves(option, weekday >= SATURDAY)
        np.add(ready[source], cost, out=now[0][target])
        source, target = group.moves(option, weekday == SATURDAY)
        before = group.compact.before[option]
        if not before:
            return
        best = anywhere if len(before) == self._options else work[before].min(0)
        if group.worked > 1:
            place = now[1:][target]
            np.add(best[:-1][source], cost + self._wide(group.long[1:]), out=place)
        if group.may_stay:
            place = now[-1][target]
            np.minimum(place, best[-1][source] + (cost + group.stay), out=place)

    def _new_week(self, states: Singles, lead: int) -> Singles:
        axis = lead + (self.group.week_axis or 0)
        fresh = np.full_like(states, NEVER)
        first = [slice(None)] * states.ndim
        first[axis] = slice(0, 1)
        fresh[tuple(first)] = states.min(axis, keepdims=True)
        return fresh

    def _too_short(self, day: int) -> Singles:
        """What it costs to stop working on a day; a run from the horizon's first day is never too short."""
        costs = self.group.short.copy()
        run = self.group.first + day - 1
        inside = run < self.group.worked
        costs[run[inside], np.flatnonzero(inside)] = 0
        return costs

    def _too_short_rest(self, day: int) -> Singles:
        costs = self.group.short_rest
        if day <= self.group.rested:
            costs = costs.copy()
            costs[day - 1] = 0
        return costs

    def plan(self, number: int, used: Sequence[int]) -> Plan:
        """The best plan of the group's `number`th person that ends with so much used up."""
        left = [int(each) for each in used]
        work, rest = self._at(self._days - 1, left, number)
        plan = [OFF] * self._days
        option, run = (int(each) for each in np.unravel_index(int(work.argmin()), work.shape))
        working = bool(work.min() < rest.min())
        if not working:
            run = int(rest.argmin())
        for day in range(self._days - 1, -1, -1):
            if working:
                plan[day] = option
            if day:
                working, option, run = self._before(day, working, option, run, left, number)
        return tuple(plan)

    def _at(self, day: int, used: Sequence[Any], number: int) -> tuple[Singles, Singles]:
        return self._work[(day, slice(None), slice(None), *used, number)], self._rest[(day, slice(None), *used, number)]

    def _before(
        self, day: int, working: bool, option: int, run: int, left: list[int], number: int
    ) -> tuple[bool, int, int]:
        """The state on the day before, which is chosen as it was reached; `left` is taken back as well."""
        group = self.group
        weekday = int(group.compact.weekday[day])
        monday = weekday == 0 and group.week_axis is not None
        found: list[tuple[float, bool, int, int, list[int]]] = []

        def look(
            working_before: bool, taken: list[int], runs: Sequence[int], options: Sequence[int], more: Singles
        ) -> None:
            places = [taken]
            if monday and group.week_axis is not None:
                places = [
                    [*taken[: group.week_axis], week, *taken[group.week_axis + 1 :]]
                    for week in range(group.dims[group.week_axis])
                ]
            for place in places:
                work, rest = self._at(day - 1, place, number)
                for each in runs:
                    if working_before:
                        found.extend((float(work[o, each] + more[each]), True, o, each, place) for o in options)
                    else:
                        found.append((float(rest[each] + more[each]), False, OFF, each, place))

        nothing = np.zeros(max(group.worked, group.rested), np.float32)
        every = range(self._options)
        if working:
            if run == 0:
                taken = group.used_before(left, option, weekday >= SATURDAY)
                look(False, taken, range(group.rested), (), self._too_short_rest(day)[:, number])
            taken = group.used_before(left, option, weekday == SATURDAY)
            if min(taken, default=0) >= 0:
                if run > 0:
                    look(True, taken, [run - 1], group.compact.before[option], nothing + group.long[run, number])
                if run == group.worked - 1:
                    look(True, taken, [run], group.compact.before[option], nothing + group.stay[number])
        else:
            if run == 0:
                look(True, left, range(group.worked), every, self._too_short(day)[:, number])
            else:
                look(False, left, [run - 1], (), nothing)
            if run == group.rested - 1:
                look(False, left, [run], (), nothing)
        _, before, option, run, place = min(found)
        left[:] = place
        return before, option, run
