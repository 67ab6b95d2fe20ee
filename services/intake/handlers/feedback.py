"""Use cases of ratings and complaints: load, decide, save.

What is about a case is an entry in its chain as well. The case is locked first, then the rating or complaint.
"""

from typing import Any
from uuid import UUID

from contracts.envelope import Command, Query
from contracts.intake.commands.feedback import (
    AcknowledgeComplaint,
    AnswerComplaint,
    CloseComplaint,
    ComplaintMoved,
    FileComplaint,
    RateResult,
    ResultRated,
    WithdrawComplaint,
)
from contracts.intake.feedback import ComplaintState, complaint_moves_from
from contracts.intake.queries.feedback import (
    ComplaintCount,
    ComplaintLine,
    Complaints,
    ComplaintsView,
    RatingCount,
    SatisfactionSummary,
    SatisfactionSummaryView,
)
from services.chassis.database import Connection, UnitOfWork
from services.chassis.ids import stable_id
from services.intake.domain import feedback as domain
from services.intake.domain.feedback import Complaint, Step
from services.intake.domain.limits import Limits
from services.intake.domain.linked import unknown_case
from services.intake.handlers.audit import Trail, row_step
from services.intake.handlers.common import check_version, exists_already, not_found, window
from services.intake.handlers.places import Places
from services.intake.store import cases, linked
from services.intake.store import feedback as store
from services.worktime.clock import Clock


class FeedbackHandlers:
    """Commands and queries about how content people are."""

    def __init__(self, places: Places, trail: Trail, clock: Clock, limits: Limits) -> None:
        self._places = places
        self._trail = trail
        self._clock = clock
        self._limits = limits

    async def rate(self, work: UnitOfWork, command: Command[RateResult]) -> ResultRated:
        wish = command.data
        case = await linked.case_by_code(work.connection, wish.case_code, lock=True)
        if case is None:
            raise unknown_case("case_code")
        rating_id = stable_id("rating", str(case.id))
        before = await store.rating(work.connection, rating_id)
        check_version(command.expected_version, before.version if before else 0)
        rating = domain.rate(rating_id, case, before, wish, self._clock.now(), self._limits.ratings)
        await (store.save_rating if before else store.add_rating)(work.connection, rating)
        work.emit(
            domain.rated(rating), entity=rating.id, version=rating.version, province=rating.province, cause=command
        )
        await self._trail.record(work, [row_step(command, rating)])
        what = f"rating {rating.id}: {rating.answer}"
        await self._trail.about_cases(work, command, [case.id], what, events_of=rating.id)
        return ResultRated(
            rating_id=rating.id,
            version=rating.version,
            answer=rating.answer,
            changeable_until=rating.changeable_until(self._limits.ratings),
        )

    async def file(self, work: UnitOfWork, command: Command[FileComplaint]) -> ComplaintMoved:
        wish = command.data
        domain.check_wish(wish)
        case = await linked.case_by_code(work.connection, wish.case_code, lock=True) if wish.case_code else None
        if wish.case_code and case is None:
            raise unknown_case("case_code")
        unit = case.receiving_unit if case else wish.unit or ""
        place = (unit, await self._places.province(work.connection, unit))
        calendar = await self._places.calendar(work.connection, unit)
        step = domain.file(wish, command.actor, place, case, calendar, self._clock.now(), self._limits.complaints)
        if not await store.add_complaint(work.connection, step[0]):
            raise exists_already("phản ánh", "complaint", "complaint_id")
        return await self._tell(work, command, step)

    async def acknowledge(self, work: UnitOfWork, command: Command[AcknowledgeComplaint]) -> ComplaintMoved:
        before = await self._load(work, command, command.data.complaint_id)
        return await self._save(work, command, domain.acknowledge(before, command.actor, self._clock.now()))

    async def answer(self, work: UnitOfWork, command: Command[AnswerComplaint]) -> ComplaintMoved:
        before = await self._load(work, command, command.data.complaint_id)
        step = domain.answer(before, command.actor, command.data.outcome, self._clock.now())
        return await self._save(work, command, step)

    async def close(self, work: UnitOfWork, command: Command[CloseComplaint]) -> ComplaintMoved:
        before = await self._load(work, command, command.data.complaint_id)
        return await self._save(work, command, domain.close(before, command.actor, self._clock.now()))

    async def withdraw(self, work: UnitOfWork, command: Command[WithdrawComplaint]) -> ComplaintMoved:
        before = await self._load(work, command, command.data.complaint_id)
        return await self._save(work, command, domain.withdraw(before, command.actor, self._clock.now()))

    async def _load(self, work: UnitOfWork, command: Command[Any], complaint_id: UUID) -> Complaint:
        if case_id := await store.case_of(work.connection, complaint_id):
            await cases.locked_versions(work.connection, [case_id])
        complaint = await store.complaint(work.connection, complaint_id)
        if complaint is None:
            raise not_found("phản ánh", "complaint", "complaint_id")
        check_version(command.expected_version, complaint.version)
        return complaint

    async def _save(self, work: UnitOfWork, command: Command[Any], step: Step) -> ComplaintMoved:
        await store.save_complaint(work.connection, step[0])
        return await self._tell(work, command, step)

    async def _tell(self, work: UnitOfWork, command: Command[Any], step: Step) -> ComplaintMoved:
        complaint, fact = step
        work.emit(fact, entity=complaint.id, version=complaint.version, province=complaint.province, cause=command)
        await self._trail.record(work, [row_step(command, complaint)])
        if complaint.case_id is not None:
            what = f"complaint {complaint.id}: {complaint.state}"
            await self._trail.about_cases(work, command, [complaint.case_id], what, events_of=complaint.id)
        return ComplaintMoved(
            complaint_id=complaint.id,
            state=complaint.state,
            version=complaint.version,
            acknowledge_by=complaint.acknowledge_by,
            answer_by=complaint.answer_by,
            outcome=complaint.outcome,
        )

    async def complaints(self, connection: Connection, query: Query[Complaints]) -> ComplaintsView:
        wish, now = query.data, self._clock.now()
        await self._places.province(connection, wish.unit)
        found = await store.page(connection, wish.unit, wish.after, wish.limit + 1, open_only=wish.open_only)
        shown = found[: wish.limit]
        lines = [
            ComplaintLine(
                complaint_id=each.id,
                version=each.version,
                state=each.state,
                subject=each.subject,
                reason=each.reason,
                filed_at=each.filed_at,
                acknowledge_by=each.acknowledge_by,
                answer_by=each.answer_by,
                overdue=each.overdue(now),
                outcome=each.outcome,
                case_id=each.case_id,
                moves=[
                    move.verb
                    for move in complaint_moves_from(each.state, query.actor.role)
                    if not (move.not_by_its_object and query.actor.id == each.about_actor)
                ],
            )
            for each in shown
        ]
        return ComplaintsView(complaints=lines, next=shown[-1].id if len(found) > wish.limit else None)

    async def summary(self, connection: Connection, query: Query[SatisfactionSummary]) -> SatisfactionSummaryView:
        wish = query.data
        await self._places.check(connection, wish.unit)
        asked = (wish.unit, *window(wish.first_day, wish.last_day))
        ratings = [RatingCount(**dict(row)) for row in await store.ratings(connection, *asked)]
        complaints = [ComplaintCount(**dict(row)) for row in await store.complaints(connection, *asked)]
        return SatisfactionSummaryView(
            unit=wish.unit,
            first_day=wish.first_day,
            last_day=wish.last_day,
            rated=sum(each.ratings for each in ratings),
            ratings=ratings,
            complaints=complaints,
            cases_against=await store.cases_against(connection, *asked),
            complaints_without_case=sum(
                each.complaints
                for each in complaints
                if each.subject != "case" and each.state is not ComplaintState.WITHDRAWN
            ),
        )
