"""Moving the limits of open cases and complaints after a calendar was published, in pieces that can be cut off."""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from contracts.envelope import Query
from contracts.intake.events.cases import CaseFact, DeadlineMoved, LimitMoved
from contracts.intake.events.feedback import ComplaintLimitMoved
from contracts.intake.queries.recompute import (
    ComplaintMove,
    DeadlineMove,
    DeadlineMoves,
    DeadlineMovesView,
    DeadlineRecomputes,
    DeadlineRecomputesView,
    MovedLimits,
    RecomputeRun,
)
from contracts.intake.vocabulary import LimitKind
from contracts.refusals import CommonRefusal, refuse
from contracts.roles import Role
from services.chassis.database import Connection, Database, UnitOfWork
from services.chassis.outbox import Origin
from services.intake.domain import audit_rows
from services.intake.domain.audit import Step
from services.intake.domain.cases import Case
from services.intake.domain.feedback import Complaint
from services.intake.domain.recompute import Change, recomputed, recomputed_complaint
from services.intake.handlers.audit import Trail
from services.intake.handlers.cases import emit
from services.intake.handlers.reference_book import ReferenceBook
from services.intake.reference import Reference
from services.intake.store import cases as cases_store
from services.intake.store import feedback as feedback_store
from services.intake.store import recompute as store
from services.intake.store.rows import in_zone
from services.worktime.clock import Clock

log = logging.getLogger(__name__)

_PIECE = 2_000
MOVE_DEADLINE = "move-deadline"
"""What a run does, as the audit names it; its reason is the run's, and no note of the case."""


class Recompute:
    """The round that works off runs. Each piece is one transaction of cases, their events and the run's cursor; when
    all cases were looked at, complaints follow.

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
            reference = await self._book.read(work.connection)
            change = Change(run.id, run.reason_vi, run.reason_en, run.requested_at, self._clock.now())
            look = self._complaints if run.cases_done else self._cases
            progress = await look(work, run, reference, change)
            await store.advance(work.connection, run.id, progress)
        log.info("limits: looked at %d cases, moved %d", progress.looked, progress.moved, extra={"run": str(run.id)})
        return True

    async def _cases(self, work: UnitOfWork, run: store.Run, reference: Reference, change: Change) -> store.Progress:
        open_cases = run.open_cases
        if open_cases is None:
            open_cases = await store.count_open(work.connection)
        before = await store.open_after(work.connection, run.cursor, self._size)
        moved = [(case, after) for case in before if (after := recomputed(case, reference, change))]
        moves = [_move(after.id, fact) for _, after in moved for fact in after.news]
        if moved:
            await cases_store.update(work.connection, [after for _, after in moved])
            for _, after in moved:
                emit(work, Origin(run.id), after)
            await self._trail.record(work, [_step(run, *pair) for pair in moved])
            await store.record(work.connection, run.id, moves)
        cases_done = len(before) < self._size
        cursor = store.FIRST if cases_done else before[-1].id
        limits = _counted(run.limits, moves)
        return store.Progress(cursor, cases_done, len(before), len(moved), open_cases, limits, done_at=None)

    async def _complaints(
        self, work: UnitOfWork, run: store.Run, reference: Reference, change: Change
    ) -> store.Progress:
        before = await store.complaints_after(work.connection, run.cursor, self._size)
        looked = [recomputed_complaint(each, reference.calendar_of(each.unit), change) for each in before]
        moved = [(after, facts) for after, facts in looked if facts]
        moves = [_move(after.id, fact) for after, facts in moved for fact in facts]
        if moved:
            await feedback_store.save_complaints(work.connection, [after for after, _ in moved])
            for after, facts in moved:
                for version, fact in enumerate(facts, after.version - len(facts) + 1):
                    work.emit(fact, entity=after.id, version=version, province=after.province, cause=Origin(run.id))
            await self._trail.record(work, [_row_step(run, after) for after, _ in moved])
            await store.record(work.connection, run.id, moves)
        done_at = self._clock.now() if len(before) < self._size else None
        cursor = before[-1].id if before else run.cursor
        limits = _counted(run.limits, moves)
        return store.Progress(cursor, True, 0, 0, run.open_cases or 0, limits, done_at)


def _move(entity: UUID, fact: CaseFact | ComplaintLimitMoved) -> store.Move:
    """What the run's list says of an event."""
    if isinstance(fact, DeadlineMoved):
        limit, old, by = LimitKind.DUE, fact.old_due_at, fact.due_at
    else:
        assert isinstance(fact, LimitMoved | ComplaintLimitMoved)  # noqa: S101 - for the type checker
        limit, old, by = fact.limit, fact.old_by, fact.by
    return store.Move(entity, limit, old, by, fact.calendar_version, fact.was_overdue)


def _counted(limits: store.Counts, moves: Sequence[store.Move]) -> store.Counts:
    """The counts of a run, with more moves."""
    counts = dict(limits)
    for move in moves:
        moved, overdue = counts.get(move.limit, (0, 0))
        counts[move.limit] = (moved + 1, overdue + move.was_overdue)
    return counts


def _step(run: store.Run, before: Case, after: Case) -> Step:
    """What the audit keeps: nobody decided on the case, whoever published the calendar stands with the run."""
    return Step(
        after.id,
        "intake",
        str(Role.OPERATOR),
        MOVE_DEADLINE,
        run.id,
        before.version,
        after.version,
        from_state=before.state,
        to_state=after.state,
        reason=run.reason_vi,
    )


def _row_step(run: store.Run, after: Complaint) -> Step:
    """The same in a complaint's own chain."""
    return Step(
        after.id,
        "intake",
        str(Role.OPERATOR),
        MOVE_DEADLINE,
        run.id,
        after.version,
        after.version,
        to_state=audit_rows.table_of(after),
        reason=run.reason_vi,
        digest=audit_rows.digest(after),
    )


class RecomputeViews:
    """Questions about runs."""

    async def runs(self, connection: Connection, query: Query[DeadlineRecomputes]) -> DeadlineRecomputesView:
        rows = await store.runs(connection, query.data.id, query.data.limit)
        if query.data.id is not None and not rows:
            raise _no_run()
        return DeadlineRecomputesView(
            runs=[RecomputeRun(**in_zone(row) | {"limits": _limits(store.counts_of(row))}) for row in rows]
        )

    async def moves(self, connection: Connection, query: Query[DeadlineMoves]) -> DeadlineMovesView:
        wish = query.data
        runs = await store.runs(connection, wish.recompute, 1)
        if not runs:
            raise _no_run()
        rows = [in_zone(row) for row in await store.moves(connection, wish.recompute, wish.after, wish.limit + 1)]
        entities = list(dict.fromkeys(row["entity"] for row in rows))
        more: UUID | None = entities[wish.limit - 1] if len(entities) > wish.limit else None
        shown = [row for row in rows if more is None or row["entity"] <= more]
        return DeadlineMovesView(
            reason_vi=runs[0]["reason_vi"],
            reason_en=runs[0]["reason_en"],
            moves=[_case_move(row) for row in shown if row["unit"] is None],
            complaints=[_complaint_move(row) for row in shown if row["unit"] is not None],
            next=more,
        )


def _limits(counts: store.Counts) -> list[MovedLimits]:
    return [
        MovedLimits(limit=kind, moved=counts[kind][0], overdue=counts[kind][1]) for kind in LimitKind if kind in counts
    ]


def _case_move(row: dict[str, Any]) -> DeadlineMove:
    return DeadlineMove(
        case_id=row["entity"],
        case_code=row["case_code"],
        old_due_at=row["old_by"],
        due_at=row["by"],
        calendar_version=row["calendar_version"],
        limit=LimitKind(row["kind"]),
        was_overdue=row["was_overdue"],
    )


def _complaint_move(row: dict[str, Any]) -> ComplaintMove:
    return ComplaintMove(complaint_id=row["entity"], limit=LimitKind(row["kind"]), **row)


def _no_run() -> Exception:
    return refuse(
        CommonRefusal.NOT_FOUND, "Không có lượt tính lại này.", "There is no such run of recomputing.", field="id"
    )
