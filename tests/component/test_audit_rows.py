"""Rows against the audit: whole lives leave nothing to find, and a row changed or removed by hand is named."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from contracts.intake.assistance import Indicator, RevokeReason
from contracts.intake.commands.attachments import (
    AddAttachmentPiece,
    BeginAttachment,
    FinishAttachment,
    RemoveAttachment,
)
from contracts.intake.commands.cases import (
    AcceptCase,
    CompleteCase,
    CompleteSupplement,
    RecordPayment,
    RequestPayment,
    RequestSupplement,
    WithdrawCase,
)
from contracts.intake.commands.feedback import (
    AcknowledgeComplaint,
    AnswerComplaint,
    CloseComplaint,
    FileComplaint,
    RateResult,
)
from contracts.intake.commands.importing import ImportCases
from contracts.intake.commands.people import ErasePerson
from contracts.intake.commands.visits import AmendVisit, IndicatorCount, RecordVisit, RevokeVisit, What, Whom
from contracts.intake.feedback import ComplaintOutcome, ComplaintSubject, FeedbackReason, Satisfaction
from contracts.intake.people import PersonDetails
from contracts.roles import Role
from contracts.topology import TOPOLOGY
from services.chassis.calls import Calls
from services.chassis.database import Database
from services.chassis.ids import uuid7
from services.intake import consumers
from services.intake.app import keys
from services.intake.cli import audit_check
from services.intake.handlers.assistance import Assistance
from services.intake.handlers.attachments import AttachmentHandlers
from services.intake.handlers.audit_queries import AuditQueries
from services.intake.handlers.documents import DocumentHandlers
from services.intake.handlers.file_keys import PersonWrapper, SecretWrapper
from services.intake.limits import limits
from services.intake.settings import IntakeSettings
from services.intake.store.files import Files
from tests.component.assistance import do
from tests.component.ground import CLOCK, Ground
from tests.component.intake import BOOK, PEOPLE, TRAIL, answer_cases, submit
from tests.component.test_audit import Bus
from tests.component.test_intake import DONE, ROW
from tests.support.stack import database as enter

pytestmark = pytest.mark.asyncio(loop_scope="module")

ONLINE = IndicatorCount(indicator=Indicator.ONLINE_CASES_SUPPORTED)
CODE = "H13.57-250701-8801"


@dataclass
class Lives:
    """What was done, and how to look at it: ids by name."""

    bus: Any
    key: bytes
    ids: dict[str, UUID]

    async def found(self) -> set[tuple[str, str | None, UUID | None]]:
        verdict = await audit_check.verify(self.bus, [self.key], lambda *_: None)
        assert verdict.found == len(verdict.findings)
        return {(each.kind, each.table, each.entity) for each in verdict.findings}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(here: Ground) -> Database:
    return await here.database("intake")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def superuser(here: Ground) -> AsyncIterator[Any]:
    async with enter(here.stack, "intake") as connection:
        yield connection


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lives(here: Ground, database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lives]:
    folder: Path = tmp_path_factory.mktemp("files")
    settings = IntakeSettings(secrets_dir=folder, attachments_dir=folder)
    files = Files(folder)
    files.prepare()
    calls = answer_cases(Calls("intake", database, TOPOLOGY, CLOCK))
    attachments = AttachmentHandlers(
        files, PersonWrapper(PEOPLE, SecretWrapper("secret")), b"m", TRAIL, settings, CLOCK
    )
    consumers.register_documents(calls, attachments, DocumentHandlers(BOOK, PEOPLE, TRAIL, settings, CLOCK))
    consumers.register_people(calls, PEOPLE)
    consumers.register_assistance(calls, Assistance(BOOK, TRAIL, CLOCK, limits()))
    pool = await asyncpg.create_pool(**here.relay_address("intake"), min_size=1, max_size=2)
    key = keys(here.settings("intake"))[1].public_key
    consumers.register_audit(calls, AuditQueries(pool, key, page=7))
    yield Lives(Bus(calls), key, await _lived(calls, database))
    await pool.close()


async def _lived(calls: Calls, database: Database) -> dict[str, UUID]:
    ids = await _case(calls)
    code = await database.pool.fetchval("select case_code from cases where id = $1", ids["case"])
    ids["other"] = await submit(calls)
    ids["paper"], ids["removed"] = [await _paper(calls, ids["case"], size) for size in (2_000, 3_000)]
    await do(calls, RemoveAttachment(attachment_id=ids["removed"], reason="Nhầm hồ sơ"))
    await _visits(calls, ids)
    await do(calls, RateResult(case_code=code, answer=Satisfaction.NEUTRAL), Role.CITIZEN)
    await do(calls, RateResult(case_code=code, answer=Satisfaction.SATISFIED), Role.CITIZEN)
    about = FileComplaint(
        complaint_id=uuid7(), subject=ComplaintSubject.CASE, reason=FeedbackReason.SLOW, case_code=code
    )
    await do(calls, about, Role.CITIZEN)
    none = FileComplaint(
        complaint_id=uuid7(), subject=ComplaintSubject.CONDUCT, reason=FeedbackReason.ATTITUDE, unit="31570"
    )
    await do(calls, none, Role.CITIZEN)
    await do(calls, AcknowledgeComplaint(complaint_id=none.complaint_id), Role.CENTRE_HEAD)
    answered = AnswerComplaint(complaint_id=none.complaint_id, outcome=ComplaintOutcome.NOT_UPHELD)
    await do(calls, answered, Role.CENTRE_HEAD)
    await do(calls, CloseComplaint(complaint_id=none.complaint_id), Role.CENTRE_HEAD)
    ids |= {"complaint": about.complaint_id, "ended": none.complaint_id}
    first = ROW.model_copy(update={"case_code": CODE, "reason": "Theo sổ"})
    for row in (first, first.model_copy(update=DONE)):
        await do(calls, ImportCases(rows=[row]), Role.OPERATOR)
    ids["imported"] = await database.pool.fetchval("select id from cases where case_code = $1", CODE)
    person = await database.pool.fetchval("select applicant from cases where id = $1", ids["case"])
    await do(calls, ErasePerson(person=person, reason="Theo yêu cầu"), Role.CENTRE_HEAD)
    for name, case in (("paid", "case"), ("waived", "withdrawn")):
        ids[name] = await database.pool.fetchval("select id from fee where case_id = $1", ids[case])
    return ids


async def _case(calls: Calls) -> dict[str, UUID]:
    """One that goes all the way, and one that is taken back with its fee unpaid."""
    case = await submit(calls, applicant=PersonDetails(full_name="Lê Văn Sắp Xóa", id_number="092087005555"))
    await do(calls, AcceptCase(case_id=case))
    wish = RequestSupplement(case_id=case, reason="Thiếu giấy tờ", items=["Giấy khai sinh", "Ảnh"])
    await do(calls, wish, Role.SPECIALIST)
    await do(calls, CompleteSupplement(case_id=case))
    await do(calls, RequestPayment(case_id=case, amount=50_000, reason="Lệ phí"), Role.SPECIALIST)
    await do(calls, RecordPayment(case_id=case, amount=50_000))
    await do(calls, CompleteCase(case_id=case), Role.LEADER)
    withdrawn = await submit(calls)
    await do(calls, AcceptCase(case_id=withdrawn))
    await do(calls, RequestPayment(case_id=withdrawn, amount=70_000, reason="Lệ phí"), Role.SPECIALIST)
    await do(calls, WithdrawCase(case_id=withdrawn, reason="Không cần nữa"))
    return {"case": case, "withdrawn": withdrawn}


async def _paper(calls: Calls, case: UUID, size: int) -> UUID:
    content = b"%PDF-1.7\n" + bytes(size) + b"\n%%EOF\n"
    wish = BeginAttachment(
        attachment_id=uuid7(),
        case_id=case,
        name="giay.pdf",
        media_type="application/pdf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    await do(calls, wish)
    piece = base64.b64encode(content).decode()
    await do(calls, AddAttachmentPiece(attachment_id=wish.attachment_id, offset=0, content=piece))
    await do(calls, FinishAttachment(attachment_id=wish.attachment_id))
    return wish.attachment_id


async def _visits(calls: Calls, ids: dict[str, UUID]) -> None:
    """One of no case; two of one case, the first of which leaves it for another, so that the second counts."""
    for name, case in (("visit", None), ("moved", ids["case"]), ("second", ids["case"])):
        wish = RecordVisit(
            visit_id=uuid7(), unit="31570", whom=Whom(), what=What(counts=(ONLINE,)), minutes=20, case_id=case
        )
        await do(calls, wish)
        ids[name] = wish.visit_id
    other = AmendVisit(visit_id=ids["moved"], whom=Whom(), what=What(counts=(ONLINE,)), case_id=ids["other"])
    await do(calls, other, Role.LEAD)
    await do(calls, RevokeVisit(visit_id=ids["second"], reason=RevokeReason.MISTAKE), Role.LEAD)


async def test_whole_lives_leave_nothing_to_find(lives: Lives) -> None:
    assert await lives.found() == set()
    for name in lives.ids:
        trail = await audit_check.trail(lives.bus, str(lives.ids[name]))
        assert list(audit_check.trail_faults(trail)) == [], name
        assert trail.entries, name


@pytest.mark.parametrize(
    ("table", "name", "change"),
    [
        ("fee", "paid", "update {t} set amount_vnd = 5000 where id = $1"),
        ("fee", "waived", "update {t} set waived_by = 'khac' where id = $1"),
        ("fee", "paid", "delete from {t} where id = $1"),
        ("attachment", "paper", "delete from {t} where id = $1"),
        ("attachment", "removed", "update {t} set removed_at = null, removed_by = null where id = $1"),
        ("complaints", "complaint", "update {t} set filed_by = 'khac' where id = $1"),
        ("complaints", "ended", "update {t} set reason = 'slow' where id = $1"),
        ("ratings", "case", "update {t} set answer = 'neutral' where case_id = $1"),
        ("visits", "visit", "update {t} set minutes = 400 where id = $1"),
        ("visits", "moved", "update {t} set case_id = null where id = $1"),
        ("visits", "second", "update {t} set revoked_at = null where id = $1"),
        ("case_note", "case", "update {t} set reason = 'khac' where case_id = $1 and items <> '{{}}'"),
        ("case_note", "case", "update {t} set items = '{{Ảnh}}' where case_id = $1 and items <> '{{}}'"),
        ("case_note", "withdrawn", "delete from {t} where case_id = $1"),
        ("case_note", "imported", "update {t} set reason = 'khac' where case_id = $1"),
        ("cases", "case", "update {t} set due_at = due_at + interval '1 day' where id = $1"),
        ("cases", "withdrawn", "update {t} set submitted_at = submitted_at - interval '1 us' where id = $1"),
        ("cases", "imported", "update {t} set state = 'returned', returned_at = completed_at where id = $1"),
        ("cases", "other", "update {t} set deciding_unit = '31573' where id = $1"),
        ("cases", "imported", "update {t} set case_code = 'H13.57-250701-9999' where id = $1"),
        ("cases", "imported", "update {t} set outcome = 'refused' where id = $1"),
    ],
)
async def test_a_row_changed_or_removed_by_hand_is_named(
    lives: Lives, superuser: Any, table: str, name: str, change: str
) -> None:
    key = "case_id, version" if table == "case_note" else "id"
    await superuser.execute(f"create temp table before as table {table}")
    names = await superuser.fetchval(
        """select string_agg(column_name, ', ') from information_schema.columns
           where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER'""",
        table,
    )
    try:
        entity = lives.ids[name]
        await superuser.execute("set session_replication_role = replica")  # a row of a case may be taken away alone
        assert not (await superuser.execute(change.format(t=table), entity)).endswith(" 0")
        if table == "ratings":
            entity = await superuser.fetchval("select id from ratings where case_id = $1", entity)
        assert await lives.found() == {("row-changed", table, entity)}
        trail = await audit_check.trail(lives.bus, str(entity))
        assert {(each.kind, each.table) for each in audit_check.trail_faults(trail)} == {("row-changed", table)}
    finally:
        changed = ", ".join(f"{each} = excluded.{each}" for each in names.split(", "))
        await superuser.execute(
            f"insert into {table} ({names}) select {names} from before on conflict ({key}) do update set {changed}"
        )
        await superuser.execute("drop table before")
        await superuser.execute("set session_replication_role = origin")
    assert await lives.found() == set()


async def test_an_event_that_cannot_be_read_any_more_is_found_and_stops_nothing(lives: Lives, superuser: Any) -> None:
    entity = lives.ids["other"]
    before = await superuser.fetchval("select payload from outbox where entity = $1 and version = 1", entity)
    for payload in ("{", before.replace('"submitted_at":"', '"submitted_at":"x')):
        await superuser.execute("update outbox set payload = $2 where entity = $1 and version = 1", entity, payload)
        found = await lives.found()
        assert ("events-changed", None, entity) in found
        assert {each for _, _, each in found} == {entity}
    await superuser.execute("update outbox set payload = $2 where entity = $1 and version = 1", entity, before)
    assert await lives.found() == set()
