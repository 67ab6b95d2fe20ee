"""Moving the deadlines of open cases after a calendar was published, in pieces that can be cut off at any point."""

import logging
from dataclasses import replace
from uuid import UUID

from contracts.envelope import Query
from contracts.intake.events.cases import DeadlineMoved
from contracts.intake.queries.recompute import (
    DeadlineMove,
    DeadlineMoves,
    DeadlineMovesView,
    DeadlineRecomputes,
    DeadlineRecomputesView,
    RecomputeRun,
)
from contracts.refusals import CommonRefusal, refuse
from contracts.roles import Role
from services.chassis.database import Connection, Database, UnitOfWork
from services.chassis.outbox import Origin
from services.intake.domain.audit import Step
from services.intake.domain.cases import Case
from services.intake.domain.recompute import recomputed
from services.intake.handlers.audit import Trail
from services.intake.handlers.cases import emit
from services.intake.handlers.reference_book import ReferenceBook
from services.intake.store import cases as cases_store
from services.intake.store import recompute as store
from services.worktime.clock import Clock

log = logging.getLogger(__name__)

_PIECE = 2_000


class Recompute:
    """The round that works off runs. Each piece is one transaction of cases, their events and the run's cursor.

    A replica that dies leaves its piece undone and the run free for another; nothing happens twice.
    """

    def __init__(
        self, database: Database, book: ReferenceBook, trail: Trail, clock: Clock, piece: int = _PIECE
    ) -> None:
        self._database = database
        self._book = book
        self._trail = trail
        self._clock = clock
        self._size = piece

    async def __call__(self) -> None:
        """Works until there is nothing to do, or others do it."""
        while await self.piece():
            pass

    async def piece(self) -> bool:
        """One piece; False: there was none."""
        async with self._database.unit_of_work() as work:
            run = await store.claim(work.connection)
            if run is None:
                return False
            open_cases = run.open_cases
            if open_cases is None:
                open_cases = await store.count_open(work.connection)
            reference = await self._book.read(work.connection)
            before = await store.open_after(work.connection, run.cursor, self._size)
            now = self._clock.now()
            moved = [(case, after) for case in before if (after := recomputed(case, reference, now))]
            if moved:
                await self._save(work, run, moved)
            done_at = self._clock.now() if len(before) < self._size else None
            cursor = before[-1].id if before else run.cursor
            await store.advance(work.connection, run.id, cursor, len(before), len(moved), open_cases, done_at)
        log.info("deadlines: looked at %d cases, moved %d", len(before), len(moved), extra={"run": str(run.id)})
        return True

    async def _save(self, work: UnitOfWork, run: store.Run, moved: list[tuple[Case, Case]]) -> None:
        await cases_store.update(work.connection, [after for _, after in moved])
        moves, steps = [], []
        for before, after in moved:
            (fact,) = after.news
            assert isinstance(fact, DeadlineMoved)  # noqa: S101 - for the type checker
            told = fact.model_copy(update={"reason_vi": run.reason_vi, "reason_en": run.reason_en, "recompute": run.id})
            emit(work, Origin(run.id), replace(after, news=(told,)))
            moves.append(store.Move(after.id, told.old_due_at, told.due_at, told.calendar_version))
            steps.append(_step(run, before, after))
        await self._trail.record(work, steps)
        await store.record(work.connection, run.id, moves)


def _step(run: store.Run, before: Case, after: Case) -> Step:
    """What the audit keeps: nobody decided on the case, whoever published the calendar stands with the run."""
    return Step(
        after.id,
        "intake",
        str(Role.OPERATOR),
        "move-deadline",
        run.id,
        before.version,
        after.version,
        from_state=before.state,
        to_state=after.state,
        reason=run.reason_vi,
    )


class RecomputeViews:
    """Questions about runs."""

    async def runs(self, connection: Connection, query: Query[DeadlineRecomputes]) -> DeadlineRecomputesView:
        rows = await store.runs(connection, query.data.id, query.data.limit)
        if query.data.id is not None and not rows:
            raise _no_run()
        return DeadlineRecomputesView(runs=[RecomputeRun(**dict(row)) for row in rows])

    async def moves(self, connection: Connection, query: Query[DeadlineMoves]) -> DeadlineMovesView:
        wish = query.data
        runs = await store.runs(connection, wish.recompute, 1)
        if not runs:
            raise _no_run()
        rows = await store.moves(connection, wish.recompute, wish.after, wish.limit + 1)
        more: UUID | None = rows[wish.limit - 1]["case_id"] if len(rows) > wish.limit else None
        return DeadlineMovesView(
            reason_vi=runs[0]["reason_vi"],
            reason_en=runs[0]["reason_en"],
            moves=[DeadlineMove(**dict(row)) for row in rows[: wish.limit]],
            next=more,
        )


def _no_run() -> Exception:
    return refuse(
        CommonRefusal.NOT_FOUND, "Không có lượt tính lại này.", "There is no such run of recomputing.", field="id"
    )
