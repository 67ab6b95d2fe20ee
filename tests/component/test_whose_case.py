"""Whose case it is: kept apart and encrypted, pointed out when it comes twice, written down when it is looked at."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from pypdf import PdfReader

from contracts.intake.commands.attachments import AddAttachmentPiece, BeginAttachment, FinishAttachment
from contracts.intake.commands.cases import AcceptCase, DeclineCase, RecordPayment, RequestPayment, SubmitCase
from contracts.intake.commands.importing import ImportCases
from contracts.intake.commands.people import ErasePerson
from contracts.intake.people import PersonDetails
from contracts.intake.queries.attachments import AttachmentPiece, ListAttachments
from contracts.intake.queries.documents import CaseForm, PrintFeeSlip, PrintRegister
from contracts.intake.vocabulary import Channel
from contracts.roles import Role
from contracts.topology import TOPOLOGY
from services.chassis.calls import Calls
from services.chassis.database import Database
from services.chassis.ids import uuid7
from services.intake import consumers
from services.intake.domain.audit import chain_faults
from services.intake.handlers.attachments import AttachmentHandlers
from services.intake.handlers.documents import DocumentHandlers
from services.intake.handlers.file_keys import PersonWrapper, SecretWrapper
from services.intake.settings import IntakeSettings
from services.intake.store import audit as audit_store
from services.intake.store.files import Files
from services.worktime.clock import ZONE
from tests.component.assistance import units
from tests.component.ground import CLOCK, Ground, answer, command
from tests.component.intake import BOOK, PEOPLE, TRAIL, answer_cases, changed_rows
from tests.component.test_intake import ROW
from tests.support.stack import database as database_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "Trần Thị Mẫu Thử"
PERSON = PersonDetails(full_name=NAME, id_number="092087001234", phone="0912345678")


@dataclass
class Place:
    calls: Calls
    database: Database
    here: Ground

    async def do(self, data: Any, role: Role = Role.RECEIVING_OFFICER) -> Any:
        reply = await answer(self.calls, command(data, role=role))
        assert reply.refusal is None, reply.refusal
        return reply.result

    async def text(self, data: Any, role: Role = Role.RECEIVING_OFFICER) -> str:
        """What a form says."""
        pages = PdfReader(io.BytesIO(base64.b64decode((await self.do(data, role))["content"]))).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())

    async def refused(self, data: Any, role: Role = Role.RECEIVING_OFFICER) -> str:
        return str((await answer(self.calls, command(data, role=role))).refusal.code)

    async def hand_in(self, applicant: PersonDetails | None = PERSON, days_ago: int = 1) -> Any:
        wish = SubmitCase(
            case_id=uuid7(),
            receiving_unit="31570",
            deciding_unit="31570",
            procedure="1.004222",
            channel=Channel.DIRECT,
            submitted_at=CLOCK.now() - timedelta(days=days_ago),
            applicant=applicant,
        )
        return await self.do(wish, Role.CITIZEN)

    async def applicant(self, case_id: str) -> UUID:
        person: UUID = await self.database.pool.fetchval("select applicant from cases where id = $1", UUID(case_id))
        return person


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(here: Ground, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    folder: Path = tmp_path_factory.mktemp("files")
    settings = IntakeSettings(secrets_dir=folder, attachments_dir=folder)
    files = Files(folder)
    files.prepare()
    database = await here.database("intake")
    calls = answer_cases(Calls("intake", database, TOPOLOGY, CLOCK))
    keys = PersonWrapper(PEOPLE, SecretWrapper("secret"))
    attachments = AttachmentHandlers(files, keys, b"m", TRAIL, settings, CLOCK)
    consumers.register_documents(calls, attachments, DocumentHandlers(BOOK, PEOPLE, TRAIL, settings, CLOCK))
    consumers.register_people(calls, PEOPLE)
    yield Place(calls, database, here)


async def test_a_case_that_may_be_the_same_is_pointed_out_and_not_refused(place: Place) -> None:
    first = await place.hand_in(days_ago=20)
    await place.hand_in(days_ago=40)  # before the window of the later ones
    again = await place.hand_in(days_ago=1)
    assert [each["case_id"] for each in again["duplicates"]] == [first["case_id"]]
    assert (await place.hand_in(PersonDetails(full_name=NAME, id_number="092087009999")))["duplicates"] == []
    assert (await place.hand_in(None))["duplicates"] == []


async def test_no_event_tells_whose_case_it_is(place: Place) -> None:
    case = await place.hand_in()
    person = await place.applicant(case["case_id"])
    async with database_of(place.here.stack, "intake") as owner:
        payloads = [row["payload"] for row in await owner.fetch("select payload from outbox")]
        logged = [row["reply"] for row in await owner.fetch("select reply from command_log")]
    for text in (*payloads, *logged):
        assert NAME not in text
        assert "092087001234" not in text
        assert str(person) not in text


async def test_a_form_names_the_citizen_and_that_is_written_down(place: Place) -> None:
    case = await place.hand_in()
    await place.do(AcceptCase(case_id=UUID(case["case_id"])))
    assert NAME in await place.text(CaseForm(case_id=UUID(case["case_id"]), form="01"), Role.SPECIALIST)
    rows = await place.database.pool.fetch(
        "select action, role, from_state, to_state, reason from audit where entity = $1 order by number",
        UUID(case["case_id"]),
    )
    assert [tuple(row) for row in rows] == [
        ("submit-case", "citizen", "", "submitted", None),
        ("accept-case", "receiving_officer", "submitted", "accepted", None),
        ("case-form", "specialist", "", "", "form 01"),
    ]


async def test_secrets_in_a_reason_are_refused_and_stored_nowhere(place: Place) -> None:
    case = await place.hand_in()
    reason = "Mã OTP của dân là 482913, mật khẩu: Hoa@1987"
    assert await place.refused(DeclineCase.model_construct(case_id=UUID(case["case_id"]), reason=reason)) == (
        "secret-not-accepted"
    )
    row = ROW.model_copy(update={"case_code": "H13.57-251102-7201", "reason": reason})
    told = await place.do(ImportCases(rows=[row]), Role.OPERATOR)
    assert [(each["column"], each["code"]) for each in told["rejected"]] == [("reason", "secret-not-accepted")]
    async with database_of(place.here.stack, "intake") as owner:
        for table in ("command_log", "case_note", "audit", "outbox"):
            assert not await owner.fetchval(f"select count(*) from {table} t where t::text like '%482913%'")


async def test_a_log_may_say_whose_case_it_is(place: Place) -> None:
    code = "H13.57-251102-7202"
    good = {"case_code": code, "applicant_name": NAME, "applicant_id_number": "092087001234"}
    bad = {"case_code": "H13.57-251102-7203", "line": 3, "applicant_name": NAME, "applicant_id_number": "12"}
    told = await place.do(ImportCases(rows=[ROW.model_copy(update=each) for each in (good, bad)]), Role.OPERATOR)
    assert (told["imported"], [each["column"] for each in told["rejected"]]) == (1, ["applicant_id_number"])
    mine = await place.applicant((await place.hand_in())["case_id"])
    assert await place.database.pool.fetchval("select applicant from cases where case_code = $1", code) == mine


async def test_who_is_erased_cannot_be_read_any_more_and_neither_can_the_papers(place: Place) -> None:
    someone = PersonDetails(full_name="Lê Văn Sắp Xóa", id_number="092087005555")
    case = UUID((await place.hand_in(someone))["case_id"])
    await place.do(AcceptCase(case_id=case))
    content = b"%PDF-1.7\n" + bytes(2_000) + b"\n%%EOF\n"
    paper = uuid7()
    wish = BeginAttachment(
        attachment_id=paper,
        case_id=case,
        name="can-cuoc.pdf",
        media_type="application/pdf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    await place.do(wish)
    piece = base64.b64encode(content).decode()
    await place.do(AddAttachmentPiece(attachment_id=paper, offset=0, content=piece))
    await place.do(FinishAttachment(attachment_id=paper))
    assert base64.b64decode((await place.do(AttachmentPiece(attachment_id=paper)))["content"]) == content
    person = await place.applicant(str(case))
    await place.do(ErasePerson(person=person, reason="Theo yêu cầu"), Role.CENTRE_HEAD)
    assert await place.refused(AttachmentPiece(attachment_id=paper)) == "not-found"
    for again in (wish, wish.model_copy(update={"attachment_id": uuid7()})):
        assert await place.refused(again) == "person-erased", "and whether the case had it is not told"
    assert await place.refused(FinishAttachment(attachment_id=paper)) == "not-found"
    assert await place.database.pool.fetchval("select content_mac from attachment where id = $1", paper) is None
    assert await changed_rows(place.database) == []
    (listed,) = (await place.do(ListAttachments(case_id=case)))["attachments"]
    assert (listed["name"], listed["named"]) == ("giay-to-1.pdf", False)
    async with database_of(place.here.stack, "intake") as owner:
        for table in ("attachment", "audit", "outbox", "command_log"):
            lines = [row["line"] for row in await owner.fetch(f"select t::text as line from {table} t")]
            assert not any("can-cuoc" in line or b"can-cuoc".hex() in line for line in lines), table


async def test_forms_that_name_nobody_are_made_after_an_erasure_and_others_say_that_it_happened(place: Place) -> None:
    someone = PersonDetails(
        full_name="Lê Thị Không Còn", id_number="092087006666", address="Ấp Một", phone="0912000111"
    )
    case = UUID((await place.hand_in(someone))["case_id"])
    await place.do(AcceptCase(case_id=case))
    await place.do(RequestPayment(case_id=case, amount=50_000, reason="Lệ phí"), Role.SPECIALIST)
    paid = await place.do(RecordPayment(case_id=case, amount=50_000))
    slip = PrintFeeSlip(fee_id=UUID(paid["fee_id"]))
    today = CLOCK.now().astimezone(ZONE).date()
    register = PrintRegister(unit="31570", first=today - timedelta(days=1), last=today)
    named = {"01": CaseForm(case_id=case, form="01"), "slip": slip, "register": register}
    for what, wish in named.items():
        text = await place.text(wish)
        assert "Lê Thị Không Còn" in text, what
    assert "Ấp Một" in await place.text(register)
    control = await place.text(CaseForm(case_id=case, form="06"))
    assert "Lê Thị Không Còn" not in control
    person = await place.applicant(str(case))
    await place.do(ErasePerson(person=person, reason="Theo yêu cầu"), Role.CENTRE_HEAD)
    assert await place.text(CaseForm(case_id=case, form="06")) == control
    for what, wish in named.items():
        text = await place.text(wish)
        assert "Không Còn" not in text, what
        assert "dữ liệu cá nhân đã xóa" in text, what


async def test_register_and_slip_are_written_down_with_each_case_they_name(place: Place) -> None:
    cases = [UUID((await place.hand_in())["case_id"]) for _ in range(3)]
    for case in cases:
        await place.do(AcceptCase(case_id=case))
    await place.do(RequestPayment(case_id=cases[0], amount=50_000, reason="Lệ phí"), Role.SPECIALIST)
    paid = await place.do(RecordPayment(case_id=cases[0], amount=50_000))
    today = CLOCK.now().astimezone(ZONE).date()
    first = today - timedelta(days=1)
    await place.do(PrintRegister(unit="31570", first=first, last=today), Role.LEADER)
    await place.do(PrintFeeSlip(fee_id=UUID(paid["fee_id"])), Role.CITIZEN)
    for case in cases:
        async with place.database.reading() as connection:
            entries = await audit_store.entries_of(connection, case, 0, 100)
        assert list(chain_faults(entries, {})) == []
        looks = [(each.action, each.role, each.reason) for each in entries if each.action.startswith("print-")]
        slips = [("print-fee-slip", "citizen", f"slip of fee {paid['fee_id']}")] if case == cases[0] else []
        assert looks == [("print-register", "leader", f"register {first}–{today}"), *slips]
    empty = await place.text(PrintRegister(unit=next(units), first=today, last=today))
    assert "0 hồ sơ" in empty


async def test_two_registers_of_the_same_cases_wait_in_one_order(place: Place) -> None:
    for _ in range(4):
        await place.do(AcceptCase(case_id=UUID((await place.hand_in())["case_id"])))
    today = CLOCK.now().astimezone(ZONE).date()
    wish = PrintRegister(unit="31570", first=today, last=today)
    replies = await asyncio.gather(*(answer(place.calls, command(wish, seconds=60)) for _ in range(8)))
    assert [reply.refusal for reply in replies] == [None] * 8
