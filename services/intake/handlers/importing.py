"""Taking over a case log."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from contracts.envelope import Command
from contracts.intake.commands.importing import CasesImported, ImportCases, LogRow, RejectedRow
from contracts.intake.refusals import IntakeRefusal
from contracts.intake.vocabulary import Channel
from contracts.refusals import CommonRefusal, Refused, refuse
from services.chassis.database import UnitOfWork
from services.chassis.ids import uuid7
from services.intake.domain import cases as domain
from services.intake.domain.cases import Case
from services.intake.handlers.cases import emit
from services.intake.reference import Reference
from services.intake.store import cases as store
from services.worktime.clock import Clock


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
                    emit(work, command, case, 0)
            for case, version in moved:
                emit(work, command, case, version)
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


def _continued(before: Case, told: Case) -> Case:
    """The known case moved to where the row says it stands; its deadline stays as it was computed."""
    return Case(
        **{name: getattr(told, name) for name in Case.__slots__}
        | {name: getattr(before, name) for name in ("id", "due_at", "rule_version", "calendar_version")}
    )


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
