"""A roster as a picture: people by days, how each shift is covered, and what it costs by rule."""

from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contracts.scheduling.roster import Demand, Match, RosterProblem, RosterSolution
from services.scheduling.cli.words import Words
from services.scheduling.domain.evaluation import score
from services.scheduling.domain.roster import WEEK, Roster
from services.scheduling.domain.shared_rules import working

_COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "bright_red", "bright_cyan", "bright_magenta")
_LEAST_CELL = 5


def show(roster: Roster, solution: RosterSolution, found: list[Match], words: Words, console: Console) -> None:
    """The whole picture. `found`: the judge's matches, whatever the file says."""
    problem = roster.terms.problem
    short = short_names([shift.id for shift in problem.shifts])
    legend = "  ".join(
        f"[{_colour(roster, shift.id)}]{escape(short[shift.id])}[/] {escape(shift.id)}"
        + (f" {shift.start:%H:%M}" if shift.start else "")
        + f" {shift.minutes}′"
        for shift in problem.shifts
    )
    console.print(f"{escape(problem.id)}: {legend}", highlight=False)
    for days in _blocks(problem, console.width, _name_width(problem), _cell_width(roster, short)):
        console.print(_table(roster, days, short, words))
    _show_score(solution, found, words, console)


def short_names(ids: list[str]) -> dict[str, str]:
    """For each id the least number of first letters, one for all, that tells them apart; whole if it is that short."""
    length = next((size for size in range(1, 81) if len({each[:size] for each in ids}) == len(ids)), 80)
    return {each: each[:length] for each in ids}


def _blocks(problem: RosterProblem, width: int, names: int, cell: int) -> Iterator[list[int]]:
    """As many days side by side as there is room for: weeks, if there is room for one."""
    room = max(1, (width - names - 2) // cell)
    room -= room % WEEK if room > WEEK else 0
    first = 0
    while first < problem.days:
        after = first + room
        if first == 0 and room >= WEEK:
            after -= problem.start.weekday()
        yield list(range(first, min(after, problem.days)))
        first = after


def _name_width(problem: RosterProblem) -> int:
    skilled = [f"{demand.shift}·{demand.skill}" for demand in problem.demands if demand.skill is not None]
    names = [*(person.id for person in problem.people), *(shift.id for shift in problem.shifts), *skilled]
    return max(len(each) for each in names)


def _cell_width(roster: Roster, short: dict[str, str]) -> int:
    longest = max(
        (
            len("+".join(short[each] for each in shifts))
            for person in roster.terms.people
            for shifts in roster.days(person).values()
        ),
        default=0,
    )
    return 2 + max(_LEAST_CELL, longest)


def _table(roster: Roster, days: list[int], short: dict[str, str], words: Words) -> Table:
    table = Table(box=None, padding=(0, 1))
    table.add_column("", no_wrap=True)
    for day in days:
        table.add_column(words.day(day).replace(" ", "\n"), justify="center", no_wrap=True)
    for person in roster.terms.people:
        table.add_row(escape(person), *(_cell(roster, person, day, short) for day in days))
    table.add_section()
    for shift, skill in _rows(roster):
        name = shift if skill is None else f"{shift}·{skill}"
        table.add_row(f"[bold]{escape(name)}[/]", *(_covered(roster, day, shift, skill) for day in days))
    return table


def _cell(roster: Roster, person: str, day: int, short: dict[str, str]) -> str:
    shifts = roster.shifts(person, day)
    if shifts:
        return "+".join(f"[{_colour(roster, each)}]{escape(short[each])}[/]" for each in shifts)
    away = any(
        each.day == day and each.shift is None and each.weight is None for each in roster.terms.unavailable[person]
    )
    return "[dim]×[/]" if away else "[dim]·[/]"


def _colour(roster: Roster, shift: str) -> str:
    return _COLOURS[roster.terms.order[shift] % len(_COLOURS)]


def _rows(roster: Roster) -> list[tuple[str, str | None]]:
    """Each shift, each of its skills after it, if they are asked for on any day."""
    asked = {(demand.shift, demand.skill) for demand in roster.terms.problem.demands}
    return [
        (shift, skill)
        for shift in roster.terms.shifts
        for skill in [None, *sorted({each or "" for of, each in asked if of == shift} - {""})]
        if skill is not None or (shift, None) in asked or any(shift == worked for _, worked in roster.cells())
    ]


def _covered(roster: Roster, day: int, shift: str, skill: str | None) -> str:
    """`3/4`: people there and wanted; red below the minimum or above the maximum, yellow where the target is missed."""
    demand = next((each for each in roster.terms.demands.get((day, shift), ()) if each.skill == skill), None)
    if demand is None:
        present = working(roster, Demand(day=day, shift=shift, skill=skill))
        return str(present) if present else "[dim]·[/]"
    present = working(roster, demand)
    text = f"{present}/{demand.target}"
    if present < demand.minimum or (demand.maximum is not None and present > demand.maximum):
        return f"[bold red]{text}![/]"
    if present != demand.target:
        return f"[yellow]{text}[/]"
    return f"[green]{text}[/]"


def _show_score(solution: RosterSolution, found: list[Match], words: Words, console: Console) -> None:
    table = Table(box=None, padding=(0, 1))
    table.add_column(words.both("quy tắc", "rule"))
    table.add_column(words.both("chỗ", "places"), justify="right")
    table.add_column(words.both("chi phí", "cost"), justify="right")
    places = Counter(match.rule.value for match in found)
    rules = {match.rule.value: match.rule for match in found}
    for name, cost in sorted(score(found).items(), key=lambda each: -each[1]):
        table.add_row(words.rule(rules[name]), str(places[name]), words.cost(cost))
    total = sum(match.cost for match in found)
    table.add_row(f"[bold]{words.both('tổng', 'total')}[/]", str(len(found)), f"[bold]{words.cost(total)}[/]")
    console.print(table)
    bound = f"{words.both('cận dưới', 'bound')} {words.cost(solution.bound)}"
    console.print(f"{bound}, {words.both('khoảng cách', 'gap')} {solution.gap:.1%}", highlight=False)
