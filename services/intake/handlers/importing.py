"""Taking over a case log: all of a command's rows in a few statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from contracts.envelope import Command
from contracts.intake.commands.importing import CasesImported, ImportCases, LogRow, RejectedRow
from contracts.intake.vocabulary import CaseState
from contracts.refusals import Refused
from services.chassis.database import UnitOfWork
from services.chassis.ids import uuid7
from services.intake.domain import told as domain
from services.intake.domain.audit import Step
from services.intake.domain.cases import Case
from services.intake.domain.fees import PAID_ELSEWHERE, WAIVED_WITH_ITS_CASE
from services.intake.domain.told import Told
from services.intake.handlers import fees
from services.intake.handlers.audit import Trail, step
from services.intake.handlers.cases import emit
from services.intake.handlers.people import People
from services.intake.handlers.people import Told as Identity
from services.intake.handlers.reference_book import Book
from services.intake.reference import Reference
from services.intake.store import cases as store
from services.worktime.clock import Clock

_Round = dict[str, tuple[Told, Case]]
"""Rows by case code, and each as the case that it would make."""


class ImportHandler:
    """Takes over rows of a case log. A bad row is rejected and costs the others nothing."""

    def __init__(self, book: Book, people: People, trail: Trail, clock: Clock) -> None:
        self._book = book
        self._people = people
        self._trail = trail
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
        new = await self._with_applicants(
            work, command, [each for code, each in told.items() if code not in known], now, counts
        )
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
        await self._trail.record(work, [_step(command, case) for case in saved])
        await self._waive(work, command, known, changed)
        await store.add_notes(
            work.connection,
            [(case, reason, ()) for case in saved if (reason := told[case.case_code or ""][0].row.reason.strip())],
        )
        counts.imported, counts.advanced = counts.imported + len(added), counts.advanced + len(changed)
        tried = {case.id for case in new}
        return {
            code: each
            for code, each in told.items()
            if code not in known and each[1].id in tried and each[1].id not in added
        }

    async def _waive(
        self, work: UnitOfWork, command: Command[ImportCases], known: Mapping[str, Case], changed: Sequence[Case]
    ) -> None:
        """Of cases that do not await a payment any more, what intake itself had asked for: it was settled elsewhere."""
        asked = {case.id for case in known.values() if case.state is CaseState.AWAITING_PAYMENT}
        moved_on = {
            case.id: case for case in changed if case.id in asked and case.state is not CaseState.AWAITING_PAYMENT
        }
        if not moved_on:
            return
        reasons = {case.id: WAIVED_WITH_ITS_CASE.get(case.state, PAID_ELSEWHERE) for case in moved_on.values()}
        waived = await fees.waive_open(work.connection, reasons, command.actor.id, self._clock.now())
        steps = [fees.waived_step(command, moved_on[fee.case_id], fee) for fee in waived]
        await self._trail.record(work, steps)

    async def _with_applicants(
        self,
        work: UnitOfWork,
        command: Command[ImportCases],
        told: list[tuple[Told, Case]],
        now: datetime,
        counts: "_Counts",
    ) -> list[Case]:
        """The new cases, each with whose it is where its row says so; without those whose row tells it wrongly."""
        named = [each for each in told if domain.names_somebody(each[0].row)]
        if not named:
            return [case for _, case in told]
        found = await self._people.register_many(
            work, command, [Identity(domain.applicant_of(row.row), now) for row, _ in named]
        )
        people: dict[UUID, UUID | Refused] = {case.id: person for (_, case), person in zip(named, found, strict=True)}
        cases = []
        for row, case in told:
            person = people.get(case.id)
            if isinstance(person, Refused):
                counts.reject(row.row, person)
            else:
                cases.append(replace(case, applicant=person))
        return cases


def _step(command: Command[ImportCases], case: Case) -> Step:
    return step(command, "import-cases", case.id, case.version - len(case.news), case.version, to_state=case.state)


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


_COLUMN = {
    "receiving_unit": "unit",
    "full_name": "applicant_name",
    "id_number": "applicant_id_number",
    "phone": "applicant_phone",
}
