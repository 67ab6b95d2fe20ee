"""Use cases of intake: load, decide, save."""

from functools import partial
from typing import Any
from uuid import UUID

from contracts.envelope import Command, Query
from contracts.intake.commands.cases import AcceptCase, CaseMoved, CompleteCase, ReturnCase, SubmitCase
from contracts.intake.queries.cases import CaseByCode, CaseCounts, CaseCountsView, CaseView, DeadlineStep, UnitCaseCount
from contracts.refusals import CommonRefusal, refuse
from services.chassis.database import Connection, UnitOfWork
from services.chassis.outbox import Cause
from services.intake.domain import cases as domain
from services.intake.domain.cases import Case
from services.intake.reference import Reference
from services.intake.store import cases as store
from services.worktime.clock import Clock


class CaseHandlers:
    """Commands and queries about cases."""

    def __init__(self, reference: Reference, clock: Clock) -> None:
        self._reference = reference
        self._clock = clock

    async def submit(self, work: UnitOfWork, command: Command[SubmitCase]) -> CaseMoved:
        now = self._clock.now()
        wish = command.data
        case = domain.submit(
            self._reference.new_case(
                wish.case_id,
                wish.receiving_unit,
                wish.deciding_unit,
                wish.procedure,
                wish.channel,
                wish.submitted_at or now,
            ),
            now,
        )
        if not await store.insert(work.connection, [case]):
            raise refuse(
                CommonRefusal.VERSION_CONFLICT, "Hồ sơ này đã có.", "This case exists already.", field="case_id"
            )
        return self._tell(work, command, case, 0)

    async def accept(self, work: UnitOfWork, command: Command[AcceptCase]) -> CaseMoved:
        before = await self._load(work, command, command.data.case_id)
        now = self._clock.now()
        at = command.data.accepted_at or now
        due = partial(self._reference.deadline, before.procedure)
        after = domain.accept(before, command.data.case_code, at, due, now)
        if command.data.case_code in await store.by_codes(work.connection, [command.data.case_code]):
            raise domain.case_code_taken(command.data.case_code)
        return await self._save(work, command, before, after)

    async def complete(self, work: UnitOfWork, command: Command[CompleteCase]) -> CaseMoved:
        before = await self._load(work, command, command.data.case_id)
        now = self._clock.now()
        after = domain.complete(before, command.data.completed_at or now, now)
        return await self._save(work, command, before, after)

    async def hand_over(self, work: UnitOfWork, command: Command[ReturnCase]) -> CaseMoved:
        before = await self._load(work, command, command.data.case_id)
        now = self._clock.now()
        after = domain.hand_over(before, command.data.returned_at or now, now)
        return await self._save(work, command, before, after)

    async def _load(self, work: UnitOfWork, command: Command[Any], case_id: UUID) -> Case:
        case = await store.by_id(work.connection, case_id)
        if case is None:
            raise refuse(CommonRefusal.NOT_FOUND, "Không có hồ sơ này.", "There is no such case.", field="case_id")
        if command.expected_version is not None and command.expected_version != case.version:
            raise refuse(
                CommonRefusal.VERSION_CONFLICT,
                "Hồ sơ vừa được người khác thay đổi; hãy xem lại rồi gửi lại.",
                "Somebody changed the case meanwhile; look at it again, then send again.",
                field="expected_version",
                version=case.version,
            )
        return case

    async def _save(self, work: UnitOfWork, command: Command[Any], before: Case, after: Case) -> CaseMoved:
        await store.update(work.connection, [after])
        return self._tell(work, command, after, before.version)

    def _tell(self, work: UnitOfWork, cause: Cause, case: Case, from_version: int) -> CaseMoved:
        emit(work, cause, case, from_version)
        return CaseMoved(
            case_id=case.id, state=case.state, version=case.version, case_code=case.case_code, due_at=case.due_at
        )

    async def by_code(self, connection: Connection, query: Query[CaseByCode]) -> CaseView:
        case = await store.by_code(connection, query.data.case_code)
        if case is None:
            raise refuse(CommonRefusal.NOT_FOUND, "Không có hồ sơ này.", "There is no such case.", field="case_code")
        steps = self._reference.deadline(case.procedure, case.accepted_at).steps if case.accepted_at else ()
        return CaseView(
            case_id=case.id,
            case_code=case.case_code,
            receiving_unit=case.receiving_unit,
            deciding_unit=case.deciding_unit,
            procedure=case.procedure,
            channel=case.channel,
            state=case.state,
            version=case.version,
            submitted_at=case.submitted_at,
            accepted_at=case.accepted_at,
            due_at=case.due_at,
            completed_at=case.completed_at,
            returned_at=case.returned_at,
            deadline_steps=[
                DeadlineStep(kind=s.kind, at=s.at, note_vi=s.note_vi, note_en=s.note_en, article=s.article)
                for s in steps
            ],
        )

    async def counts(self, connection: Connection, _: Query[CaseCounts]) -> CaseCountsView:
        rows = await store.counts(connection)
        return CaseCountsView(counts=[UnitCaseCount(**dict(row)) for row in rows])


def emit(work: UnitOfWork, cause: Cause, case: Case, from_version: int) -> None:
    """Tells what happened to a case since a version of it."""
    for version, fact in domain.events_after(case, from_version):
        work.emit(fact, entity=case.id, version=version, province=case.province, cause=cause)
