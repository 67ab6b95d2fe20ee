"""`tiepsuc roster`: problems to rosters and back to reasons, from file to file; it needs no running stack."""

import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console

from contracts.scheduling.roster import RosterProblem, RosterSolution
from services.chassis.command_group import Group
from services.scheduling.cli import files
from services.scheduling.cli.bench import bench
from services.scheduling.cli.words import Words
from services.scheduling.domain.roster import Roster, Terms

Command = TypeVar("Command", bound=Callable[..., Any])

_IN = click.Path(path_type=Path, exists=True, dir_okay=False)
_OUT = click.Path(path_type=Path, dir_okay=False)
_json = click.option("--json", "as_json", is_flag=True, help="In JSON / print JSON")
_lang = click.option(
    "--lang", type=click.Choice(["vi", "en"]), envvar="TIEPSUC_LANG", help="Một ngôn ngữ / one language only"
)


def _workers(command: Command) -> Command:
    return click.option(
        "--workers",
        type=click.IntRange(1, 64),
        default=os.cpu_count() or 1,
        show_default="số bộ xử lý / processors",
        help="Số tiến trình tìm kiếm / processes that search",
    )(command)


def _both_files(command: Command) -> Command:
    return click.argument("problem", type=_IN)(click.argument("roster", type=_IN)(command))


@click.group("roster", cls=Group)
def roster() -> None:
    """Xếp lịch trực từ tệp, không cần hệ thống / rosters from files; needs no running stack."""


@roster.command("solve")
@click.argument("problem", type=_IN)
@click.option("-o", "--output", type=_OUT, required=True, help="Tệp lịch / where the roster goes")
@click.option("--time-limit", type=click.FloatRange(0.1, 86_400), default=60, show_default=True, help="Giây / seconds")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, help="Hạt giống / seed")
@click.option("--deterministic", is_flag=True, help="Mỗi lần một kết quả như nhau / the same roster each time")
@_workers
@_lang
def solve_command(
    problem: Path, output: Path, time_limit: float, seed: int, deterministic: bool, workers: int, lang: str | None
) -> None:
    """Tìm lịch tốt nhất / find the best roster. Ctrl-C: ghi lịch tốt nhất đến lúc đó / writes the best so far.

    Một lịch không tránh được vi phạm vẫn được ghi, mã 0; `check` cho biết. /
    A roster that cannot help breaking hard rules is written as well, with code 0; `check` tells.
    """
    from services.scheduling.cli.solving import solved

    files.writable(output)
    asked = files.read(problem, RosterProblem)
    words = Words(asked, lang)
    found = solved(asked, time_limit, seed, workers, words, Console(stderr=True), deterministic=deterministic)
    files.write(output, found.model_dump_json(indent=2, exclude_none=True) + "\n")
    status = words.both("tối ưu", "optimal") if found.bound == found.cost else f"gap {found.gap:.1%}"
    cost = f"{words.both('chi phí', 'cost')} {words.cost(found.cost)}"
    click.echo(f"{output}: {cost}, {status}, {len(found.assignments)} {words.both('lượt trực', 'shifts')}")
    if found.hard:
        vi = f"{found.hard} vi phạm bắt buộc: tiepsuc roster check {problem} {output}"
        click.echo(words.both(vi, "hard rules cannot all be kept"), err=True)


@roster.command("convert")
@click.argument("file", type=_IN)
@click.option("-o", "--output", type=_OUT, default=None, help="Tệp / a file; else stdout")
def convert(file: Path, output: Path | None) -> None:
    """Đọc bài toán mẫu công khai (Curtois, Qu) / a public instance as a problem."""
    from services.scheduling.public_format import read

    if output is not None:
        files.writable(output)
    try:
        problem = read(files.text_of(file), file.stem)
    except ValueError as error:
        raise click.ClickException(f"{file}, {error}") from error
    text = problem.model_dump_json(indent=2, exclude_unset=True) + "\n"
    if output is None:
        click.echo(text, nl=False)
        return
    files.write(output, text)
    click.echo(f"{output}: {len(problem.people)} người / people x {problem.days} ngày / days")


@roster.command("check")
@_both_files
@_json
@_lang
def check(problem: Path, roster: Path, as_json: bool, lang: str | None) -> None:
    """Chấm lại một lịch / judge a roster anew.

    Mã 1: tệp ghi khác, hoặc vi phạm bắt buộc / exit code 1: the file says otherwise, or hard rules are broken.
    """
    from services.scheduling.domain.evaluation import solution

    asked, told, _ = _read(problem, roster)
    words = Words(asked, lang)
    judged = solution(asked, told.assignments, told.bound, told.seconds, told.seed)
    faults = _disagreements(asked, told, judged, words)
    hard = [match for match in judged.matches if match.hard]
    if as_json:
        result = {
            "ok": not faults and not hard,
            "faults": faults,
            **judged.model_dump(mode="json", include={"cost", "hard", "score", "matches"}, exclude_none=True),
        }
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        for fault in faults:
            click.echo(f"✗ {fault}")
        for match in hard:
            click.echo(f"✗ {words.match(match)}")
        mark = "✗" if faults or hard else "✓"
        click.echo(f"{mark} {words.both('chi phí', 'cost')} {words.cost(judged.cost)}")
    if faults or hard:
        raise SystemExit(1)


@roster.command("show")
@_both_files
@_lang
def show(problem: Path, roster: Path, lang: str | None) -> None:
    """Vẽ lịch, mức đáp ứng và chi phí / draw a roster, its cover and its cost."""
    from services.scheduling.cli.picture import show as draw
    from services.scheduling.domain.evaluation import roster_matches

    asked, told, looked_up = _read(problem, roster)
    draw(looked_up, told, roster_matches(looked_up), Words(asked, lang), Console())


@roster.command("why")
@_both_files
@click.option("--person", default=None, help="Ai / whom: vì sao không / why not")
@click.option("--day", required=True, help="Ngày, hay số từ 0 / a date, or a number from 0")
@click.option("--shift", default=None, help="Ca; không có --person: vì sao thiếu / without --person: why short")
@_json
@_lang
def why(
    problem: Path,
    roster: Path,
    person: str | None,
    day: str,
    shift: str | None,
    as_json: bool,
    lang: str | None,
) -> None:
    """Vì sao không phải người này; vì sao ca thiếu người / why not this person; why a shift is short."""
    from services.scheduling.cli import reasons

    if person is None and shift is None:
        raise click.UsageError("cần --person hoặc --shift / --person or --shift is needed")
    asked, told, _ = _read(problem, roster)
    try:
        which = _day(asked, day)
        if person is not None:
            reasons.why_not(asked, told, person, which, shift, Words(asked, lang), as_json=as_json)
        else:
            reasons.why_short(asked, told, which, shift or "", Words(asked, lang), as_json=as_json)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


@roster.command("schema")
@click.argument("what", type=click.Choice(["problem", "roster"]), default="problem")
def schema(what: str) -> None:
    """Lược đồ JSON của bài toán hay lịch / the JSON schema of a problem or a roster."""
    kind = RosterProblem if what == "problem" else RosterSolution
    click.echo(json.dumps(kind.model_json_schema(), ensure_ascii=False, indent=2))


roster.add_command(bench)


def _read(problem: Path, roster: Path) -> tuple[RosterProblem, RosterSolution, Roster]:
    """A problem and its roster. ClickException: they do not go together."""
    asked = files.read(problem, RosterProblem)
    told = files.read(roster, RosterSolution)
    if told.problem != asked.id:
        vi = f"là lịch của “{told.problem}”, không phải của “{asked.id}”"
        raise click.ClickException(f"{roster}: problem: {vi} / is the roster of another problem")
    try:
        return asked, told, Roster(Terms(asked), told.assignments)
    except ValueError as error:
        raise click.ClickException(f"{roster}: {error}") from error


def _disagreements(asked: RosterProblem, told: RosterSolution, judged: RosterSolution, words: Words) -> list[str]:
    """Where a file says something else of a roster than the judge."""
    faults = [
        f"{name}: {words.both(f'tệp ghi {ours}, chấm lại {theirs}', f'the file says {ours}, the judge {theirs}')}"
        for name in ("cost", "hard", "status")
        if (ours := getattr(told, name)) != (theirs := getattr(judged, name))
    ]
    faults += [
        f"score.{rule}: {words.both(f'tệp ghi {ours}, chấm lại {theirs}', f'the file says {ours}, the judge {theirs}')}"
        for rule in sorted({*told.score, *judged.score})
        if (ours := told.score.get(rule, 0)) != (theirs := judged.score.get(rule, 0))
    ]
    if abs(told.gap - judged.gap) > 1e-6:
        faults.append(f"gap: {told.gap} ≠ {judged.gap}")
    if told.bound > judged.cost:
        faults.append(f"bound: {words.both('cao hơn chi phí', 'is above the cost')}: {told.bound} > {judged.cost}")
    faults += [
        f"matches: {words.both('chỉ trong tệp', 'only in the file')}: {_named(asked, match, words)}"
        for match in told.matches
        if match not in judged.matches
    ]
    faults += [
        f"matches: {words.both('không có trong tệp', 'not in the file')}: {_named(asked, match, words)}"
        for match in judged.matches
        if match not in told.matches
    ]
    return faults


def _named(asked: RosterProblem, match: Any, words: Words) -> str:
    """A match in words; a file may name days that there are none of."""
    known = match.day is None or match.day < asked.days
    return words.match(match) if known else str(match.model_dump(mode="json", exclude_none=True))


def _day(problem: RosterProblem, text: str) -> int:
    """A day's number. ValueError: neither a number nor a date of the horizon."""
    if text.isascii() and text.isdigit():
        day = int(text)
    else:
        try:
            day = (date.fromisoformat(text) - problem.start).days
        except ValueError as error:
            vi = f"giá trị của --day: “{text}” không phải ngày, ví dụ {problem.start}, hay số từ 0"
            raise ValueError(f"{vi} / is neither a date nor a number from 0") from error
    if not 0 <= day < problem.days:
        raise ValueError(f"giá trị của --day: “{text}” ngoài kỳ xếp lịch / is not in the horizon")
    return day
