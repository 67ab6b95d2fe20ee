"""The moves of a case's life: load, decide, save. Which there are is the table in `contracts.intake.lifecycle`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from contracts.envelope import Command
from contracts.intake.commands import cases as commands
from contracts.intake.commands.cases import CaseMoved, LikeCase
from contracts.intake.events.cases import CaseAccepted
from contracts.intake.refusals import IntakeRefusal
from contracts.intake.vocabulary import Channel
from contracts.refusals import CommonRefusal, refuse
from services.chassis.database import Connection, UnitOfWork
from services.chassis.outbox import Cause
from services.intake.domain import cases as domain
from services.intake.domain import moves
from services.intake.domain.audit_rows import words
from services.intake.domain.cases import Case
from services.intake.domain.fees import WAIVED_WITH_ITS_CASE
from services.intake.domain.terms import Terms
from services.intake.handlers import duplicates, fees
from services.intake.handlers.audit import VERB, Trail, row_step, step
from services.intake.handlers.common import check_version
from services.intake.handlers.people import People
from services.intake.handlers.reference_book import Book
from services.intake.reference import Reference
from services.intake.store import cases as store
from services.worktime.clock import ZONE, Clock

_ASKED_ELSEWHERE = "Đã yêu cầu nộp trên hệ thống khác"


class CaseHandlers:
    """Commands that create or move a case."""

    def __init__(self, book: Book, people: People, trail: Trail, clock: Clock) -> None:
        self._book = book
        self._people = people
        self._trail = trail
        self._clock = clock

    async def submit(self, work: UnitOfWork, command: Command[commands.SubmitCase]) -> CaseMoved:
        wish, now = command.data, self._clock.now()
        reference = await self._book.current(work.connection)
        case = _new(reference, wish, wish.submitted_at or now)
        if wish.case_code is not None:
            reference.check_agency(wish.case_code, wish.deciding_unit)
            await _check_code_is_free(work.connection, wish.case_code)
        case = moves.submit(case, reference.terms_of(case, case.submitted_at), now)
        return await self._create(work, command, reference, case)

    async def serve(self, work: UnitOfWork, command: Command[commands.ServeCase]) -> CaseMoved:
        wish, now = command.data, self._clock.now()
        at = wish.served_at or now
        reference = await self._book.current(work.connection)
        case = _new(reference, wish, at)
        terms = reference.terms_of(case, at)
        code = await _code(work.connection, reference, case, terms, wish.case_code, at)
        return await self._create(work, command, reference, moves.serve(case, terms, code, now))

    async def accept(self, work: UnitOfWork, command: Command[commands.AcceptCase]) -> CaseMoved:
        wish, now = command.data, self._clock.now()
        before, reference = await self._load(work, command)
        at = wish.accepted_at or now
        domain.check_state(before, "accept-case")
        terms = reference.terms_of(before, at)
        code = await _code(work.connection, reference, before, terms, wish.case_code, at)
        return await self._save(work, command, before, moves.accept(before, terms, code, at, now))

    async def decline(self, work: UnitOfWork, command: Command[commands.DeclineCase]) -> CaseMoved:
        wish, now = command.data, self._clock.now()
        before, _ = await self._load(work, command)
        after = moves.decline(before, wish.reason, wish.declined_at or now, now)
        return await self._save(work, command, before, after, wish.reason)

    async def start(self, work: UnitOfWork, command: Command[commands.StartCase]) -> CaseMoved:
        now = self._clock.now()
        before, _ = await self._load(work, command)
        return await self._save(work, command, before, moves.start(before, command.data.started_at or now, now))

    async def request_supplement(self, work: UnitOfWork, command: Command[commands.RequestSupplement]) -> CaseMoved:
        wish, now = command.data, self._clock.now()
        before, reference = await self._load(work, command)
        at = wish.requested_at or now
        after = moves.request_supplement(before, reference.terms_of(before, at), wish.reason, at, now)
        return await self._save(work, command, before, after, wish.reason, wish.items)

    async def complete_supplement(self, work: UnitOfWork, command: Command[commands.CompleteSupplement]) -> CaseMoved:
        now = self._clock.now()
        before, reference = await self._load(work, command)
        at = command.data.completed_at or now
        after = moves.complete_supplement(before, reference.terms_of(before, at), at, now)
        return await self._save(work, command, before, after)

    async def request_payment(self, work: UnitOfWork, command: Command[commands.RequestPayment]) -> CaseMoved:
        wish, now = command.data, self._clock.now()
        before, _ = await self._load(work, command)
        at = wish.requested_at or now
        after = moves.request_payment(before, wish.amount, wish.reason, at, now)
        fee = await fees.ask(work.connection, after, wish.amount, wish.reason, command.actor.id, at)
        await self._trail.record(work, [row_step(command, fee)])
        moved = await self._save(work, command, before, after, wish.reason)
        return moved.model_copy(update={"fee_id": fee.id})

    async def record_payment(self, work: UnitOfWork, command: Command[commands.RecordPayment]) -> CaseMoved:
        wish, now = command.data, self._clock.now()
        before, reference = await self._load(work, command)
        at = wish.paid_at or now
        after = moves.record_payment(before, reference.terms_of(before, at), wish.amount, at, now)
        moved = await self._save(work, command, before, after)
        if (wait := before.open_wait) and wait.amount is None:  # another system asked; there is no fee of ours yet
            actor = command.actor.id
            asked = await fees.ask(work.connection, after, wish.amount, _ASKED_ELSEWHERE, actor, wait.since)
            await self._trail.record(work, [row_step(command, asked)])
        paid = fees.Payment(wish.method, at, wish.reference)
        fee = await fees.pay_open(work.connection, after, paid, command.actor.id)
        await self._trail.record(work, [row_step(command, fee)])
        return moved.model_copy(update={"fee_id": fee.id, "receipt_number": fee.receipt_number})

    async def extend(self, work: UnitOfWork, command: Command[commands.ExtendCase]) -> CaseMoved:
        wish, now = command.data, self._clock.now()
        before, reference = await self._load(work, command)
        at = wish.extended_at or now
        after = moves.extend(before, reference.terms_of(before, at), wish.new_due_at, wish.reason, at, now)
        return await self._save(work, command, before, after, wish.reason)

    async def withdraw(self, work: UnitOfWork, command: Command[commands.WithdrawCase]) -> CaseMoved:
        wish, now = command.data, self._clock.now()
        before, _ = await self._load(work, command)
        after = moves.withdraw(before, wish.withdrawn_at or now, now)
        return await self._save(work, command, before, after, wish.reason)

    async def stop(self, work: UnitOfWork, command: Command[commands.StopCase]) -> CaseMoved:
        wish, now = command.data, self._clock.now()
        before, _ = await self._load(work, command)
        after = moves.stop(before, wish.cause, wish.reason, wish.stopped_at or now, now)
        return await self._save(work, command, before, after, wish.reason)

    async def amend(self, work: UnitOfWork, command: Command[commands.AmendCase]) -> CaseMoved:
        wish, now = command.data, self._clock.now()
        before, reference = await self._load(work, command)
        procedure, channel = wish.procedure or before.procedure, wish.channel or before.channel
        terms = reference.terms_of(before, now, procedure=procedure)
        field = reference.procedure(procedure, on=before.submitted_at.astimezone(ZONE).date()).field
        after = moves.amend(before, terms, wish.reason, now, procedure=procedure, field=field, channel=channel)
        return await self._save(work, command, before, after, wish.reason)

    async def complete(self, work: UnitOfWork, command: Command[commands.CompleteCase]) -> CaseMoved:
        wish, now = command.data, self._clock.now()
        before, _ = await self._load(work, command)
        after = moves.complete(before, wish.outcome, wish.reason, wish.completed_at or now, now)
        return await self._save(work, command, before, after, wish.reason)

    async def hand_over(self, work: UnitOfWork, command: Command[commands.ReturnCase]) -> CaseMoved:
        now = self._clock.now()
        before, _ = await self._load(work, command)
        return await self._save(work, command, before, moves.hand_over(before, command.data.returned_at or now, now))

    async def report_error(self, work: UnitOfWork, command: Command[commands.ReportError]) -> CaseMoved:
        wish, now = command.data, self._clock.now()
        before, reference = await self._load(work, command)
        at = wish.reported_at or now
        after = moves.report_error(before, reference.terms_of(before, at), wish.reason, at, now)
        return await self._save(work, command, before, after, wish.reason)

    async def correct_result(self, work: UnitOfWork, command: Command[commands.CorrectResult]) -> CaseMoved:
        now = self._clock.now()
        before, _ = await self._load(work, command)
        after = moves.correct_result(before, command.data.corrected_at or now, now)
        return await self._save(work, command, before, after)

    async def _load(self, work: UnitOfWork, command: Command[Any]) -> tuple[Case, Reference]:
        reference = await self._book.current(work.connection)
        case = await store.locked(work.connection, command.data.case_id)
        if case is None:
            raise no_such_case("case_id")
        check_version(command.expected_version, case.version)
        return case, reference

    async def _create(self, work: UnitOfWork, command: Command[Any], reference: Reference, case: Case) -> CaseMoved:
        if command.data.applicant is not None:
            case = replace(case, applicant=await self._people.register(work, command, command.data.applicant))
        if not await store.insert(work.connection, [case]):
            if case.case_code and not await store.by_id(work.connection, case.id):
                raise domain.case_code_taken(case.case_code)
            raise refuse(
                CommonRefusal.VERSION_CONFLICT, "Hồ sơ này đã có.", "This case exists already.", field="case_id"
            )
        emit(work, command, case)
        taken = step(command, VERB[type(command.data)], case.id, 0, case.version, to_state=case.state)
        await self._trail.record(work, [taken])
        like = await duplicates.like(work.connection, reference, [case])
        return _told(case, like.get(case.id, []))

    async def _save(
        self,
        work: UnitOfWork,
        command: Command[Any],
        before: Case,
        after: Case,
        reason: str = "",
        items: Sequence[str] = (),
    ) -> CaseMoved:
        await store.update(work.connection, [after])
        if reason.strip() or items:
            await store.add_notes(work.connection, [(after, reason.strip(), items)])
        emit(work, command, after)
        taken = step(
            command,
            VERB[type(command.data)],
            after.id,
            before.version,
            after.version,
            from_state=before.state,
            to_state=after.state,
            reason=words(reason, items),
        )
        await self._trail.record(work, [taken])
        if why := WAIVED_WITH_ITS_CASE.get(after.state):
            await self._waive(work, command, after, why)
        return _told(after, [])

    async def _waive(self, work: UnitOfWork, command: Command[Any], case: Case, why: str) -> None:
        """What a case that has come to its end still asked for: nobody has to pay it. The case's event tells it."""
        waived = await fees.waive_open(work.connection, {case.id: why}, command.actor.id, self._clock.now())
        for fee in waived:
            await self._trail.record(work, [fees.waived_step(command, case, fee), row_step(command, fee)])


def emit(work: UnitOfWork, cause: Cause, case: Case) -> None:
    """Tells what happened to a case since it was loaded."""
    for version, news in enumerate(case.news, case.version - len(case.news) + 1):
        work.emit(news, entity=case.id, version=version, province=case.province, cause=cause)


def no_such_case(field: str) -> Exception:
    """The refusal of a case that is not there."""
    return refuse(CommonRefusal.NOT_FOUND, "Không có hồ sơ này.", "There is no such case.", field=field)


def _new(reference: Reference, wish: commands.SubmitCase | commands.ServeCase, at: datetime) -> Case:
    code = wish.case_code if isinstance(wish, commands.SubmitCase) else None
    return reference.new_case(
        wish.case_id, wish.receiving_unit, wish.deciding_unit, wish.procedure, Channel(wish.channel), at, code
    )


async def _code(
    connection: Connection, reference: Reference, case: Case, terms: Terms, wanted: str | None, at: datetime
) -> str:
    """The code of a case: the one it has, the one that is wanted, or the next of the deciding agency's day (Art 28)."""
    if wanted is not None:
        reference.check_agency(wanted, case.deciding_unit)
        if wanted != case.case_code:
            await _check_code_is_free(connection, wanted)
        return wanted
    if case.case_code is not None:
        return case.case_code
    if terms.agency is None:
        raise refuse(
            IntakeRefusal.NO_AGENCY_CODE,
            f"Chưa có mã cơ quan của đơn vị {case.deciding_unit}: hãy gửi kèm case_code, hoặc bổ sung vào danh mục.",
            f"The agency code of unit {case.deciding_unit} is not known: send a case_code, or add it to the catalogue.",
            field="case_code",
        )
    day = at.astimezone(ZONE).date()
    beginning = f"{terms.agency}-{day:%y%m%d}-"
    return f"{beginning}{await store.next_serial(connection, terms.agency, day, beginning):04d}"


async def _check_code_is_free(connection: Connection, code: str) -> None:
    if await store.code_exists(connection, code):
        raise domain.case_code_taken(code)


def _told(case: Case, like: list[LikeCase]) -> CaseMoved:
    accepted = next((news for news in case.news if isinstance(news, CaseAccepted)), None)
    return CaseMoved(
        case_id=case.id,
        state=case.state,
        version=case.version,
        case_code=case.case_code,
        due_at=case.due_at,
        act_by=case.act_by,
        forward_by=accepted.forward_by if accepted else None,
        duplicates=like,
    )
