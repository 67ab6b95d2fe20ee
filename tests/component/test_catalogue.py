"""Reference data on a real PostgreSQL: drafted, published once, seen by every replica at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from contracts.intake.catalogue import MAX_DOCUMENT, ReferenceKind
from contracts.intake.commands.catalogue import DraftReference, PublishReference, WithdrawDraft
from contracts.intake.queries.audit import AuditCheck
from contracts.intake.queries.catalogue import (
    ProcedureByCode,
    Procedures,
    ReferenceDocument,
    ReferenceDocuments,
    UnitByCode,
    UnitHistory,
)
from contracts.roles import Role
from contracts.topology import TOPOLOGY
from services.chassis.calls import Calls
from services.chassis.database import Database
from services.intake import consumers
from services.intake.domain.audit import chain_faults, day_of
from services.intake.handlers import reference_documents
from services.intake.handlers.audit_queries import AuditQueries
from services.intake.handlers.catalogue import Announcer
from services.intake.handlers.reference_book import ReferenceBook
from services.intake.handlers.reference_documents import ShippedDocuments
from services.intake.reference import chain_of, shipped
from services.intake.store import audit as audit_store
from services.worktime.clock import ZONE, FrozenClock
from tests.component.ground import CLOCK, Ground, answer, command, query
from tests.component.intake import TRAIL, catalogue_replica, installed
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
    return await installed(database, log)


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
    await asyncio.gather(*(ShippedDocuments(database, TRAIL, CLOCK)() for _ in range(3)))
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
    other = catalogue_replica(database)
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
        *(published(catalogue_replica(database), KIND.PROCEDURES, draft["version"], expected=1) for draft in drafts)
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
        await ShippedDocuments(database, TRAIL, CLOCK)()
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


async def test_who_drafted_published_and_withdrew_what_stands_in_the_chain_of_its_kind(
    here: Ground, database: Database, calls: Calls, log: asyncpg.Connection[Any]
) -> None:
    await drafted(calls, KIND.DAYS, shipped(KIND.DAYS) + "2028-01-03,off,local,,Thử,Try,test\n")
    assert (await published(calls, KIND.DAYS, 2)).refusal is None
    await drafted(calls, KIND.DAYS, shipped(KIND.DAYS))
    assert (await answer(calls, command(WithdrawDraft(kind=KIND.DAYS, version=3)))).refusal is None
    chain = chain_of(KIND.DAYS)
    async with database.reading() as connection:
        entries = await audit_store.entries_of(connection, chain, 0, 100)
    assert list(chain_faults(entries, {})) == []
    assert [(each.action, each.actor, each.from_version, each.to_version, each.to_state) for each in entries] == [
        ("publish-reference", "shipped", 0, 1, "published"),
        ("draft-reference", "tester", 1, 2, "draft"),
        ("publish-reference", "tester", 2, 2, "published"),
        ("draft-reference", "tester", 2, 3, "draft"),
        ("withdraw-draft", "tester", 3, 3, "withdrawn"),
    ]
    relay = await asyncpg.create_pool(**here.relay_address("intake"), min_size=1, max_size=2)
    try:
        check = Calls("intake", database, TOPOLOGY, CLOCK)
        consumers.register_audit(check, AuditQueries(relay, bytes(32)))

        async def found() -> list[tuple[str, Any, int]]:
            async with database.reading() as connection:
                today = day_of(await audit_store.database_now(connection))
            view = (await answer(check, query(AuditCheck(day=today, running=bytes(32).hex())))).result
            return [(each["kind"], each["entity"], each["number"]) for each in view["findings"]]

        assert await found() == []
        await log.execute("update reference_document set content = content || ' ' where kind = 'days' and version = 2")
        await log.execute("delete from reference_document where kind = 'days' and version = 3")
        assert await found() == [("record-changed", str(chain), 2), ("record-changed", str(chain), 4)]
    finally:
        await relay.close()


async def test_drafts_and_publications_of_one_kind_at_once_leave_one_chain(database: Database, calls: Calls) -> None:
    await drafted(calls, KIND.DAYS, shipped(KIND.DAYS) + "2028-01-03,off,local,,Thử,Try,test\n")
    drafts = [drafted(calls, KIND.DAYS, shipped(KIND.DAYS)) for _ in range(4)]
    replies = await asyncio.gather(*drafts, *(published(calls, KIND.DAYS, 2) for _ in range(3)))
    done = sum(reply.refusal is None for reply in replies)
    async with database.reading() as connection:
        entries = await audit_store.entries_of(connection, chain_of(KIND.DAYS), 0, 100)
    assert [each.number for each in entries] == list(range(1, done + 3))
    assert list(chain_faults(entries, {})) == []
