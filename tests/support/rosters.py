"""Small roster problems and rosters, written briefly."""

from datetime import date
from typing import Any

from contracts.scheduling.roster import Assignment, RosterProblem

MONDAY = date(2026, 3, 2)


def problem(
    days: int = 7, *, people: tuple[Any, ...] = ("an",), shifts: tuple[Any, ...] = (), **rest: Any
) -> RosterProblem:
    """A problem of people and shifts by their ids or in full; by default one shift `d` of 480 minutes."""
    return RosterProblem.model_validate(
        {
            "id": "test",
            "start": MONDAY,
            "days": days,
            "people": [{"id": each} if isinstance(each, str) else each for each in people],
            "shifts": [{"id": each, "minutes": 480} if isinstance(each, str) else each for each in shifts or ("d",)],
            **rest,
        }
    )


def plan(**people: str) -> list[Assignment]:
    """`plan(an="d-dd")`: a letter for each day's shift, `-` for a day off, `(ml)` for two shifts on a day."""
    found = []
    for person, text in people.items():
        day, inside = 0, False
        for letter in text:
            if letter in "()":
                inside = letter == "("
                day += letter == ")"
                continue
            if letter != "-":
                found.append(Assignment(person=person, day=day, shift=letter))
            day += not inside
    return found
