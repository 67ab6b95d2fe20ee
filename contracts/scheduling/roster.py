"""The roster problem and its solution: what `tiepsuc roster solve` reads and writes, and what scheduling solves itself.

Days count from 0 at `start`. A person works one shift a day, or several that name each other in `same_day_with`. All
weights are whole numbers of one scale, the cost; what is hard costs `HARD` a unit, so that a problem with more wishes
than hands still has a best roster, with every broken rule named. A person's hard limits are not broken to meet a need:
the need stays open. They are broken by pins only; the least time is missed where nothing else is left.
"""

from datetime import date, time
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

HARD = 1_000_000
"""The cost of one unit by which a hard rule is broken: more than all wishes of a problem together."""
MAX_WEIGHT = 10_000

Id = Annotated[str, Field(min_length=1, max_length=80)]
Weight = Annotated[int, Field(ge=0, le=MAX_WEIGHT)]
Count = Annotated[int, Field(ge=0, le=100_000)]
DayIndex = Annotated[int, Field(ge=0, lt=400)]


class RosterPart(BaseModel):
    """Base: immutable, and an unknown field is an error, as it is a word that somebody mistyped."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Shift(RosterPart):
    """A kind of shift at a place. `not_followed_by`: shifts that the same person may not work on the next day.

    `start` tells people when; rest between shifts is stated by `not_followed_by`. `same_day_with`: shifts that the same
    person may work on the same day; named by one of two, it holds for both.
    """

    id: Id
    minutes: Annotated[int, Field(ge=1, le=1440)]
    start: time | None = None
    not_followed_by: frozenset[Id] = frozenset()
    same_day_with: frozenset[Id] = frozenset()


class LimitName(StrEnum):
    """A person's limits, as `Limits` has them."""

    MIN_MINUTES = "min_minutes"
    MAX_MINUTES = "max_minutes"
    MAX_SHIFTS = "max_shifts"
    MAX_PER_WEEK = "max_per_week"
    MAX_CONSECUTIVE = "max_consecutive"
    MIN_CONSECUTIVE = "min_consecutive"
    MIN_CONSECUTIVE_OFF = "min_consecutive_off"
    MAX_WEEKENDS = "max_weekends"


class Limits(RosterPart):
    """What one person may and must work over the horizon; None: no limit.

    `max_shifts`: by shift; one that is not named is not limited. `max_per_week`: shifts from Monday to Sunday.
    `max_consecutive`, `min_consecutive`: days worked in a row; `min_consecutive_off`: days off in a row. A run with the
    horizon's first or last day in it is never too short; one that goes on from before it is too long by its days within
    it at most. `max_weekends`: weekends with work on Saturday or Sunday; of one that the horizon cuts, the day in it.
    `weights`: the limits that are soft, each with the cost of a unit; all others are hard. A unit is a shift, a day, a
    weekend, and of minutes each started hour (a match's `amount` is in minutes).
    """

    min_minutes: Count | None = None
    max_minutes: Count | None = None
    max_shifts: dict[Id, Count] = Field(default_factory=dict)
    max_per_week: Count | None = None
    max_consecutive: Annotated[int, Field(ge=1)] | None = None
    min_consecutive: Annotated[int, Field(ge=1)] = 1
    min_consecutive_off: Annotated[int, Field(ge=1)] = 1
    max_weekends: Count | None = None
    weights: dict[LimitName, Weight] = Field(default_factory=dict)


class Person(RosterPart):
    """Somebody who can be on duty. `carried`: shifts worked before the horizon, for fairness over time.

    `worked_before`: days in a row up to the day before the horizon; `last_shift`: the shift of that day.
    """

    id: Id
    skills: frozenset[Id] = frozenset()
    minor: bool = False
    limits: Limits = Limits()
    carried: Count = 0
    worked_before: Count = 0
    last_shift: Id | None = None


class Demand(RosterPart):
    """How many people a shift needs on a day; with `skill`, how many of them have it (lead, deputy, km, ...).

    `minimum` and `maximum` are hard; each person less or more than `target` costs `under_weight` or `over_weight`. One
    person counts for every skill they have.
    """

    day: DayIndex
    shift: Id
    skill: Id | None = None
    minimum: Count = 0
    target: Count = 0
    maximum: Count | None = None
    under_weight: Weight = 100
    over_weight: Weight = 1

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.target < self.minimum or (self.maximum is not None and self.maximum < self.target):
            raise ValueError("cần minimum ≤ target ≤ maximum / minimum ≤ target ≤ maximum is needed")
        return self


class Unavailability(RosterPart):
    """Somebody cannot work: a day, or one shift of it. Hard, unless it has a weight."""

    person: Id
    day: DayIndex
    shift: Id | None = None
    weight: Weight | None = None


class RequestKind(StrEnum):
    """Whether a shift is wished for, or wished away."""

    ON = "on"
    OFF = "off"


class Request(RosterPart):
    """A wish: this shift (None: any) on this day, or not this shift; its weight is its cost if it is not met."""

    person: Id
    day: DayIndex
    shift: Id | None = None
    kind: RequestKind
    weight: Weight


class Assignment(RosterPart):
    """One person on one shift."""

    person: Id
    day: DayIndex
    shift: Id


class PairingKind(StrEnum):
    """Whether two people work the same shifts, or never the same one."""

    TOGETHER = "together"
    APART = "apart"


class Pairing(RosterPart):
    """Two people on the same shifts or never on the same one. Hard, unless it has a weight: the cost for each shift."""

    person: Id
    other: Id
    kind: PairingKind
    weight: Weight | None = None


class RosterProblem(RosterPart):
    """A roster to be made.

    `pins`: what has to stay, hard. `published`: the plan people know; each shift taken from somebody or given to
    somebody costs `change_weight`. `adults_with_minors`: how many adults a shift needs on which a minor works, hard.
    `fairness_weight`: times the square of the shifts, `carried` included, that somebody has above the fair share (all
    shifts wanted and carried, over all people, rounded up).
    """

    id: Id
    start: date
    days: Annotated[int, Field(ge=1, le=400)]
    shifts: Annotated[tuple[Shift, ...], Field(min_length=1, max_length=64)]
    people: Annotated[tuple[Person, ...], Field(min_length=1, max_length=1_000)]
    demands: tuple[Demand, ...] = ()
    unavailable: tuple[Unavailability, ...] = ()
    requests: tuple[Request, ...] = ()
    pins: tuple[Assignment, ...] = ()
    published: tuple[Assignment, ...] = ()
    change_weight: Weight = 0
    pairings: tuple[Pairing, ...] = ()
    adults_with_minors: Count = 0
    fairness_weight: Weight = 0

    @model_validator(mode="after")
    def _refers_to_what_there_is(self) -> Self:
        """ValueError: an id that stands twice or is none, a day after the last, with its place."""
        shifts = _unique("shifts", [each.id for each in self.shifts])
        people = _unique("people", [each.id for each in self.people])
        for number, shift in enumerate(self.shifts):
            for other in sorted(shift.not_followed_by | shift.same_day_with):
                _known(f"shifts.{number}", "shift", other, shifts)
        for number, person in enumerate(self.people):
            for name in sorted(person.limits.max_shifts):
                _known(f"people.{number}.limits.max_shifts", "shift", name, shifts)
            if person.last_shift is not None:
                _known(f"people.{number}.last_shift", "shift", person.last_shift, shifts)
        for name in ("demands", "unavailable", "requests", "pins", "published"):
            for number, each in enumerate(getattr(self, name)):
                place = f"{name}.{number}"
                if each.day >= self.days:
                    raise ValueError(f"{place}.day: {each.day} ngoài kỳ xếp lịch / is not before {self.days}")
                if each.shift is not None:
                    _known(f"{place}.shift", "shift", each.shift, shifts)
                if not isinstance(each, Demand):
                    _known(f"{place}.person", "person", each.person, people)
        _unique("demands", [f"day {each.day}, {each.shift}, {each.skill}" for each in self.demands])
        for name in ("pins", "published"):
            _unique(name, [f"{each.person}, day {each.day}, {each.shift}" for each in getattr(self, name)])
        for number, pairing in enumerate(self.pairings):
            _known(f"pairings.{number}.person", "person", pairing.person, people)
            _known(f"pairings.{number}.other", "person", pairing.other, people)
        return self


def _unique(place: str, ids: list[str]) -> frozenset[str]:
    seen: set[str] = set()
    for number, each in enumerate(ids):
        if each in seen:
            raise ValueError(f"{place}.{number}: “{each}” xuất hiện hai lần / stands twice")
        seen.add(each)
    return frozenset(seen)


def _known(place: str, kind: str, name: str, known: frozenset[str]) -> None:
    if name not in known:
        raise ValueError(f"{place}: không có “{name}” / there is no {kind} “{name}”")


class Rule(StrEnum):
    """What a roster is judged by; a person's limits are in `LimitName`."""

    UNAVAILABLE = "unavailable"
    FOLLOWED_BY = "not_followed_by"
    SAME_DAY = "same_day"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    UNDER_TARGET = "under_target"
    OVER_TARGET = "over_target"
    REQUEST = "request"
    PIN = "pin"
    CHANGE = "change"
    TOGETHER = "together"
    APART = "apart"
    ADULTS_WITH_MINORS = "adults_with_minors"
    FAIRNESS = "fairness"


class Match(RosterPart):
    """One place where a rule costs something: the score is the sum of these. `amount`: by how many units."""

    rule: Rule | LimitName
    hard: bool
    amount: int
    cost: int
    person: Id | None = None
    other: Id | None = None
    day: DayIndex | None = None
    shift: Id | None = None
    skill: Id | None = None


class SolutionStatus(StrEnum):
    """Whether it is proven that there is no better roster."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"


class RosterSolution(RosterPart):
    """A roster, its cost and what it is made of. `bound`: no roster costs less; `gap`: (cost - bound) / cost.

    `hard`: how many units of hard rules are broken (their cost / `HARD`); 0 in a roster that can be published as it is.
    """

    problem: Id
    status: SolutionStatus
    cost: int
    hard: int
    bound: int
    gap: float
    seconds: float
    seed: int
    assignments: tuple[Assignment, ...]
    score: dict[str, int]
    matches: tuple[Match, ...]
