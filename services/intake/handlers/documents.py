"""Forms of cases, as PDF over the bus."""

import asyncio
import base64
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from contracts.envelope import Command, Query
from contracts.intake.catalogue import Needed, PaperForm
from contracts.intake.people import PersonDetails
from contracts.intake.queries.documents import (
    CaseForm,
    CaseRegister,
    DocumentView,
    FeeSlip,
    PrintFeeSlip,
    PrintRegister,
)
from contracts.intake.refusals import IntakeRefusal
from contracts.refusals import CommonRefusal, Refused, refuse
from services.chassis.database import Connection, UnitOfWork
from services.intake.documents import of_case, sets
from services.intake.documents.forms import ERASED, NAMES_NOBODY, Applicant, Form, Paper, Receipt
from services.intake.documents.of_case import Known, Said, Story
from services.intake.documents.render import file_name, render
from services.intake.domain.cases import Case
from services.intake.domain.fees import Fee
from services.intake.domain.units import unknown_unit
from services.intake.handlers.audit import Trail
from services.intake.handlers.people import People
from services.intake.handlers.reference_book import Book
from services.intake.reference import Reference
from services.intake.settings import IntakeSettings
from services.intake.store import cases, fees, inbox
from services.intake.store import documents as store
from services.worktime.clock import ZONE, Clock, span

_MOST_ENTRIES = 5_000
_LARGEST_PDF = 700_000  # as base64, and with the reply around it, what the bus carries


class DocumentHandlers:
    """Forms. Typesetting is the processor's work: in threads, and few at once."""

    def __init__(self, book: Book, people: People, trail: Trail, settings: IntakeSettings, clock: Clock) -> None:
        self._book = book
        self._people = people
        self._trail = trail
        self._lookup_url = settings.lookup_url
        self._clock = clock
        self._turns = asyncio.Semaphore(settings.forms_at_once)

    async def case_form(self, work: UnitOfWork, command: Command[CaseForm]) -> DocumentView:
        """A command, since a form names whose case it is: that is written to the audit."""
        wish, connection = command.data, work.connection
        reference = await self._book.read(connection)
        case = await self._case(connection, wish)
        story = Story(case, _known(reference, case), await _said(connection, case))
        today = self._clock.now().astimezone(ZONE).date()
        for kind, on in of_case.days_of_issue(story, today).items():
            if _stands_for(wish.form, kind, on):
                if kind not in NAMES_NOBODY:
                    story = replace(story, known=await self._with_applicant(connection, story.known, case))
                form = await self._form(connection, reference, story, kind, on)
                if form is not None:
                    view = await self._view(form, on, case.case_code or str(case.id))
                    await self._trail.about_cases(work, command, [case.id], f"form {wish.form}")  # locks the case
                    return view
        raise _not_available(wish.form, case.case_code or str(case.id))

    async def _form(
        self, connection: Connection, reference: Reference, story: Story, kind: type[Form], on: date
    ) -> Form | None:
        case = story.case
        if kind is not Receipt:
            return of_case.MAKERS[kind](story, on)
        deadline = reference.deadline_of(case)
        if deadline is None:
            return None
        asked = await fees.of_case(connection, case.id)
        return of_case.receipt(case, story.known, deadline, asked, self._lookup(case))

    async def case_register(self, connection: Connection, query: Query[CaseRegister]) -> DocumentView:
        """Names nobody: a query could not write the audit."""
        reference, found = await self._accepted(connection, query.data)
        return await self._register(query.data, reference, found, {})

    async def print_register(self, work: UnitOfWork, command: Command[PrintRegister]) -> DocumentView:
        wish = command.data
        reference, found = await self._accepted(work.connection, wish)
        applicants = await self._applicants(work.connection, {case.applicant for case in found if case.applicant})
        view = await self._register(wish, reference, found, applicants)
        what = f"register {wish.first.isoformat()}–{wish.last.isoformat()}"
        await self._trail.about_cases(work, command, [case.id for case in found], what)  # locks the cases
        return view

    async def _accepted(self, connection: Connection, wish: CaseRegister) -> tuple[Reference, list[Case]]:
        """The cases of a register. Refused: days out of order, an unknown unit, more than fit in it."""
        if wish.last < wish.first:
            raise refuse(
                CommonRefusal.INVALID, "Ngày cuối trước ngày đầu.", "The last day is before the first.", field="last"
            )
        reference = await self._book.read(connection)
        if wish.unit not in reference.unit_by_code:
            raise unknown_unit(wish.unit, "unit", commune=True)
        start, end = span(wish.first, wish.last)
        found = await store.accepted_between(connection, wish.unit, start, end, _MOST_ENTRIES + 1)
        if len(found) > _MOST_ENTRIES:
            raise _too_long()
        return reference, found

    async def _register(
        self, wish: CaseRegister, reference: Reference, found: Sequence[Case], applicants: Mapping[UUID, Applicant]
    ) -> DocumentView:
        unit = reference.unit_by_code[wish.unit]
        names = {code: each.name for code, each in reference.procedure_by_code.items()}
        today = self._clock.now().astimezone(ZONE).date()
        form = of_case.register(unit.name, wish.first, wish.last, found, names, applicants, today)
        return await self._view(form, today, f"{wish.unit}.{wish.first.isoformat()}.{wish.last.isoformat()}")

    async def fee_slip(self, connection: Connection, query: Query[FeeSlip]) -> DocumentView:
        """Names nobody: a query could not write the audit."""
        fee, case = await self._fee(connection, query.data)
        return await self._slip(fee, case, _known(await self._book.read(connection), case))

    async def print_fee_slip(self, work: UnitOfWork, command: Command[PrintFeeSlip]) -> DocumentView:
        connection = work.connection
        fee, case = await self._fee(connection, command.data)
        known = _known(await self._book.read(connection), case)
        view = await self._slip(fee, case, await self._with_applicant(connection, known, case))
        await self._trail.about_cases(work, command, [case.id], f"slip of fee {fee.id}")  # locks the case
        return view

    async def _fee(self, connection: Connection, wish: FeeSlip) -> tuple[Fee, Case]:
        fee = await fees.by_id(connection, wish.fee_id)
        case = await cases.by_id(connection, fee.case_id) if fee else None
        if fee is None or case is None:
            raise refuse(CommonRefusal.NOT_FOUND, "Không có khoản thu này.", "There is no such fee.", field="fee_id")
        return fee, case

    async def _slip(self, fee: Fee, case: Case, known: Known) -> DocumentView:
        form = of_case.payment_slip(case, known, fee)
        if form is None or fee.paid_at is None:
            raise refuse(
                IntakeRefusal.FORM_NOT_AVAILABLE,
                "Khoản này chưa nộp, chưa có phiếu thu.",
                "This fee is not paid, so there is no slip.",
                field="fee_id",
            )
        return await self._view(form, fee.paid_at.astimezone(ZONE).date(), form.receipt_number)

    async def _with_applicant(self, connection: Connection, known: Known, case: Case) -> Known:
        if case.applicant is None:
            return known
        return replace(known, applicant=(await self._applicants(connection, {case.applicant}))[case.applicant])

    async def _applicants(self, connection: Connection, people: Collection[UUID]) -> dict[UUID, Applicant]:
        """What forms say of people; of those whose data was erased, that."""
        details = await self._people.details_of(connection, people)
        return {each: _applicant(details[each]) if each in details else ERASED for each in people}

    async def _case(self, connection: Connection, wish: CaseForm) -> Case:
        if (wish.case_id is None) == (wish.case_code is None):
            raise refuse(
                CommonRefusal.INVALID,
                "Cần đúng một trong hai: case_id hoặc case_code.",
                "One of case_id and case_code is needed, not both.",
                field="case_code",
            )
        if wish.case_id is not None:
            case = await cases.by_id(connection, wish.case_id)
        else:
            case = await cases.by_code(connection, wish.case_code or "")
        if case is None:
            field = "case_id" if wish.case_id else "case_code"
            raise refuse(CommonRefusal.NOT_FOUND, "Không có hồ sơ này.", "There is no such case.", field=field)
        return case

    def _lookup(self, case: Case) -> str:
        code = case.case_code or ""
        return self._lookup_url.replace("{code}", code) if self._lookup_url else code

    async def _view(self, form: Form, on: date, subject: str) -> DocumentView:
        form_set = sets.in_force(on)
        async with self._turns:
            pdf = await asyncio.to_thread(render, form, on)
        if len(pdf) > _LARGEST_PDF:
            raise _too_long()
        return DocumentView(
            file_name=file_name(form, on, subject),
            form=form_set.number_of(type(form)),
            version=form_set.version,
            content=base64.b64encode(pdf).decode(),
        )


def _known(reference: Reference, case: Case) -> Known:
    unit = reference.unit_by_code.get(case.receiving_unit)
    procedure = reference.procedure_by_code.get(case.procedure)
    return Known(
        unit.name if unit else case.receiving_unit,
        procedure.name if procedure else case.procedure,
        papers=tuple(
            Paper(paper.name, *((paper.copies, 0) if paper.form is PaperForm.ORIGINAL else (0, paper.copies)))
            for paper in reference.papers.get(case.procedure, ())
            if paper.needed is Needed.ALWAYS  # a case is accepted when it is complete (Art 17.3)
        ),
    )


def _applicant(details: PersonDetails) -> Applicant:
    return Applicant(details.full_name, details.address or "", details.phone or "")


async def _said(connection: Connection, case: Case) -> dict[str, Said]:
    """What the case's moves said, by the kind of event; of two of a kind the later."""
    said = {}
    for row in await inbox.history(connection, case.id):
        event = json.loads(row["payload"])
        said[event["type"].split(".")[3]] = Said(row["reason"] or "", tuple(row["items"] or ()), event["data"])
    return said


def _stands_for(number: str, kind: type[Form], on: date) -> bool:
    try:
        return sets.in_force(on).number_of(kind) == number
    except sets.NotAvailable:
        return False


def _not_available(number: str, case: UUID | str) -> Refused:
    return refuse(
        IntakeRefusal.FORM_NOT_AVAILABLE,
        f"Hồ sơ {case} hiện không có mẫu {number}: mẫu không có trong bộ mẫu đang dùng, hoặc hồ sơ chưa tới bước đó.",
        f"There is no form {number} of case {case}: the set in force has none, or the case has not come so far.",
        field="form",
    )


def _too_long() -> Refused:
    return refuse(
        CommonRefusal.TOO_LARGE,
        "Sổ quá dài cho một lần; hãy chọn khoảng ngày ngắn hơn.",
        "The register is too long for one go; ask for fewer days.",
        field="last",
    )
