"""What people look at: a case with its explained deadline, its history, inboxes, a search."""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from contracts.envelope import Query
from contracts.intake.lifecycle import OPEN, moves_from
from contracts.intake.queries import cases as queries
from contracts.intake.vocabulary import CaseState, Channel
from contracts.refusals import CommonRefusal, Refused, refuse
from contracts.roles import Role
from services.chassis.database import Connection
from services.intake.domain import clock
from services.intake.domain.cases import Case
from services.intake.domain.urgency import urgency
from services.intake.handlers.cases import no_such_case
from services.intake.handlers.reference_book import Book
from services.intake.reference import Reference
from services.intake.store import cases as store
from services.intake.store import inbox
from services.intake.store.inbox import Side
from services.intake.store.rows import in_zone
from services.worktime.clock import ZONE, Clock

_SIDES: dict[str, Side] = {"receiving": "receiving_unit", "deciding": "deciding_unit", "province": "province"}
_WAITING = (*sorted(OPEN), CaseState.COMPLETED, CaseState.RETURNED)
_START: inbox.Place = (0, datetime(1900, 1, 1, tzinfo=UTC), UUID(int=0))
_RANKS = {"0": 0, "1": 1, "2": 2}
_PROVINCE = 2  # digits
_DIMENSIONS = frozenset({"case_id", "receiving_unit", "deciding_unit", "procedure", "field", "channel"})


class CaseViews:
    """Questions about cases."""

    def __init__(self, book: Book, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    async def by_code(self, connection: Connection, query: Query[queries.CaseByCode]) -> queries.CaseView:
        case = await store.by_code(connection, query.data.case_code)
        if case is None:
            raise no_such_case("case_code")
        return self._view(case, await self._book.read(connection), query.actor.role)

    async def by_id(self, connection: Connection, query: Query[queries.CaseById]) -> queries.CaseView:
        case = await store.by_id(connection, query.data.case_id)
        if case is None:
            raise no_such_case("case_id")
        return self._view(case, await self._book.read(connection), query.actor.role)

    def _view(self, case: Case, reference: Reference, role: Role) -> queries.CaseView:
        steps: list[queries.DeadlineStep] = []
        paused = None
        # Where the catalogue has taken the limit away meanwhile, the case is shown with what was promised, unexplained.
        with suppress(Refused):
            if (deadline := reference.deadline_of(case)) is not None:
                terms = reference.terms_of(case, case.submitted_at)
                paused = clock.readings(case, terms, self._clock.now()).paused
                steps = [
                    queries.DeadlineStep(kind=s.kind, at=s.at, note_vi=s.note_vi, note_en=s.note_en, article=s.article)
                    for s in clock.steps(case, terms, deadline)
                ]
        return queries.CaseView(
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
            deadline_steps=steps,
            act_by=case.act_by,
            first_due_at=case.first_due_at,
            due_at_paused=paused,
            clock_started_at=case.clock_started_at,
            started_at=case.started_at,
            extended_at=case.extended_at,
            new_due_at=case.new_due_at,
            ended_at=case.ended_at,
            outcome=case.outcome,
            stop_cause=case.stop_cause,
            rule_version=case.rule_version,
            calendar_version=case.calendar_version,
            urgency=urgency(case.state, case.act_by, self._clock.now(), reference.calendar_of(case.deciding_unit)),
            forward_by=_forward_by(case, reference),
            waits=[
                queries.CaseWait(kind=w.kind, since=w.since, until=w.until, by=w.by, amount=w.amount)
                for w in case.waits
            ],
            moves=[
                queries.AllowedMove(verb=move.verb, name_vi=move.vi, name_en=move.en)
                for move in moves_from(case.state, role)
            ],
        )

    async def history(self, connection: Connection, query: Query[queries.CaseHistory]) -> queries.CaseHistoryView:
        rows = await inbox.history(connection, query.data.case_id)
        if not rows:
            raise no_such_case("case_id")
        return queries.CaseHistoryView(case_id=query.data.case_id, steps=[_step(row) for row in rows])

    async def inbox(self, connection: Connection, query: Query[queries.Inbox]) -> queries.InboxView:
        wish = query.data
        (await self._book.read(connection)).check_unit(wish.unit, field="unit")
        _check_level(wish)
        side = _SIDES[wish.side]
        after = _START if wish.cursor is None else _place(wish.cursor)
        rows = await inbox.page(connection, side, wish.unit, wish.states or _WAITING, after, wish.size + 1)
        shown = await self._listed(connection, rows[: wish.size])
        last = rows[wish.size - 1] if len(rows) > wish.size else None
        return queries.InboxView(
            cases=shown,
            cursor=f"{last['queue_rank']}|{last['queue_at'].isoformat()}|{last['id']}" if last else None,
            counts=await inbox.counts(connection, side, wish.unit, _WAITING, queries.COUNTED_TO),
        )

    async def find(self, connection: Connection, query: Query[queries.FindCases]) -> queries.FoundCases:
        rows = await inbox.search(connection, query.data.text, query.data.size)
        return queries.FoundCases(cases=await self._listed(connection, rows))

    async def _listed(self, connection: Connection, rows: Sequence[asyncpg.Record]) -> list[queries.ListedCase]:
        reference, now = await self._book.read(connection), self._clock.now()
        listed = []
        for row in rows:
            values = in_zone(row)
            calendar = reference.calendar_of(values["deciding_unit"])
            values["urgency"] = urgency(CaseState(values["state"]), values["act_by"], now, calendar)
            listed.append(queries.ListedCase(case_id=values.pop("id"), **values))
        return listed

    async def counts(self, connection: Connection, query: Query[queries.CaseCounts]) -> queries.CaseCountsView:
        rows = await store.counts(connection, query.data.after or "", queries.UNITS_AT_ONCE)
        counts = [queries.UnitCaseCount(**dict(row)) for row in rows]
        return queries.CaseCountsView(counts=counts, next=queries.last_unit(counts))

    async def digests(self, connection: Connection, query: Query[queries.CaseDigests]) -> queries.CaseDigestsView:
        """Also of a unit that is none: a projection may hold cases of it, and this says that there should be none."""
        wish = query.data
        rows = await store.digests(connection, wish.unit, wish.after or UUID(int=0), queries.CASES_AT_ONCE)
        cases = [queries.CaseDigest.judged(**dict(row)) for row in rows]
        return queries.CaseDigestsView(cases=cases, next=queries.last_case(cases))


def _forward_by(case: Case, reference: Reference) -> datetime | None:
    """Reckoned when asked, so that a new calendar needs to move nothing; the limit is not kept with the case."""
    if case.state is not CaseState.ACCEPTED or case.channel is Channel.ONLINE or case.accepted_at is None:
        return None
    return reference.terms_of(case, case.submitted_at).forward_by(case.accepted_at)


def _check_level(wish: queries.Inbox) -> None:
    """Refused: the inbox of a province asked for by a commune's code, or the cases that a whole province received."""
    province = len(wish.unit) == _PROVINCE
    if wish.side == "province" and not province:
        wanted = ("cần mã tỉnh 2 số", "takes a province's code, of 2 digits")
    elif wish.side == "receiving" and province:
        wanted = (
            "cần mã xã 5 số; cả tỉnh: province",
            "takes a commune's code; a province: province",
        )
    else:
        return
    raise refuse(CommonRefusal.INVALID, f"{wish.side} {wanted[0]}.", f"{wish.side} {wanted[1]}.", field="unit")


def _step(row: asyncpg.Record) -> queries.CaseStep:
    event = json.loads(row["payload"])
    return queries.CaseStep(
        version=row["version"],
        kind=event["type"].split(".")[3],
        recorded_at=row["created_at"].astimezone(ZONE),
        facts={key: value for key, value in event["data"].items() if key not in _DIMENSIONS},
        reason=row["reason"],
        items=row["items"] or [],
    )


def _place(cursor: str) -> inbox.Place:
    try:
        rank, at, case_id = cursor.split("|")
        place = _RANKS[rank], datetime.fromisoformat(at), UUID(case_id)
        place[1].astimezone(UTC)  # as the database has it: the ends of the years that there are have no such instant
    except (ValueError, KeyError, OverflowError):
        place = None
    if place is None or place[1].tzinfo is None:
        raise refuse(
            CommonRefusal.INVALID,
            "Con trỏ trang không đúng: hãy gửi lại nguyên văn cursor của trang trước.",
            "The cursor is wrong: send the cursor of the page before as it was.",
            field="cursor",
        )
    return place
