"""Taking over a case log: all of a command's rows in a few statements."""

from collections.abc import Iterable
from datetime import datetime

from contracts.envelope import Command
from contracts.intake.commands.importing import CasesImported, ImportCases, LogRow, RejectedRow
from contracts.refusals import Refused
from services.chassis.database import UnitOfWork
from services.chassis.ids import uuid7
from services.intake.domain import told as domain
from services.intake.domain.cases import Case
from services.intake.domain.told import Told
from services.intake.handlers.cases import emit
from services.intake.handlers.reference import Book
from services.intake.reference import Reference
from services.intake.store import cases as store
from services.worktime.clock import Clock

_Round = dict[str, tuple[Told, Case]]
"""Rows by case code, and each as the case that it would make."""


class ImportHandler:
    """Takes over rows of a case log. A bad row is rejected and costs the others nothing."""

    def __init__(self, book: Book, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    async def __call__(self, work: UnitOfWork, command: Command[ImportCases]) -> CasesImported:
        """New cases are added; a known case is led on by what its row tells more of it.

        Rows of one case are taken one after the other, each as news of what the one before told.
        """
        counts = _Counts()
        reference, now = await self._book.current(work.connection), self._clock.now()
        for each in self._rounds(command.data.rows, reference, now, counts):
            left = each
            while left:
                left = await self._take(work, command, left, reference, now, counts)
        return CasesImported(
            imported=counts.imported,
            advanced=counts.advanced,
            already_present=counts.present,
            rejected=sorted(counts.rejected, key=lambda row: row.line),
        )

    def _rounds(self, rows: Iterable[LogRow], reference: Reference, now: datetime, counts: "_Counts") -> list[_Round]:
        rounds: list[_Round] = [{}]
        for row in rows:
            try:
                told, case = self._judge(row, reference, now)
            except Refused as refused:
                counts.reject(row, refused)
                continue
            for each in rounds:
                if row.case_code not in each:
                    each[row.case_code] = (told, case)
                    break
            else:
                rounds.append({row.case_code: (told, case)})
        return rounds

    def _judge(self, row: LogRow, reference: Reference, now: datetime) -> tuple[Told, Case]:
        """The case that a row tells of, led through the same moves as a living one."""
        reference.check_case_code(row.case_code)
        reference.check_agency(row.case_code, row.deciding_unit)
        told = domain.read(row)
        case = reference.new_case(
            uuid7(), row.unit, row.deciding_unit, row.procedure, told.channel, told.submitted_at, row.case_code
        )
        return told, domain.continued(case, told, reference.terms_of, now)

    async def _take(
        self,
        work: UnitOfWork,
        command: Command[ImportCases],
        told: _Round,
        reference: Reference,
        now: datetime,
        counts: "_Counts",
    ) -> _Round:
        """Saves what the rows add; those are left whose case another import added meanwhile."""
        known = await store.by_codes(work.connection, told)
        new = [case for code, (_, case) in told.items() if code not in known]
        added = await store.insert(work.connection, new) if new else set()
        changed: list[Case] = []
        for code, before in known.items():
            row = told[code][0]
            try:
                domain.check_same(before, row)
                after = domain.continued(before, row, reference.terms_of, now)
            except Refused as refused:
                counts.reject(row.row, refused)
            else:
                if after.news:
                    changed.append(after)
                else:
                    counts.present += 1
        if changed:
            await store.update(work.connection, changed)
        saved = [case for case in new if case.id in added] + changed
        for case in saved:
            emit(work, command, case)
        await store.add_notes(
            work.connection,
            [(case, reason, ()) for case in saved if (reason := told[case.case_code or ""][0].row.reason.strip())],
        )
        counts.imported, counts.advanced = counts.imported + len(added), counts.advanced + len(changed)
        return {code: each for code, each in told.items() if code not in known and each[1].id not in added}


class _Counts:
    """What became of the rows so far."""

    def __init__(self) -> None:
        self.imported = self.advanced = self.present = 0
        self.rejected: list[RejectedRow] = []

    def reject(self, row: LogRow, refused: Refused) -> None:
        refusal = refused.refusal
        self.rejected.append(
            RejectedRow(
                line=row.line,
                column=_COLUMN.get(refusal.field or "", refusal.field or ""),
                code=refusal.code,
                message_vi=refusal.message_vi,
                message_en=refusal.message_en,
            )
        )


_COLUMN = {"receiving_unit": "unit"}
