"""Taking over a case log: all of a command's rows in a few statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from contracts.envelope import Command
from contracts.intake.commands.importing import CasesImported, ImportCases, LogRow
from contracts.intake.vocabulary import CaseState
from contracts.refusals import Refused
from services.chassis.database import UnitOfWork
from services.intake.domain import remarks
from services.intake.domain import told as domain
from services.intake.domain.cases import Case
from services.intake.domain.fees import PAID_ELSEWHERE, WAIVED_WITH_ITS_CASE
from services.intake.domain.told import Told
from services.intake.handlers import duplicates, fees, import_trail
from services.intake.handlers.audit import Trail, row_step
from services.intake.handlers.cases import emit
from services.intake.handlers.import_outcome import Outcome
from services.intake.handlers.people import People
from services.intake.handlers.people import Told as Identity
from services.intake.handlers.reference_book import Book
from services.intake.log_rows import judge
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
        counts = Outcome()
        reference, now = await self._book.current(work.connection), self._clock.now()
        for each in self._rounds(command.data.rows, reference, now, counts):
            await self._take(work, command, each, reference, now, counts)
        return CasesImported(
            imported=counts.imported,
            advanced=counts.advanced,
            already_present=counts.present,
            rejected=sorted(counts.rejected, key=lambda row: row.line),
            remarks=sorted(counts.remarks, key=lambda row: row.line),
        )

    def _rounds(self, rows: Iterable[LogRow], reference: Reference, now: datetime, counts: Outcome) -> list[_Round]:
        rounds: list[_Round] = [{}]
        for row in rows:
            try:
                told, case = judge(row, reference, now)
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

    async def _take(
        self,
        work: UnitOfWork,
        command: Command[ImportCases],
        told: _Round,
        reference: Reference,
        now: datetime,
        counts: Outcome,
    ) -> None:
        """Saves what the rows add. Where another import added one of their cases meanwhile, all is undone and done
        again, with that case known: nobody is registered for a case that is not this row's."""
        while True:
            tried = Outcome()
            try:
                async with work.savepoint():
                    await self._save(work, command, told, reference, now, tried)
            except _AddedMeanwhile:
                continue
            counts.add(tried)
            return

    async def _save(
        self,
        work: UnitOfWork,
        command: Command[ImportCases],
        told: _Round,
        reference: Reference,
        now: datetime,
        counts: Outcome,
    ) -> None:
        known = await store.by_codes(work.connection, told)
        led = self._led_on(told, known, reference, now, counts)
        new, owned = await self._with_applicants(work, command, told, known, led, now, counts)
        for case in owned:
            row = told[case.case_code or ""][0]
            led[case.case_code or ""] = domain.continued(case, row, reference.terms_of, now)
        there = led | {case.case_code or "": case for case in new}
        looked_at = [there[code] for code in told if code in there]
        like = await duplicates.like(work.connection, reference, looked_at)
        if new and len(await store.insert(work.connection, new)) < len(new):
            raise _AddedMeanwhile
        changed = [case for case in led.values() if case.news]
        if changed:
            await store.update(work.connection, changed)
        saved = [*new, *changed]
        for case in saved:
            emit(work, command, case)
        reasons = {code: row.row.reason.strip() for code, (row, _) in told.items()}
        notes = import_trail.notes(reasons, new, changed, owned)
        await self._trail.record(work, import_trail.steps(command, saved, known, notes))
        await self._waive(work, command, known, changed)
        await store.add_notes(work.connection, notes)
        for case in looked_at:
            if others := like.get(case.id):
                said = remarks.may_be_same(others, duplicates.window(reference, case))
                counts.remark(told[case.case_code or ""][0].row, case, said)
        counts.imported, counts.advanced = len(new), len(changed)
        counts.present = len(led) - len(changed)

    def _led_on(
        self, told: _Round, known: dict[str, Case], reference: Reference, now: datetime, counts: Outcome
    ) -> dict[str, Case]:
        """The known cases after what their rows tell; without those whose row tells another story."""
        led = {}
        for code, before in known.items():
            row = told[code][0]
            try:
                domain.check_same(before, row)
                led[code] = domain.continued(before, row, reference.terms_of, now)
            except Refused as refused:
                counts.reject(row.row, refused)
        return led

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
        await self._trail.record(work, [*steps, *(row_step(command, fee) for fee in waived)])

    async def _with_applicants(
        self,
        work: UnitOfWork,
        command: Command[ImportCases],
        told: _Round,
        known: dict[str, Case],
        led: dict[str, Case],
        now: datetime,
        counts: Outcome,
    ) -> tuple[list[Case], list[Case]]:
        """The new cases, each with whose it is where its row says so; and those known, of which nobody had said it yet.

        A row that tells it wrongly is rejected, and its case taken out of `led`. A known case keeps the applicant that
        it has; a row that names another is remarked on.
        """
        await self._compare(work, told, known, led, counts)
        new = {code: case for code, (_, case) in told.items() if code not in known}
        owned = {code: known[code] for code in led if known[code].applicant is None}
        cases = new | owned
        named = [code for code in told if code in cases and domain.names_somebody(told[code][0].row)]
        people = await self._people.register_many(
            work, command, [Identity(domain.applicant_of(told[code][0].row), now) for code in named]
        )
        whose: dict[str, UUID] = {}
        for code, person in zip(named, people, strict=True):
            if isinstance(person, Refused):
                counts.reject(told[code][0].row, person)
                new.pop(code, None)
                led.pop(code, None)
            else:
                whose[code] = person
        return (
            [replace(case, applicant=whose.get(code)) if code in whose else case for code, case in new.items()],
            [domain.attributed(case, whose[code], now) for code, case in owned.items() if code in whose],
        )

    async def _compare(
        self, work: UnitOfWork, told: _Round, known: dict[str, Case], led: dict[str, Case], counts: Outcome
    ) -> None:
        pairs = [
            (code, person)
            for code in led
            if (person := known[code].applicant) and domain.names_somebody(told[code][0].row)
        ]
        rows = {code: told[code][0].row for code, _ in pairs}
        same = await self._people.may_be_same(
            work.connection, [(person, domain.applicant_of(rows[code])) for code, person in pairs]
        )
        for (code, _), found in zip(pairs, same, strict=True):
            if isinstance(found, Refused):
                counts.reject(rows[code], found)
                del led[code]
            elif found is None:
                counts.remark(rows[code], known[code], remarks.ERASED)
            elif not found:
                counts.remark(rows[code], known[code], remarks.OTHER)


class _AddedMeanwhile(Exception):
    """Another import has committed a case that was not there when this one looked."""
