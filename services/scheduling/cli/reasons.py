"""Why somebody does not work, and why a shift is short, in words or as JSON."""

import json
from dataclasses import asdict
from typing import Any

import click

from contracts.scheduling.roster import RosterProblem, RosterSolution
from services.scheduling.cli.words import Words
from services.scheduling.domain import explaining
from services.scheduling.domain.explaining import Candidate

_SHOWN = 10


def why_not(
    problem: RosterProblem,
    told: RosterSolution,
    person: str,
    day: int,
    shift: str | None,
    words: Words,
    *,
    as_json: bool,
) -> None:
    """Somebody on a day. ValueError: a name or a day that the problem does not have."""
    found = explaining.why_not(problem, told.assignments, person, day, shift)
    if as_json:
        click.echo(_json({"candidates": [_plain(each) for each in found]}))
        return
    on = [each.shift for each in told.assignments if (each.person, each.day) == (person, day)]
    if on:
        click.echo(f"{person}, {words.day(day)}: {words.both('đang trực', 'is on')} {', '.join(on)}")
    for each in found:
        _tell(each, words)


def why_short(
    problem: RosterProblem, told: RosterSolution, day: int, shift: str, words: Words, *, as_json: bool
) -> None:
    """A shift of a day. ValueError: one that the problem does not have."""
    lacking, found = explaining.why_short(problem, told.assignments, day, shift)
    if as_json:
        short = [match.model_dump(mode="json", exclude_none=True) for match in lacking]
        click.echo(_json({"lacking": short, "candidates": [_plain(each) for each in found]}))
        return
    for match in lacking:
        click.echo(words.match(match))
    if not lacking:
        click.echo(f"{words.day(day)} · {shift}: {words.both('không thiếu người', 'is not short')}")
    for each in found[:_SHOWN]:
        _tell(each, words)
    if len(found) > _SHOWN:
        click.echo(f"… {len(found) - _SHOWN} {words.both('người nữa', 'more people')} (--json)")


def _tell(each: Candidate, words: Words) -> None:
    """A line on what comes of it, and one for each rule that is broken or mended by it."""
    if each.blocked_by:
        verdict = words.both("không được", "blocked")
    elif each.cost_difference > 0:
        verdict = words.both("được, nhưng đắt hơn", "possible, but costs more")
    elif each.cost_difference == 0:
        verdict = words.both("được, như nhau", "possible, all the same")
    else:
        verdict = words.both("được, và tốt hơn", "possible, and better")
    difference = words.cost(each.cost_difference)
    plus = "+" if each.cost_difference > 0 else ""
    what = f"{each.person} → {words.day(each.day)} · {each.shift}{_exchange(each, words)}"
    click.echo(f"{what}: {verdict}, {plus}{difference}")
    for match in each.new:
        click.echo(f"    ✗ {words.match(match)}")
    for match in each.mended:
        click.echo(f"    ✓ {words.both('hết', 'mended')}: {words.match(match)}")


def _exchange(each: Candidate, words: Words) -> str:
    told = []
    if each.leaves:
        told.append(f"{words.both('thôi', 'leaving')} {', '.join(each.leaves)}")
    if each.instead_of is not None:
        told.append(f"{words.both('thay', 'instead of')} {each.instead_of}")
    return f" ({'; '.join(told)})" if told else ""


def _plain(each: Candidate) -> dict[str, Any]:
    return {
        **asdict(each),
        "blocked": bool(each.blocked_by),
        "new": [match.model_dump(mode="json", exclude_none=True) for match in each.new],
        "mended": [match.model_dump(mode="json", exclude_none=True) for match in each.mended],
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
