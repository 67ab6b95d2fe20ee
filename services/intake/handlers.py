"""Use cases of intake: load, decide, save."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from contracts.envelope import Command, Query
from contracts.intake.commands import (
    AcceptCase,
    CaseMoved,
    CasesImported,
    CompleteCase,
    ImportCases,
    IntakeRefusal,
    LogRow,
    RejectedRow,
    ReturnCase,
    SubmitCase,
)
from contracts.intake.events import ProcedurePublished, UnitRegistered
from contracts.intake.queries import CaseByCode, CaseCounts, CaseCountsView, CaseView, DeadlineStep, UnitCaseCount
from contracts.intake.vocabulary import Channel
from contracts.refusals import CommonRefusal, Refused, refuse
from contracts.topology import NO_PROVINCE
from services.chassis.database import Connection, Database, UnitOfWork
from services.chassis.ids import stable_id, uuid7
from services.chassis.outbox import Cause, Origin
from services.intake import domain, store
from services.intake.domain import Case
from services.intake.reference import Reference
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
        _emit(work, cause, case, from_version)
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


class ImportHandler:
    """Takes over rows of a case log, all of a command's rows in a few statements."""

    def __init__(self, reference: Reference, clock: Clock) -> None:
        self._reference = reference
        self._clock = clock

    async def __call__(self, work: UnitOfWork, command: Command[ImportCases]) -> CasesImported:
        """A bad row is rejected and costs the others nothing; a known case is advanced by what the row adds."""
        told, rejected = self._judge(command.data.rows)
        imported = advanced = present = 0
        while told:
            known = await store.by_codes(work.connection, told)
            new = [case for code, (_, case) in told.items() if code not in known]
            added = await store.insert(work.connection, new) if new else set()
            moved: list[tuple[Case, int]] = []
            for code, before in known.items():
                row, case = told[code]
                try:
                    domain.check_continues(before, case)
                except Refused as refused:
                    rejected.append(_rejected(row, refused))
                    continue
                if case.version > before.version:
                    moved.append((_continued(before, case), before.version))
                else:
                    present += 1
            if moved:
                await store.update(work.connection, [case for case, _ in moved])
            for case in new:
                if case.id in added:
                    _emit(work, command, case, 0)
            for case, version in moved:
                _emit(work, command, case, version)
            imported, advanced = imported + len(added), advanced + len(moved)
            # Where another import was quicker, its cases are known now, and ours may tell more of them.
            told = {code: told[code] for code in told if code not in known and told[code][1].id not in added}
        return CasesImported(
            imported=imported,
            advanced=advanced,
            already_present=present,
            rejected=sorted(rejected, key=lambda row: row.line),
        )

    def _judge(self, rows: Iterable[LogRow]) -> tuple[dict[str, tuple[LogRow, Case]], list[RejectedRow]]:
        told: dict[str, tuple[LogRow, Case]] = {}
        rejected: list[RejectedRow] = []
        now = self._clock.now()
        for row in rows:
            try:
                case = self._case(row, now)
                if row.case_code in told:
                    raise refuse(
                        IntakeRefusal.CASE_CODE_TAKEN,
                        f"Mã hồ sơ {row.case_code} đã có ở dòng {told[row.case_code][0].line}.",
                        f"The case code {row.case_code} stands on line {told[row.case_code][0].line} already.",
                        field="case_code",
                    )
            except Refused as refused:
                rejected.append(_rejected(row, refused))
            else:
                told[row.case_code] = (row, case)
        return told, rejected

    def _case(self, row: LogRow, now: datetime) -> Case:
        """The case that a row tells of, led through the same rules as a living one."""
        self._reference.check_case_code(row.case_code)
        domain.check_no_gap(row)
        submitted = domain.parse_instant(row, "submitted_at") or now
        case = domain.submit(
            self._reference.new_case(
                uuid7(), row.unit, row.deciding_unit, row.procedure, _channel(row.channel), submitted
            ),
            now,
        )
        if accepted := domain.parse_instant(row, "accepted_at"):
            due = partial(self._reference.quick_deadline, row.procedure)
            case = domain.accept(case, row.case_code, accepted, due, now)
        if completed := domain.parse_instant(row, "completed_at"):
            case = domain.complete(case, completed, now)
        if returned := domain.parse_instant(row, "returned_at"):
            case = domain.hand_over(case, returned, now)
        return case


class Announcer:
    """Tells the catalogue to the others: each unit and procedure once, and again when it changes."""

    def __init__(self, reference: Reference, database: Database) -> None:
        self._reference = reference
        self._database = database

    async def __call__(self) -> None:
        async with self._database.unit_of_work() as work:
            before = await store.announced(work.connection)
            origin = Origin(uuid7())
            recorded: list[tuple[UUID, int, bytes]] = []
            for entity, province, data in self._entries():
                print_ = hashlib.sha256(data.model_dump_json().encode()).digest()
                version, known = before.get(entity, (0, b""))
                if print_ != known:
                    work.emit(data, entity=entity, version=version + 1, province=province, cause=origin)
                    recorded.append((entity, version + 1, print_))
            if recorded:
                await store.record_announced(work.connection, recorded)

    def _entries(self) -> Iterable[tuple[UUID, str, UnitRegistered | ProcedurePublished]]:
        for unit in self._reference.units():
            yield stable_id("unit", unit.code), unit.province, unit
        for procedure in self._reference.procedures():
            yield stable_id("procedure", procedure.code), NO_PROVINCE, procedure


def _continued(before: Case, told: Case) -> Case:
    """The known case moved to where the row says it stands; its deadline stays as it was computed."""
    return Case(
        **{name: getattr(told, name) for name in Case.__slots__}
        | {name: getattr(before, name) for name in ("id", "due_at", "rule_version", "calendar_version")}
    )


def _emit(work: UnitOfWork, cause: Cause, case: Case, from_version: int) -> None:
    for version, fact in domain.events_after(case, from_version):
        work.emit(fact, entity=case.id, version=version, province=case.province, cause=cause)


def _channel(text: str) -> Channel:
    try:
        return Channel(text)
    except ValueError:
        allowed = ", ".join(Channel)
        raise refuse(
            CommonRefusal.INVALID,
            f"Kênh “{text}” không hợp lệ; chỉ dùng {allowed}.",
            f"“{text}” is no channel; use {allowed}.",
            field="channel",
        ) from None


def _rejected(row: LogRow, refused: Refused) -> RejectedRow:
    refusal = refused.refusal
    return RejectedRow(
        line=row.line,
        column=_COLUMN.get(refusal.field or "", refusal.field or ""),
        code=refusal.code,
        message_vi=refusal.message_vi,
        message_en=refusal.message_en,
    )


_COLUMN = {"receiving_unit": "unit"}
