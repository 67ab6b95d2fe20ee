"""Several ways at once: column generation with different seeds, one process each, and CP-SAT on the whole model.

The first solution comes without a search for its cost. Whoever finds a better roster tells the others. In the
deterministic mode one process does a fixed number of steps, and the same comes out each time.
"""

import multiprocessing
import queue
import signal
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from contracts.scheduling.roster import Assignment, RosterProblem
from services.scheduling.solver.compact import OFF, Compact
from services.scheduling.solver.effort import Effort
from services.scheduling.solver.full_model import FullModel
from services.scheduling.solver.master import roster_cost
from services.scheduling.solver.search import Roster, Search

_STEPS_A_SECOND = 25
_PROOF = 0.2
"""What part of the time goes to CP-SAT at first: enough to prove what is small."""
_LOOK = 0.1
_GRACE = 5.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is. `cost` None: there is no roster yet; `stage`: what is being done."""

    seconds: float
    cost: int | None
    bound: int
    stage: str


@dataclass(frozen=True, slots=True)
class Found:
    """The best roster of a search, and what no roster costs less than."""

    assignments: tuple[Assignment, ...]
    bound: int


def solve(
    problem: RosterProblem,
    *,
    seconds: float,
    seed: int = 0,
    deterministic: bool = False,
    workers: int = 2,
    say: Callable[[Progress], None] = lambda _: None,
) -> Found:
    """The best roster that is found within the time; there always is one. KeyboardInterrupt ends it with the best so
    far."""
    compact = Compact(problem)
    effort = Effort(seconds, max(1, round(seconds * _STEPS_A_SECOND)) if deterministic else None)
    board = _Board(compact, effort, say)
    try:
        if deterministic or workers < 2:
            _alone(compact, seed, seconds, effort, board)
        else:
            _together(problem, seed, workers, effort, board)
    except KeyboardInterrupt:
        effort.stopped = True
    return Found(assignments_of(compact, board.best()), board.bound)


def assignments_of(compact: Compact, roster: Roster) -> tuple[Assignment, ...]:
    """A roster as the schema writes it."""
    problem = compact.problem
    return tuple(
        Assignment(person=problem.people[person].id, day=day, shift=problem.shifts[shift].id)
        for person, plan in sorted(roster.items())
        for day, option in enumerate(plan)
        if option != OFF
        for shift in compact.options[option]
    )


_Tell = Callable[[Roster | None, float, float, str], object]


class _Board:
    """The best that is known, and how it is told."""

    def __init__(self, compact: Compact, effort: Effort, say: Callable[[Progress], None]) -> None:
        self._compact, self._effort, self._say = compact, effort, say
        self._roster: Roster | None = None
        self.cost, self.bound = float("inf"), 0

    @property
    def proven(self) -> bool:
        return self.cost < self.bound + 1 - 1e-6

    def best(self) -> Roster:
        """The best roster; nobody works in it if none was found, which is a roster too."""
        return self._roster or dict.fromkeys(range(self._compact.people), (OFF,) * self._compact.days)

    def hear(self, roster: Roster | None, cost: float, bound: float, stage: str) -> bool:
        """Takes news; whether the roster is better than the last."""
        better = roster is not None and cost < self.cost - 1e-6
        if better:
            self._roster, self.cost = roster, cost
        if bound > self.bound:
            self.bound = round(bound)
        self._say(Progress(self._effort.seconds, None if self._roster is None else round(self.cost), self.bound, stage))
        return better


def _alone(compact: Compact, seed: int, seconds: float, effort: Effort, board: _Board) -> None:
    search = Search(compact, seed, effort)
    _prove(search, seconds * _PROOF, seed, board.hear)
    if not board.proven:
        search.first()
        board.hear(search.best.roster, search.best.cost, search.best.bound, "columns")
    while not (effort.is_spent or board.proven):
        search.step()
        board.hear(search.best.roster, search.best.cost, search.best.bound, "columns")


def _together(problem: RosterProblem, seed: int, workers: int, effort: Effort, board: _Board) -> None:
    context = multiprocessing.get_context("spawn")
    news: Any = context.Queue()
    lines = []
    processes = []
    for number in range(workers):
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_work, args=(problem, seed * 1000 + number, number, effort.total, news, theirs), daemon=True
        )
        process.start()
        lines.append(ours)
        processes.append(process)
    try:
        while not (effort.is_spent or board.proven) and any(process.is_alive() for process in processes):
            _hear(board, news, lines)
        for _ in range(1000):
            if not _hear(board, news, lines, wait=0.0):
                break
    finally:
        for process in processes:
            process.terminate()
            process.join(_GRACE)


def _hear(board: _Board, news: Any, lines: list["Connection[Any, Any]"], wait: float = _LOOK) -> bool:
    try:
        number, roster, cost, bound, stage = news.get(timeout=wait) if wait else news.get_nowait()
    except queue.Empty:
        return False
    if board.hear(roster, cost, bound, stage):
        for other, line in enumerate(lines):
            if other != number:
                line.send(roster)
    return True


def _work(
    problem: RosterProblem, seed: int, number: int, seconds: float, news: Any, line: "Connection[Any, Any]"
) -> None:
    """One process of the portfolio. The last one begins with CP-SAT."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    compact, effort = Compact(problem), Effort(seconds)
    search = Search(compact, seed, effort)

    def tell(stage: str) -> None:
        news.put((number, search.best.roster, search.best.cost, search.best.bound, stage))

    if number == 0:
        search.first()
        tell("columns")
    else:
        _prove(search, effort.total * _PROOF, seed, lambda *told: news.put((number, *told)))
    told = search.best.cost
    while not effort.is_spent:
        while line.poll():
            search.take(line.recv())
            told = min(told, search.best.cost)
        search.step()
        if search.best.cost < told:
            told = search.best.cost
            tell("columns")


def _prove(
    search: Search, seconds: float, seed: int, tell: Callable[[Roster | None, float, float, str], object]
) -> None:
    """CP-SAT for the first part of the time; the search goes on from what it finds."""

    def heard(roster: Roster, _: float, bound: float) -> None:
        tell(roster, roster_cost(search.plans, roster), bound, "cp-sat")

    search.plans.begin()
    model = FullModel(search.compact, search.plans.freed)
    roster, bound = model.solve(search.effort, seconds, seed, heard)
    if roster is not None:
        search.take(roster)
    tell(roster, search.best.cost, bound, "cp-sat")
