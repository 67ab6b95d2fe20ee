"""`tiepsuc roster bench`: a folder of public instances, each solved as any problem is and costed by the judge."""

import os
import re
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contracts.scheduling.roster import RosterProblem
from services.scheduling.cli import files
from services.scheduling.cli.words import Words, hard_apart
from services.scheduling.domain.evaluation import gap

_SMALLEST_WIDTH = 100


@click.command("bench")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--time-limit", type=click.FloatRange(0.1, 86_400), default=60, show_default=True, help="Giây / seconds")
@click.option("--seeds", type=click.IntRange(1, 100), default=3, show_default=True, help="Số hạt giống / seeds")
@click.option("--workers", type=click.IntRange(1, 64), default=os.cpu_count() or 1, help="Tiến trình / processes")
def bench(folder: Path, time_limit: float, seeds: int, workers: int) -> None:
    """Giải các bài toán mẫu trong thư mục / solve the public instances of a folder; README.md: best known."""
    if not folder.is_dir():
        click.echo(f"{folder}: không có thư mục, không đo gì / no such folder; nothing is measured")
        return
    instances = sorted(folder.glob("*.txt"), key=lambda file: _natural(file.stem))
    if not instances:
        click.echo(f"{folder}: không có tệp .txt, không đo gì / no .txt files; nothing is measured")
        return
    problems = [_instance(file) for file in instances]  # all are read first: a fault is told at once, not after an hour
    readme = folder / "README.md"
    known = best_known(files.text_of(readme)) if readme.is_file() else {}
    table = _table(seeds)
    for problem in problems:
        table.add_row(*_measured(problem, time_limit, seeds, workers, _looked_up(known, problem.id)))
    console = Console()
    console.width = max(console.width, _SMALLEST_WIDTH)
    console.print(table)


def best_known(readme: str) -> dict[str, int]:
    """The best known costs in the first table with the columns `instance` and `best known…`; other lines are text."""
    found: dict[str, int] = {}
    columns: tuple[int, int] | None = None
    for line in readme.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.lstrip().startswith("|") else []
        if columns is None:
            name = next((n for n, cell in enumerate(cells) if cell.lower().startswith("instance")), None)
            best = next((n for n, cell in enumerate(cells) if cell.lower().startswith("best known")), None)
            if name is not None and best is not None:
                columns = name, best
        elif not cells:
            break
        elif len(cells) > max(columns) and (number := re.match(r"[\d,]+", cells[columns[1]])):
            found[cells[columns[0]].lower()] = int(number[0].replace(",", ""))
    return found


def _looked_up(known: dict[str, int], id: str) -> int | None:
    """By its name, or by the number that it ends with."""
    number = re.search(r"\d+$", id)
    return known.get(id.lower(), known.get(str(int(number[0])) if number else ""))


def _instance(file: Path) -> RosterProblem:
    from services.scheduling.public_format import read

    try:
        return read(files.text_of(file), file.stem)
    except ValueError as error:
        raise click.ClickException(f"{file}, {error}") from error


def _table(seeds: int) -> Table:
    table = Table(box=None, padding=(0, 1))
    table.add_column("bài toán\ninstance")
    table.add_column("người x ngày\npeople x days", justify="right")
    for seed in range(1, seeds + 1):
        table.add_column(f"chi phí\ncost {seed}", justify="right")
    for title in ("cận dưới\nbound", "khoảng cách\ngap", "tốt nhất đã biết\nbest known", "hơn\nabove"):
        table.add_column(title, justify="right")
    return table


def _measured(problem: RosterProblem, seconds: float, seeds: int, workers: int, known: int | None) -> list[str]:
    from services.scheduling.cli.solving import solved

    console = Console(stderr=True)
    words = Words(problem)
    found = [
        solved(problem, seconds, seed, workers, words, console, title=f"{escape(problem.id)} #{seed}  ")
        for seed in range(1, seeds + 1)
    ]
    best, bound = min(each.cost for each in found), max(each.bound for each in found)
    return [
        escape(problem.id),
        f"{len(problem.people)} x {problem.days}",
        *(hard_apart(each.cost) for each in found),
        hard_apart(bound),
        f"{gap(best, bound):.1%}",
        "–" if known is None else str(known),
        "–" if not known else f"{best / known - 1:+.1%}",
    ]


def _natural(name: str) -> list[tuple[int, str]]:
    """Instance2 before Instance10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]
