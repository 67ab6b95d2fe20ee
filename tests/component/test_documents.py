"""Forms and fees of real cases: PDF over the bus, slips numbered without a gap."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from pypdf import PdfReader

from contracts.intake.commands.cases import (
    AcceptCase,
    CompleteCase,
    CompleteSupplement,
    ExtendCase,
    RecordPayment,
    RequestPayment,
    RequestSupplement,
    StopCase,
    SubmitCase,
    WithdrawCase,
)
from contracts.intake.commands.importing import ImportCases
from contracts.intake.queries.documents import CaseForm, CaseRegister, FeeSlip, PrintFeeSlip, PrintRegister
from contracts.intake.vocabulary import Channel, Outcome, PaymentMethod, StopCause
from contracts.refusals import Refused
from contracts.roles import Role
from contracts.topology import TOPOLOGY
from services.chassis.calls import Calls
from services.chassis.database import Database
from services.chassis.ids import uuid7
from services.intake import consumers
from services.intake.domain.audit import Entry, chain_faults
from services.intake.domain.cases import Case
from services.intake.domain.fees import Fee
from services.intake.handlers import fees
from services.intake.handlers.attachments import AttachmentHandlers
from services.intake.handlers.documents import DocumentHandlers
from services.intake.handlers.fees import Payment
from services.intake.handlers.file_keys import SecretWrapper
from services.intake.settings import IntakeSettings
from services.intake.store import audit as audit_store
from services.intake.store import cases
from services.intake.store import fees as fee_store
from services.intake.store.files import Files
from services.worktime.clock import ZONE
from tests.component.ground import CLOCK, answer, command, ground, query
from tests.component.intake import BOOK, PEOPLE, REFERENCE, TRAIL, answer_cases
from tests.component.test_intake import DONE, ROW

pytestmark = pytest.mark.asyncio(loop_scope="module")

AT = datetime(2025, 7, 2, 9, 0, tzinfo=ZONE)
CODE = "H13.57-250701-7001"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database() -> AsyncIterator[Database]:
    async with ground() as here:
        yield await here.database("intake")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def calls(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Calls:
    folder: Path = tmp_path_factory.mktemp("files")
    settings = IntakeSettings(secrets_dir=folder, attachments_dir=folder, lookup_url="https://x.example/?ma={code}")
    calls = answer_cases(Calls("intake", database, TOPOLOGY, CLOCK))
    attachments = AttachmentHandlers(Files(folder), SecretWrapper("s"), b"m", TRAIL, settings, CLOCK)
    consumers.register_documents(calls, attachments, DocumentHandlers(BOOK, PEOPLE, TRAIL, settings, CLOCK))
    rows = [
        ROW.model_copy(update={"case_code": CODE, "procedure": "1.004222"} | DONE),
        ROW.model_copy(
            update={"case_code": "H13.57-250915-7002", "line": 3, "submitted_at": "2025-09-15T08:00+07:00"}
            | {"accepted_at": "2025-09-15T09:00+07:00"}
        ),
    ]
    assert (await answer(calls, command(ImportCases(rows=rows)))).result["imported"] == 2
    return calls


async def form(calls: Calls, data: Any, role: Role = Role.RECEIVING_OFFICER) -> tuple[Any, str]:
    call = command if isinstance(data, CaseForm | PrintRegister | PrintFeeSlip) else query
    reply = await answer(calls, call(data, role=role))
    assert reply.refusal is None, reply.refusal
    pages = PdfReader(io.BytesIO(base64.b64decode(reply.result["content"]))).pages
    return reply.result, " ".join(" ".join(page.extract_text() for page in pages).split())


async def case_of(database: Database, code: str = CODE) -> Case:
    async with database.reading() as connection:
        id: UUID = await connection.fetchval("select id from cases where case_code = $1", code)
        case = await cases.by_id(connection, id)
    assert case is not None
    return case


async def test_a_receipt_is_of_its_day_and_says_when_and_why(calls: Calls) -> None:
    view, text = await form(calls, CaseForm(case_code=CODE, form="01"), Role.CITIZEN)
    assert (view["file_name"], view["version"]) == (f"{CODE}.mau-01.pdf", "TT-01/2018.1")
    for wanted in ("ỦY BAN NHÂN DÂN XÃ HỒ ĐẮC KIỆN", CODE, "Đăng ký thường trú", "7 ngày làm việc"):
        assert wanted in text
    assert "17 giờ 00, thứ Năm ngày 10 tháng 7 năm 2025" in text
    view, text = await form(calls, CaseForm(case_code="H13.57-250915-7002", form="01"))
    assert view["version"] == "TT-03/2025.1"


async def test_the_control_slip_and_the_register_are_of_today(calls: Calls) -> None:
    view, text = await form(calls, CaseForm(case_code=CODE, form="06"))
    assert (view["version"], view["form"]) == ("TT-03/2025.1", "06")
    assert "Trước hạn" in text
    view, text = await form(calls, CaseRegister(unit="31570", first=date(2025, 7, 1), last=date(2025, 7, 1)))
    assert view["form"] == "07"
    assert CODE in text
    assert "H13.57-250915-7002" not in text
    reply = await answer(calls, query(CaseRegister(unit="31570", first=date(2025, 7, 2), last=date(2025, 7, 1))))
    assert (reply.refusal.code, reply.refusal.field) == ("invalid", "last")
    reply = await answer(calls, query(CaseRegister(unit="99999", first=date(2025, 7, 2), last=date(2025, 7, 2))))
    assert reply.refusal.code == "unknown-unit"


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (CaseForm(case_code=CODE, form="05"), "form-not-available"),
        (CaseForm(case_code=CODE, form="09"), "form-not-available"),
        (CaseForm(case_code="H13.57-250701-9998", form="01"), "not-found"),
        (CaseForm(form="01"), "invalid"),
        (FeeSlip(fee_id=uuid7()), "not-found"),
    ],
)
async def test_what_there_is_not_is_refused(calls: Calls, wish: Any, code: str) -> None:
    call = command if isinstance(wish, CaseForm) else query
    assert (await answer(calls, call(wish, role=Role.RECEIVING_OFFICER))).refusal.code == code


async def test_before_acceptance_there_is_no_receipt(calls: Calls) -> None:
    case = uuid7()
    wish = SubmitCase(
        case_id=case, receiving_unit="31570", deciding_unit="31570", procedure="1.001193", channel=Channel.DIRECT
    )
    await answer(calls, command(wish))
    reply = await answer(calls, command(CaseForm(case_id=case, form="01"), role=Role.RECEIVING_OFFICER))
    assert reply.refusal.code == "form-not-available"


async def asked(database: Database, amount: int = 20_000) -> Fee:
    case = await case_of(database)
    async with database.unit_of_work() as work:
        return await fees.ask(work.connection, case, amount, "Lệ phí đăng ký cư trú", "can-bo-01", AT)


async def paid(database: Database, fee: Fee, at: datetime = AT, *, fails: bool = False) -> Fee:
    async with database.unit_of_work() as work:
        done = await fees.pay(work.connection, fee.id, Payment(PaymentMethod.CASH, at), "can-bo-01")
        if fails:
            raise ConnectionResetError
    return done


async def test_a_fee_is_receipted_and_stands_on_the_receipt(database: Database, calls: Calls) -> None:
    fee = await asked(database)
    assert (await answer(calls, query(FeeSlip(fee_id=fee.id), role=Role.CITIZEN))).refusal.code == "form-not-available"
    assert "chưa nộp" in (await form(calls, CaseForm(case_code=CODE, form="01")))[1]
    done = await paid(database, fee)
    assert done.receipt_number == "31570-2025-000001"
    _, text = await form(calls, FeeSlip(fee_id=fee.id))
    assert "Hai mươi nghìn đồng" in text
    assert "31570-2025-000001" in text
    assert "đã nộp" in (await form(calls, CaseForm(case_code=CODE, form="01")))[1]
    with pytest.raises(Refused, match="fee-settled"):
        await paid(database, fee)
    async with database.unit_of_work() as work:
        assert await fees.waive_open(work.connection, {fee.case_id: "hộ nghèo"}, "can-bo-01", AT) == []


async def test_fifty_at_once_get_fifty_numbers_without_a_gap(database: Database) -> None:
    at = AT.replace(year=2026)
    all_of_them = [await asked(database) for _ in range(60)]
    failing = {fee.id for fee in all_of_them[::6]}
    results = await asyncio.gather(
        *(paid(database, fee, at, fails=fee.id in failing) for fee in all_of_them), return_exceptions=True
    )
    done = [result for result in results if isinstance(result, Fee)]
    assert sum(isinstance(result, ConnectionResetError) for result in results) == 10
    assert sorted(fee.receipt_serial or 0 for fee in done) == list(range(1, 51))
    twice = await asyncio.gather(*(paid(database, all_of_them[0], at) for _ in range(5)), return_exceptions=True)
    assert [each.receipt_serial for each in twice if isinstance(each, Fee)] == [51]
    assert sum(isinstance(each, Refused) for each in twice) == 4


async def test_fees_that_make_no_sense_are_refused(database: Database) -> None:
    for amount in (0, -5, 10_000_000_001):
        with pytest.raises(Refused, match="invalid"):
            await asked(database, amount)
    fee = await asked(database)
    with pytest.raises(Refused, match="impossible-time"):
        await paid(database, fee, AT.replace(day=1))
    async with database.unit_of_work() as work:
        with pytest.raises(Refused, match="invalid"):
            await fees.waive_open(work.connection, {fee.case_id: " "}, "lanh-dao-01", AT)
        waived = await fees.waive_open(work.connection, {fee.case_id: "Hộ nghèo"}, "lanh-dao-01", AT)
        assert fee.id in {each.id for each in waived}
        assert {each.receipt_number for each in waived} == {None}
        with pytest.raises(Refused, match="not-found"):
            await fees.pay(work.connection, uuid7(), Payment(PaymentMethod.POS, AT), "can-bo-01")


async def moved(calls: Calls, data: Any, role: Role) -> Any:
    reply = await answer(calls, command(data, role=role))
    assert reply.refusal is None, reply.refusal
    return reply.result


async def accepted_case(calls: Calls, code: str) -> UUID:
    """A case of seven working days, accepted yesterday."""
    case, at = uuid7(), CLOCK.now() - timedelta(days=1)
    hand_in = SubmitCase(
        case_id=case,
        receiving_unit="31570",
        deciding_unit="31570",
        procedure="1.004222",
        channel=Channel.DIRECT,
        submitted_at=at,
    )
    await moved(calls, hand_in, Role.CITIZEN)
    await moved(calls, AcceptCase(case_id=case, case_code=code, accepted_at=at), Role.RECEIVING_OFFICER)
    return case


async def test_each_turn_of_a_case_has_its_form(calls: Calls) -> None:
    """Request, new date, refusal on the merits, stop, withdrawal: what was said at the counter stands on the paper."""
    case = await accepted_case(calls, "H13.57-251101-7101")
    assert (await answer(calls, command(CaseForm(case_id=case, form="02"), role=Role.CITIZEN))).refusal.code == (
        "form-not-available"
    )
    ask = RequestSupplement(case_id=case, reason="Giấy khai bị mờ.", items=["Giấy tờ chứng minh chỗ ở hợp pháp"])
    await moved(calls, ask, Role.SPECIALIST)
    _, text = await form(calls, CaseForm(case_id=case, form="02"), Role.CITIZEN)
    assert "Giấy tờ chứng minh chỗ ở hợp pháp" in text
    assert "Giấy khai bị mờ." in text
    told = await moved(calls, CompleteSupplement(case_id=case), Role.RECEIVING_OFFICER)

    later = REFERENCE.calendar.close_of(
        REFERENCE.calendar.next_working_day(datetime.fromisoformat(told["due_at"]).date())
    )
    extend = ExtendCase(case_id=case, new_due_at=later, reason="Chờ cơ quan phối hợp trả lời.")
    await moved(calls, extend, Role.LEADER)
    _, text = await form(calls, CaseForm(case_id=case, form="04"), Role.CITIZEN)
    assert "Chờ cơ quan phối hợp trả lời." in text
    assert f"{later:%d}" in text

    refuse = CompleteCase(case_id=case, outcome=Outcome.REFUSED, reason="Chỗ ở không hợp pháp.")
    await moved(calls, refuse, Role.LEADER)
    _, text = await form(calls, CaseForm(case_id=case, form="03"), Role.CITIZEN)
    assert "Chỗ ở không hợp pháp." in text
    _, text = await form(calls, CaseForm(case_id=case, form="06"))
    assert "Nhận bổ sung" in text

    other = await accepted_case(calls, "H13.57-251101-7102")
    stop = StopCase(case_id=other, cause=StopCause.OTHER, reason="Có quyết định của tòa án.")
    await moved(calls, stop, Role.CENTRE_HEAD)
    _, text = await form(calls, CaseForm(case_id=other, form="05"), Role.CITIZEN)
    assert "Có quyết định của tòa án." in text
    third = await accepted_case(calls, "H13.57-251101-7103")
    await moved(calls, WithdrawCase(case_id=third), Role.CITIZEN)
    _, text = await form(calls, CaseForm(case_id=third, form="05"), Role.CITIZEN)
    assert "đề nghị rút" in text


async def test_what_awaits_payment_is_a_fee_with_a_slip(calls: Calls) -> None:
    case = await accepted_case(calls, "H13.57-251101-7104")
    asked = await moved(calls, RequestPayment(case_id=case, amount=250_000, reason="Lệ phí cư trú"), Role.SPECIALIST)
    less = RecordPayment(case_id=case, amount=200_000)
    assert (await answer(calls, command(less, role=Role.RECEIVING_OFFICER))).refusal.code == "wrong-amount"
    pay = RecordPayment(case_id=case, amount=250_000, method=PaymentMethod.TRANSFER, reference="KB-12")
    paid = await moved(calls, pay, Role.RECEIVING_OFFICER)
    assert (paid["state"], paid["fee_id"]) == ("accepted", asked["fee_id"])
    _, text = await form(calls, FeeSlip(fee_id=paid["fee_id"]), Role.CITIZEN)
    assert paid["receipt_number"] in text
    assert "250.000" in text


async def chain(database: Database, case: UUID) -> list[Entry]:
    """A case's entries, whose hashes and places are looked through."""
    async with database.reading() as connection:
        entries = await audit_store.entries_of(connection, case, 0, 1_000)
    assert list(chain_faults(entries, {})) == []
    return entries


@pytest.mark.parametrize(
    ("end", "role", "why"),
    [
        (WithdrawCase, Role.CITIZEN, "Hồ sơ đã rút"),
        (StopCase, Role.CENTRE_HEAD, "Hồ sơ dừng giải quyết"),
    ],
)
async def test_a_case_that_ends_while_it_awaits_payment_leaves_no_fee_open(
    database: Database, calls: Calls, end: Any, role: Role, why: str
) -> None:
    case = await accepted_case(calls, f"H13.57-251101-72{len(why)}")
    asked = await moved(calls, RequestPayment(case_id=case, amount=250_000, reason="Lệ phí cư trú"), Role.SPECIALIST)
    more = {"cause": StopCause.OTHER, "reason": "Có quyết định của tòa án."} if end is StopCase else {}
    await moved(calls, end(case_id=case, **more), role)
    async with database.reading() as connection:
        fee = await fee_store.by_id(connection, UUID(asked["fee_id"]))
    assert fee is not None
    assert (fee.paid_at, fee.receipt_number, fee.waived_by) == (None, None, "tester")
    assert (fee.waive_reason or "").startswith(why)
    last, waived = (await chain(database, case))[-2:]
    assert (last.events, last.to_version - last.from_version) == (1, 1)
    assert (waived.action, waived.role, waived.from_version, waived.to_version) == (
        "waive-fee",
        str(role),
        last.to_version,
        last.to_version,
    )
    assert waived.reason == f"{fee.id}, 250000 đồng: {fee.waive_reason}"
    pay = RecordPayment(case_id=case, amount=250_000)
    assert (await answer(calls, command(pay, role=Role.RECEIVING_OFFICER))).refusal.code == "wrong-state"
    assert (await answer(calls, query(FeeSlip(fee_id=fee.id)))).refusal.code == "form-not-available"


async def test_a_case_that_ends_without_a_fee_waives_none(database: Database, calls: Calls) -> None:
    case = await accepted_case(calls, "H13.57-251101-7301")
    await moved(calls, WithdrawCase(case_id=case), Role.CITIZEN)
    assert [each.action for each in await chain(database, case)][-1] == "withdraw-case"


async def test_what_a_log_says_of_a_case_that_awaits_payment_settles_its_fee(database: Database, calls: Calls) -> None:
    """Withdrawn there, or paid there: in either case nobody pays it here, and there is no slip of ours."""
    told, fee_ids = [], []
    for number, column in ((1, "withdrawn_at"), (2, "paid_at")):
        code = f"H13.57-251101-740{number}"
        case = await accepted_case(calls, code)
        asked = await moved(calls, RequestPayment(case_id=case, amount=50_000, reason="Lệ phí"), Role.SPECIALIST)
        fee_ids.append(UUID(asked["fee_id"]))
        known = await case_of(database, code)
        instants = {
            "submitted_at": known.submitted_at,
            "accepted_at": known.accepted_at,
            "payment_requested_at": known.waits[-1].since,
            column: CLOCK.now(),
        }
        cells = {name: at.isoformat() for name, at in instants.items() if at}
        row = {"case_code": code, "procedure": "1.004222", "line": number, "channel": "direct"} | cells
        told.append(ROW.model_copy(update=row))
    result = (await answer(calls, command(ImportCases(rows=told)))).result
    assert result["advanced"] == 2, result
    async with database.reading() as connection:
        found = [await fee_store.by_id(connection, each) for each in fee_ids]
    reasons = [(fee.paid_at, (fee.waive_reason or "").partition(" / ")[0]) for fee in found if fee]
    assert reasons == [(None, "Hồ sơ đã rút"), (None, "Hệ thống khác ghi là không còn chờ nộp")]
    for code in ("H13.57-251101-7401", "H13.57-251101-7402"):
        actions = [each.action for each in await chain(database, (await case_of(database, code)).id)]
        assert actions[-2:] == ["import-cases", "waive-fee"]
