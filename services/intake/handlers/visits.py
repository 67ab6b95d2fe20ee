"""Use cases of visits: load, decide, save. One that led to a case is an entry in the case's chain, too."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import asyncpg

from contracts.envelope import Command, Query
from contracts.intake.assistance import INDICATORS, Indicator
from contracts.intake.commands.visits import AmendVisit, RecordVisit, RevokeVisit, VisitContent, VisitSaved
from contracts.intake.queries.visits import (
    AssistanceSummary,
    AssistanceSummaryView,
    IndicatorTotal,
    VisitLine,
    Visits,
    VisitShare,
    VisitsView,
)
from contracts.refusals import CommonRefusal, refuse
from services.chassis.database import Connection, UnitOfWork
from services.intake.domain import visits as domain
from services.intake.domain.limits import VisitLimits
from services.intake.domain.linked import unknown_case
from services.intake.domain.visits import Recorder, Visit
from services.intake.handlers.audit import Trail, row_step
from services.intake.handlers.common import check_version, exists_already, not_found, window
from services.intake.handlers.places import Places
from services.intake.store import linked
from services.intake.store import visits as store
from services.worktime.clock import Clock


class VisitHandlers:
    """Commands and queries about visits."""

    def __init__(self, places: Places, trail: Trail, clock: Clock, limits: VisitLimits) -> None:
        self._places = places
        self._trail = trail
        self._clock = clock
        self._limits = limits

    async def record(self, work: UnitOfWork, command: Command[RecordVisit]) -> VisitSaved:
        wish = command.data
        by = Recorder(
            command.actor,
            self._clock.now(),
            wish.unit,
            await self._places.province(work.connection, wish.unit),
            wish.team_id,
        )
        domain.check_may_name_case(command.actor, wish)
        case_id = await self._case(work.connection, wish)
        visit = domain.record(wish.visit_id, by, wish, case_id, self._limits)
        visit, changed = await self._settled(work.connection, visit, {case_id})
        if not await store.insert(work.connection, visit):
            raise exists_already("lượt hỗ trợ", "visit", "visit_id")
        work.emit(domain.recorded(visit), entity=visit.id, version=1, province=visit.province, cause=command)
        return await self._told(work, command, visit, changed, {case_id})

    async def amend(self, work: UnitOfWork, command: Command[AmendVisit]) -> VisitSaved:
        wish = command.data
        domain.check_may_name_case(command.actor, wish)
        case_id = await self._case(work.connection, wish)
        before = await self._load(work.connection, command, wish.visit_id, {case_id})
        after = domain.amend(before, command.actor, wish, case_id, self._clock.now(), self._limits)
        after, changed = await self._settled(work.connection, after, {before.case_id, case_id})
        await store.update(work.connection, [after])
        work.emit(domain.amended(after), entity=after.id, version=after.version, province=after.province, cause=command)
        what = ", ".join(domain.changed_fields(before, after)) or "nothing"
        return await self._told(work, command, after, changed, {before.case_id, case_id}, f": {what}")

    async def revoke(self, work: UnitOfWork, command: Command[RevokeVisit]) -> VisitSaved:
        wish = command.data
        before = await self._load(work.connection, command, wish.visit_id, set())
        after = domain.revoke(before, command.actor, self._clock.now())
        after, changed = await self._settled(work.connection, after, {before.case_id})
        await store.update(work.connection, [after])
        fact = domain.revoked(after, wish.reason)
        work.emit(fact, entity=after.id, version=after.version, province=after.province, cause=command)
        return await self._told(work, command, after, changed, {before.case_id}, f": {wish.reason}")

    async def _case(self, connection: Connection, told: VisitContent) -> UUID | None:
        """The case that a visit led to. Refused: there is none, or id and code are of different ones."""
        if told.case_code is not None:
            case = await linked.case_by_code(connection, told.case_code)
            if case is None or (told.case_id is not None and told.case_id != case.id):
                raise unknown_case("case_code")
            return case.id
        if told.case_id is not None and await linked.case_by_id(connection, told.case_id) is None:
            raise unknown_case("case_id")
        return told.case_id

    async def _load(
        self, connection: Connection, command: Command[Any], visit_id: UUID, cases: Collection[UUID | None]
    ) -> Visit:
        """A visit and all that decides which visit counts its case, locked: cases first, as everybody does."""
        case_id = await store.case_of(connection, visit_id)
        await store.lock_cases(connection, {each for each in (*cases, case_id) if each is not None})
        visit = await store.by_id(connection, visit_id)
        if visit is None:
            raise not_found("lượt hỗ trợ", "visit", "visit_id")
        check_version(command.expected_version, visit.version)
        if visit.case_id != case_id:
            raise refuse(
                CommonRefusal.VERSION_CONFLICT,
                "Vừa có người khác thay đổi; hãy gửi lại.",
                "Somebody changed it meanwhile; send it again.",
                field="visit_id",
            )
        return visit

    async def _settled(
        self, connection: Connection, visit: Visit, cases: Collection[UUID | None]
    ) -> tuple[Visit, list[Visit]]:
        known = {each for each in cases if each is not None}
        if not known:
            return visit, []
        await store.lock_cases(connection, known)
        return domain.settle(visit, await store.of_cases(connection, known, visit.id))

    async def _told(
        self,
        work: UnitOfWork,
        command: Command[Any],
        visit: Visit,
        changed: Collection[Visit],
        cases: Collection[UUID | None],
        why: str = "",
    ) -> VisitSaved:
        """Saves and tells the visits that count a case now because this one does not, and writes it, and `why`, to
        the chains of the cases that this one led to or leads to; the answer."""
        await store.update(work.connection, changed)
        for each in changed:
            fact = domain.amended(each)
            work.emit(fact, entity=each.id, version=each.version, province=each.province, cause=command)
        await self._trail.record(work, [row_step(command, each) for each in (visit, *changed)])
        if named := [each for each in cases if each is not None]:
            await self._trail.about_cases(work, command, named, f"visit {visit.id}{why}", events_of=visit.id)
        notice = None if visit.counts_case or visit.revoked_at else _COUNTED_ALREADY
        return VisitSaved(
            visit_id=visit.id,
            version=visit.version,
            counts_case=visit.counts_case,
            notice_vi=notice and notice[0],
            notice_en=notice and notice[1],
        )

    async def visits(self, connection: Connection, query: Query[Visits]) -> VisitsView:
        wish = query.data
        await self._places.province(connection, wish.unit)
        found = await store.page(connection, wish.unit, window(wish.day, wish.day), wish.after, wish.limit + 1)
        shown = found[: wish.limit]
        return VisitsView(
            visits=[_line(visit) for visit in shown], next=shown[-1].id if len(found) > wish.limit else None
        )

    async def summary(self, connection: Connection, query: Query[AssistanceSummary]) -> AssistanceSummaryView:
        wish = query.data
        await self._places.check(connection, wish.unit)
        asked = (wish.unit, *window(wish.first_day, wish.last_day))
        amounts = {row["indicator"]: row for row in await store.indicators(connection, *asked)}
        shares: dict[str, list[VisitShare]] = {name: [] for name in store.LEVELS.values()}
        for row in await store.shares(connection, *asked):
            column = store.LEVELS[row["level"]]
            value = "" if column == "total" else row[column]
            shares[column].append(VisitShare(value=value, visits=row["visits"], minutes=row["minutes"]))
        (total,) = shares["total"]
        return AssistanceSummaryView(
            unit=wish.unit,
            first_day=wish.first_day,
            last_day=wish.last_day,
            visits=total.visits,
            minutes=total.minutes,
            indicators=[_total(indicator, amounts.get(indicator)) for indicator in Indicator],
            by_age_band=shares["age_band"],
            by_group=shares["task_group"],
            by_outcome=shares["outcome"],
            by_place=shares["place"],
            by_need=[VisitShare(**dict(row)) for row in await store.needs(connection, *asked)],
            by_language=[VisitShare(**dict(row)) for row in await store.languages(connection, *asked)],
        )


_COUNTED_ALREADY = (
    "Đã ghi. Hồ sơ này đã được tính là “được hỗ trợ” ở một lượt khác nên không tính thêm.",
    "Recorded. Another visit counts this case as supported already, so it is not counted again.",
)


def _line(visit: Visit) -> VisitLine:
    return VisitLine(
        visit_id=visit.id,
        version=visit.version,
        at=visit.at,
        recorded_by=visit.recorded_by,
        age_band=visit.age_band,
        needs=visit.needs,
        language=visit.language,
        group=visit.group,
        counts=visit.counts,
        outcome=visit.outcome,
        minutes=visit.minutes,
        place=visit.place,
        led_to_case=visit.case_id is not None,
        counts_case=visit.counts_case,
        revoked=visit.revoked_at is not None,
    )


def _total(indicator: Indicator, row: asyncpg.Record | None) -> IndicatorTotal:
    meaning = INDICATORS[indicator]
    return IndicatorTotal(
        indicator=indicator,
        amount=row["amount"] if row else 0,
        visits=row["visits"] if row else 0,
        vi=meaning.vi,
        en=meaning.en,
        source=meaning.source,
    )
