"""Moving the deadlines of open cases after a calendar was published, in pieces that can be cut off at any point."""

import logging
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.envelope import Query
from contracts.intake.events.deadlines import DeadlineMoved
from contracts.intake.queries.recompute import (
    DeadlineMove,
    DeadlineMoves,
    DeadlineMovesView,
    DeadlineRecomputes,
    DeadlineRecomputesView,
    RecomputeRun,
)
from contracts.refusals import CommonRefusal, refuse
from services.chassis.database import Connection, Database, UnitOfWork
from services.chassis.outbox import Origin
from services.intake.domain.cases import Case
from services.intake.domain.recompute import recomputed
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

    def __init__(self, database: Database, book: ReferenceBook, clock: Clock, piece: int = _PIECE) -> None:
        self._database = database
        self._book = book
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
            moved = [(case, after) for case in before if (after := recomputed(case, reference))]
            if moved:
                await self._save(work, run, moved)
            done_at = self._clock.now() if len(before) < self._size else None
            cursor = before[-1].id if before else run.cursor
            await store.advance(work.connection, run.id, cursor, len(before), len(moved), open_cases, done_at)
        log.info("deadlines: looked at %d cases, moved %d", len(before), len(moved), extra={"run": str(run.id)})
        return True

    async def _save(self, work: UnitOfWork, run: store.Run, moved: list[tuple[Case, Case]]) -> None:
        await cases_store.update(work.connection, [after for _, after in moved])
        now = self._clock.now()
        moves = []
        for before, after in moved:
            fact = _fact(run, before, after, now)
            work.emit(fact, entity=after.id, version=after.version, province=after.province, cause=Origin(run.id))
            moves.append(store.Move(after.id, fact.old_due_at, fact.due_at, fact.calendar_version))
        await store.record(work.connection, run.id, moves)


def _fact(run: store.Run, before: Case, after: Case, now: datetime) -> DeadlineMoved:
    """Built without validation, as there may be thousands, of values that were judged already."""
    facts: dict[str, Any] = {
        "case_id": after.id,
        "receiving_unit": after.receiving_unit,
        "deciding_unit": after.deciding_unit,
        "procedure": after.procedure,
        "field": after.field,
        "channel": after.channel,
        "moved_at": now,
        "old_due_at": before.due_at,
        "due_at": after.due_at,
        "calendar_version": after.calendar_version,
        "reason_vi": run.reason_vi,
        "reason_en": run.reason_en,
        "recompute": run.id,
    }
    return DeadlineMoved.model_construct(**facts)


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
