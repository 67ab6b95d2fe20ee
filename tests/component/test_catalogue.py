"""Reference data on a real PostgreSQL: drafted, published once, seen by every replica at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

import contracts
from contracts.intake.catalogue import MAX_DOCUMENT, ReferenceKind
from contracts.intake.commands.catalogue import DraftReference, PublishReference, WithdrawDraft
from contracts.intake.queries.cases import CaseDigests, Inbox
from contracts.intake.queries.catalogue import (
    ProcedureByCode,
    Procedures,
    ReferenceDocument,
    ReferenceDocuments,
    UnitByCode,
    UnitHistory,
)
from contracts.roles import Role
from contracts.specs import CallSpec
from contracts.topology import TOPOLOGY
from services.chassis.calls import Calls
from services.chassis.database import Database
from services.intake import consumers
from services.intake.handlers import reference_documents
from services.intake.handlers.assistance import Assistance
from services.intake.handlers.attachments import AttachmentHandlers
from services.intake.handlers.catalogue import Announcer
from services.intake.handlers.documents import DocumentHandlers
from services.intake.handlers.file_keys import SecretWrapper
from services.intake.handlers.reference_book import ReferenceBook
from services.intake.handlers.reference_documents import ShippedDocuments
from services.intake.limits import limits
from services.intake.reference import shipped
from services.intake.settings import IntakeSettings
from services.intake.store.files import Files
from services.worktime.clock import ZONE, FrozenClock
from tests.component.ground import CLOCK, Ground, answer, command, query
from tests.component.intake import BOOK, PEOPLE, TRAIL, answer_cases
from tests.support import stack

pytestmark = pytest.mark.asyncio(loop_scope="module")

KIND = ReferenceKind
CHANGED = {"1.004222": ("7,working_days", "6,working_days")}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(here: Ground) -> Database:
    return await here.database("intake")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def log(here: Ground) -> AsyncIterator[asyncpg.Connection[Any]]:
    """The service may add to its outbox, and neither read nor empty it."""
    async with stack.database(here.stack, "intake") as connection:
        yield connection


@pytest_asyncio.fixture(loop_scope="module")
async def calls(database: Database, log: asyncpg.Connection[Any]) -> Calls:
    """A fresh installation."""
    await log.execute("truncate reference_document, announced, outbox, deadline_recompute cascade")
    await ShippedDocuments(database, CLOCK)()
    return replica(database)


def replica(database: Database) -> Calls:
    calls = Calls("intake", database, TOPOLOGY, CLOCK)
    consumers.register_catalogue(calls, ReferenceBook(), CLOCK)
    return calls


def edited(code: str = "1.004222", before: str = "7,working_days", after: str = "6,working_days") -> str:
    lines = shipped(KIND.PROCEDURES).splitlines(keepends=True)
    return "".join(line.replace(before, after) if line.startswith(code) else line for line in lines)


async def drafted(calls: Calls, kind: KIND, content: str) -> Any:
    return await answer(calls, command(DraftReference(kind=kind, content=content, note="thử"), role=Role.ADMINISTRATOR))


async def published(calls: Calls, kind: KIND, version: int, expected: int | None = None) -> Any:
    return await answer(calls, command(PublishReference(kind=kind, version=version), expected_version=expected))


async def told(log: asyncpg.Connection[Any], subject: str) -> list[tuple[str, int]]:
    rows = await log.fetch(
        "select payload::json->'data' as data, version from outbox where subject like $1 order by version", subject
    )
    return [(row["data"], row["version"]) for row in rows]


async def test_what_the_package_brings_is_published_and_told_once(
    database: Database, calls: Calls, log: asyncpg.Connection[Any]
) -> None:
    await asyncio.gather(*(ShippedDocuments(database, CLOCK)() for _ in range(3)))
    await Announcer(database, ReferenceBook(), CLOCK)()
    view = (await answer(calls, query(ReferenceDocuments()))).result
    assert {(line["kind"], line["version"], line["created_by"]) for line in view["documents"]} == {
        (kind, 1, "shipped") for kind in KIND
    }
    assert len(await told(log, "evt.intake.unit.registered%")) == 3_355
    assert len(await told(log, "evt.intake.procedure.published%")) == 42
    assert len(await told(log, "evt.intake.calendar.published%")) == 1


async def test_a_draft_says_what_it_changes_and_holds_once_published(
    database: Database, calls: Calls, log: asyncpg.Connection[Any]
) -> None:
    other = replica(database)
    draft = (await drafted(calls, KIND.PROCEDURES, edited())).result
    assert (draft["version"], draft["base"]) == (2, 1)
    diff = draft["diff"]
    assert (diff["added"], diff["changed"], diff["removed"]) == (0, 1, 0)
    assert diff["changed_entries"][0]["entry"].startswith("1.004222 2025-07-01")
    assert diff["changed_entries"][0]["details"] == ["amount: 7 → 6"]
    for each, amount in ((calls, 7), (other, 7)):
        assert (await answer(each, query(ProcedureByCode(code="1.004222")))).result["limit_amount"] == amount
    result = (await published(calls, KIND.PROCEDURES, 2, expected=1)).result
    assert (result["events"], "recompute" in result) == (1, False)
    for each in (calls, other):
        assert (await answer(each, query(ProcedureByCode(code="1.004222")))).result["limit_amount"] == 6
    events = [(data, version) for data, version in await told(log, "evt.intake.proc%") if "1.004222" in data]
    assert [(version, '"limit_amount":6' in data) for data, version in events] == [(1, False), (2, True)]
    assert (await answer(calls, query(ReferenceDocument(kind=KIND.PROCEDURES)))).result["content"] == edited()
    old = (await answer(calls, query(ReferenceDocument(kind=KIND.PROCEDURES, version=1)))).result
    assert (old["document"]["status"], old["content"]) == ("superseded", shipped(KIND.PROCEDURES))


async def test_of_two_who_publish_one_wins_and_the_other_drafts_anew(database: Database, calls: Calls) -> None:
    drafts = [(await drafted(calls, KIND.PROCEDURES, edited(after=f"{n},working_days"))).result for n in (5, 6)]
    assert [draft["version"] for draft in drafts] == [2, 3]
    replies = await asyncio.gather(
        *(published(replica(database), KIND.PROCEDURES, draft["version"], expected=1) for draft in drafts)
    )
    codes = [reply.refusal and reply.refusal.code for reply in replies]
    assert sorted(codes, key=str) == [None, "version-conflict"]
    again = await drafted(calls, KIND.PROCEDURES, edited(after="4,working_days"))
    winner = drafts[codes.index(None)]["version"]
    assert again.result["base"] == winner
    assert (await published(calls, KIND.PROCEDURES, again.result["version"], expected=winner)).refusal is None
    state = await database.pool.fetchval("select count(*) from reference_document where status = 'published'")
    assert state == len(KIND)


async def test_twenty_drafts_at_once_each_get_a_version(calls: Calls) -> None:
    replies = await asyncio.gather(*(drafted(calls, KIND.DAYS, shipped(KIND.DAYS)) for _ in range(20)))
    good = [reply.result["version"] for reply in replies if reply.refusal is None]
    assert len(good) == len(set(good)) > 0
    assert {reply.refusal.code for reply in replies if reply.refusal} <= {"unavailable"}


async def test_a_bad_draft_is_refused_with_everything_that_is_wrong(calls: Calls) -> None:
    text = shipped(KIND.DAYS) + "2028-01-01,closed,holiday,,a,b,s\nnever,off,holiday,,a,b,s\n"
    refusal = (await drafted(calls, KIND.DAYS, text)).refusal
    assert refusal.code == "bad-reference"
    lines = text.count("\n")
    assert [(fault["line"], fault["column"]) for fault in refusal.details["faults"]] == [
        (lines - 1, "kind"),
        (lines, "day"),
    ]


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        (KIND.DAYS, "x" * (MAX_DOCUMENT + 1), "too-large"),
        (KIND.DAYS, "day\x00", "invalid"),
        (KIND.UNITS, "".join(shipped(KIND.UNITS).splitlines(keepends=True)[:-1]), "bad-reference"),
        (KIND.PROCEDURES, "".join(shipped(KIND.PROCEDURES).splitlines(keepends=True)[:-1]), "bad-reference"),
    ],
    ids=["large", "no-text", "unit-vanished", "procedure-vanished"],
)
async def test_what_may_not_be_drafted(calls: Calls, kind: KIND, content: str, code: str) -> None:
    assert (await drafted(calls, kind, content)).refusal.code == code


async def test_a_withdrawn_draft_is_not_published(calls: Calls) -> None:
    await drafted(calls, KIND.DAYS, shipped(KIND.DAYS))
    withdraw = WithdrawDraft(kind=KIND.DAYS, version=2)
    assert (await answer(calls, command(withdraw))).result["status"] == "withdrawn"
    assert (await published(calls, KIND.DAYS, 2)).refusal.code == "not-a-draft"
    assert (await answer(calls, command(withdraw))).refusal.code == "not-a-draft"
    assert (await published(calls, KIND.DAYS, 9)).refusal.code == "not-found"


async def test_only_administrators_may(calls: Calls) -> None:
    wish = DraftReference(kind=KIND.DAYS, content=shipped(KIND.DAYS), note="x")
    for role in (Role.LEADER, Role.VOLUNTEER):
        assert (await answer(calls, command(wish, role=role))).refusal.code == "forbidden"


async def test_a_newer_package_is_followed_until_an_administrator_publishes(
    database: Database, calls: Calls, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def started_with(text: str) -> tuple[int, str]:
        monkeypatch.setattr(
            reference_documents, "shipped", lambda kind: text if kind is KIND.PROCEDURES else shipped(kind)
        )
        await ShippedDocuments(database, CLOCK)()
        found = (await answer(calls, query(ReferenceDocument(kind=KIND.PROCEDURES)))).result
        return found["document"]["version"], found["document"]["published_by"]

    assert await started_with(edited(after="6,working_days")) == (2, "shipped")
    assert await started_with(shipped(KIND.PROCEDURES)) == (2, "shipped")  # an older package, started again
    own = (await drafted(calls, KIND.PROCEDURES, edited(after="5,working_days"))).result["version"]
    await published(calls, KIND.PROCEDURES, own)
    assert await started_with(edited(after="4,working_days")) == (own, "tester")
    assert "the one that an administrator published stays" in caplog.text


async def test_who_decides_by_old_data_is_waited_for(database: Database, calls: Calls) -> None:
    """Else a case could be given a due date by the old calendar after its deadline was looked at anew."""
    await drafted(calls, KIND.PROCEDURES, edited())
    book = ReferenceBook()
    async with database.unit_of_work() as work:
        before = await book.current(work.connection)
        publishing = asyncio.create_task(published(calls, KIND.PROCEDURES, 2))
        async with asyncio.timeout(10):
            while not await work.connection.fetchval("select exists (select from pg_locks where not granted)"):
                await asyncio.sleep(0.02)
        assert await book.current(work.connection) is before
    assert (await publishing).refusal is None
    async with database.unit_of_work() as work:
        assert await book.current(work.connection) is not before


async def test_what_begins_and_ends_is_told_on_its_day(
    database: Database, calls: Calls, log: asyncpg.Connection[Any]
) -> None:
    row = next(line for line in shipped(KIND.UNITS).splitlines() if line.startswith("31570,"))
    renamed = f"{row.replace('2025-07-01,,', '2025-07-01,2099-12-31,')}\n{row.replace('Xã', 'Phường')}"
    renamed = renamed.replace(",commune,92,2025-07-01,,", ",ward,92,2100-01-01,,")
    text = shipped(KIND.UNITS).replace(row, renamed.strip())
    assert (await drafted(calls, KIND.UNITS, text)).refusal is None
    await published(calls, KIND.UNITS, 2)
    ended = edited(before="2025-07-01,,", after="2025-07-01,2099-12-31,")
    await drafted(calls, KIND.PROCEDURES, ended)
    await published(calls, KIND.PROCEDURES, 2)
    await Announcer(database, ReferenceBook(), FrozenClock(datetime(2100, 1, 1, tzinfo=ZONE)))()
    unit = [data for data, _ in await told(log, "evt.intake.unit.%") if '"31570"' in data]
    assert ["Phường Hồ Đắc Kiện" in data for data in unit] == [False, False, True]
    assert len(await told(log, "evt.intake.procedure.retired%")) == 1


async def test_units_and_procedures_are_asked_for(calls: Calls) -> None:
    row = next(line for line in shipped(KIND.UNITS).splitlines() if line.startswith("31570,"))
    merged = row.replace("2025-07-01,,", "2025-07-01,2026-06-30,31569")
    await drafted(calls, KIND.UNITS, shipped(KIND.UNITS).replace(row, merged))
    await published(calls, KIND.UNITS, 2)
    day = datetime(2026, 7, 1, tzinfo=ZONE).date()
    refusal = (await answer(calls, query(UnitByCode(code="31570", on=day)))).refusal
    assert (refusal.code, refusal.details) == ("unit-not-valid", {"successors": ["31569"]})
    history = (await answer(calls, query(UnitHistory(code="31569")))).result
    assert [unit["code"] for unit in history["predecessors"]] == ["31570"]
    assert (await answer(calls, query(UnitHistory(code="99999")))).refusal.code == "unknown-unit"
    found = (await answer(calls, query(Procedures(field="dat-dai")))).result["procedures"]
    assert [each["code"] for each in found] == ["1.013978", "1.012812"]
    view = (await answer(calls, query(ProcedureByCode(code="1.001193"), role=Role.CITIZEN))).result
    assert "Giấy chứng sinh" in [paper["name"] for paper in view["papers"]]
    assert {paper["confidence"] for paper in view["papers"]} == {"general knowledge"}


COMPARED = TOPOLOGY.call_of("intake", CaseDigests)
"""A projection may hold cases under a code that is none: of these intake has to say that it knows no such case."""


def asking_about_a_unit() -> list[CallSpec]:
    specs = TOPOLOGY.calls_of("intake")
    return [spec for spec in specs if not spec.changes and "unit" in spec.data.model_fields and spec is not COMPARED]


@pytest.mark.parametrize("spec", asking_about_a_unit(), ids=lambda spec: spec.verb)
async def test_no_answer_is_made_up_for_a_unit_that_is_none(calls: Calls, spec: CallSpec, tmp_path: Path) -> None:
    """Zeros would be taken for the figures of a commune whose code was mistyped."""
    settings = IntakeSettings(secrets_dir=tmp_path, attachments_dir=tmp_path)
    answer_cases(calls)
    consumers.register_assistance(calls, Assistance(BOOK, CLOCK, limits()))
    attachments = AttachmentHandlers(Files(tmp_path), SecretWrapper("s"), b"m", TRAIL, settings, CLOCK)
    consumers.register_documents(calls, attachments, DocumentHandlers(BOOK, PEOPLE, TRAIL, settings, CLOCK))
    sample = json.loads((Path(contracts.__file__).parent / "samples" / f"{spec.name}.json").read_bytes())["data"]
    wishes = [spec.data.model_validate(sample | {"unit": unit}) for unit in (sample["unit"], "99999")]
    known, unknown = [await answer(calls, query(wish, role=min(spec.roles))) for wish in wishes]
    assert known.refusal is None
    refusal = unknown.refusal
    assert (refusal.code, refusal.field) == ("unknown-unit", "unit")
    assert "99999" in refusal.message_vi
    assert "tiepsuc deadline find" in refusal.message_en
    assert refusal.code in spec.refusals


@pytest.mark.parametrize(("side", "unit", "level"), [("province", "31570", "tỉnh"), ("receiving", "92", "xã")])
async def test_an_inbox_is_asked_for_by_a_code_of_its_level(calls: Calls, side: Any, unit: str, level: str) -> None:
    refusal = (await answer(answer_cases(calls), query(Inbox(unit=unit, side=side)))).refusal
    assert (refusal.code, refusal.field) == ("invalid", "unit")
    assert level in refusal.message_vi
