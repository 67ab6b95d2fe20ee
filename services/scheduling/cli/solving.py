"""A search with a line that tells how far it is."""

from dataclasses import dataclass

from rich.console import Console

from contracts.scheduling.roster import RosterProblem, RosterSolution
from services.scheduling.cli.words import Words
from services.scheduling.domain.evaluation import gap, solution
from services.scheduling.solver import Progress, solve


def solved(
    problem: RosterProblem,
    seconds: float,
    seed: int,
    workers: int,
    words: Words,
    console: Console,
    *,
    deterministic: bool = False,
    title: str = "",
) -> RosterSolution:
    """The best roster found in the time, costed by the judge. KeyboardInterrupt ends the search, not the command."""
    line = _Line(words, console, title)
    if not console.is_terminal:
        found = solve(problem, seconds=seconds, seed=seed, deterministic=deterministic, say=line.print, workers=workers)
    else:
        with console.status(line.text(Progress(0.0, None, 0, ""))) as status:
            found = solve(
                problem,
                seconds=seconds,
                seed=seed,
                deterministic=deterministic,
                say=lambda progress: status.update(line.text(progress)),
                workers=workers,
            )
    return solution(problem, found.assignments, found.bound, line.seconds, seed)


@dataclass(slots=True)
class _Line:
    words: Words
    console: Console
    title: str
    seconds: float = 0.0
    _told: tuple[int | None, int] | None = None

    def text(self, progress: Progress) -> str:
        self.seconds = progress.seconds
        words, cost = self.words, progress.cost
        best = words.both("chưa có", "none yet") if cost is None else words.cost(cost)
        share = "–" if cost is None else f"{gap(cost, progress.bound):.1%}"
        return (
            f"{self.title}{words.both('tốt nhất', 'best')} {best}  {words.both('cận dưới', 'bound')} "
            f"{words.cost(progress.bound)}  gap {share}  {progress.seconds:.1f} s  {progress.stage}"
        )

    def print(self, progress: Progress) -> None:
        """Where there is no terminal: a line for each better roster or bound."""
        text = self.text(progress)
        if (progress.cost, progress.bound) != self._told:
            self._told = progress.cost, progress.bound
            self.console.print(text, highlight=False, soft_wrap=True)
