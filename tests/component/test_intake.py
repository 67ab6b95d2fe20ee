"""Intake's commands when two want the same at once, and when a log says what cannot be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from contracts.intake.commands.cases import (
    AcceptCase,
    CorrectResult,
    RecordPayment,
    ReportError,
    ServeCase,
    SubmitCase,
)
from contracts.intake.commands.importing import ImportCases, LogRow
from contracts.intake.queries.cases import Inbox
from contracts.intake.vocabulary import Channel
from contracts.roles import Role
from contracts.topology import TOPOLOGY
from services.chassis.calls import Calls
from services.chassis.database import Database
from services.chassis.ids import uuid7
from services.intake.domain.cases import Case
from services.intake.log_rows import judge
from services.intake.store import cases as store
from services.worktime.clock import ZONE
from tests.component.ground import CLOCK, answer, command, ground, query
from tests.component.intake import CASES, IMPORT, REFERENCE, answer_cases

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROW = LogRow(
    line=2,
    case_code="",
    unit="31570",
    deciding_unit="31570",
    procedure="1.001193",
    channel="direct",
    submitted_at="2025-07-01T08:00:00+07:00",
    accepted_at="2025-07-01T08:05:00+07:00",
    completed_at="",
    returned_at="",
)
DONE = {"completed_at": "2025-07-01T09:00:00+07:00"}
codes = (f"H13.57-250701-{number:04d}" for number in range(1, 9_999))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database() -> AsyncIterator[Database]:
    async with ground() as here:
        yield await here.database("intake")


@pytest.fixture
def calls(database: Database) -> Calls:
    return answer_cases(Calls("intake", database, TOPOLOGY, CLOCK))


def importing(*rows: LogRow) -> Any:
    return command(ImportCases(rows=list(rows)))


async def one_is_held_back(database: Database, first: Callable[[Any], Any], second: Any) -> Any:
    """The answer of `second`, which meets what `first` has done and not yet committed."""
    async with database.unit_of_work() as work:
        await first(work)
        late = asyncio.create_task(second)
        async with asyncio.timeout(10):
            while not await work.connection.fetchval("select exists (select from pg_locks where not granted)"):
                await asyncio.sleep(0.02)
    return await late


async def test_of_two_imports_of_a_case_the_later_one_adds_what_it_knows_more(database: Database, calls: Calls) -> None:
    code = next(codes)
    accepted, completed = ROW.model_copy(update={"case_code": code}), ROW.model_copy(update={"case_code": code} | DONE)
    handler = IMPORT
    reply = await one_is_held_back(
        database, lambda work: handler(work, importing(accepted)), answer(calls, importing(completed))
    )
    assert (reply.result["imported"], reply.result["advanced"], reply.result["already_present"]) == (0, 1, 0)
    row = await database.pool.fetchrow("select state, version from cases where case_code = $1", code)
    assert tuple(row or ()) == ("completed", 3)


async def test_the_same_cases_inserted_in_opposite_order_do_not_deadlock(database: Database) -> None:
    async def insert(order: list[Case]) -> int:
        async with database.unit_of_work() as work:
            return len(await store.insert(work.connection, order))

    for _ in range(5):
        rows = [ROW.model_copy(update={"case_code": next(codes)}) for _ in range(1_000)]
        cases, again = ([judge(row, REFERENCE, CLOCK.now())[1] for row in order] for order in (rows, rows[::-1]))
        assert sum(await asyncio.gather(insert(cases), insert(again))) == len(rows)


async def submit(calls: Calls) -> UUID:
    case = uuid7()
    wish = SubmitCase(
        case_id=case, receiving_unit="31570", deciding_unit="31570", procedure="1.001193", channel=Channel.DIRECT
    )
    assert (await answer(calls, command(wish))).refusal is None
    return case


async def test_two_cases_accepted_under_one_code_have_one_winner_and_a_true_refusal(
    database: Database, calls: Calls
) -> None:
    code = next(codes)
    winner, loser = await submit(calls), await submit(calls)
    handlers = CASES
    first, second = (
        command(AcceptCase(case_id=case, case_code=code), role=Role.RECEIVING_OFFICER) for case in (winner, loser)
    )
    reply = await one_is_held_back(database, lambda work: handlers.accept(work, first), answer(calls, second))
    assert reply.refusal.code == "case-code-taken"


async def test_rows_of_one_case_in_one_log_are_taken_one_after_the_other(database: Database, calls: Calls) -> None:
    code = next(codes)
    first = ROW.model_copy(update={"case_code": code})
    same, more = first.model_copy(update={"line": 3}), first.model_copy(update={"line": 4} | DONE)
    contrary = more.model_copy(update={"line": 5, "completed_at": "2025-07-01T09:30:00+07:00"})
    older = first.model_copy(update={"line": 6})
    reply = await answer(calls, importing(first, same, more, contrary, older))
    counted = {key: reply.result[key] for key in ("imported", "advanced", "already_present")}
    assert counted == {"imported": 1, "advanced": 1, "already_present": 2}
    assert [(row["line"], row["code"]) for row in reply.result["rejected"]] == [(5, "case-code-taken")]
    versions = await database.pool.fetch(
        "select o.version from outbox o join cases c on c.id = o.entity where case_code = $1 order by 1", code
    )
    assert [row["version"] for row in versions] == [1, 2, 3]


async def test_a_log_tells_of_every_turn_a_case_can_take(database: Database, calls: Calls) -> None:
    """Waits, a new date, an end without a result; a second log with more dates leads the case on."""
    code, ended = next(codes), next(codes)
    story = {
        "case_code": code,
        "procedure": "1.004222",
        "accepted_at": "2025-07-01T09:00:00+07:00",
        "started_at": "2025-07-01T09:00:00+07:00",
        "supplement_requested_at": "2025-07-09T09:00:00+07:00",
    }
    row = ROW.model_copy(update=story)
    gone = ROW.model_copy(update={"line": 3, "case_code": ended, "withdrawn_at": "2025-07-01T10:00:00+07:00"})
    reply = await answer(calls, importing(row, gone))
    assert (reply.result["imported"], reply.result["rejected"]) == (2, [])
    more = row.model_copy(
        update={
            "supplement_completed_at": "2025-07-14T09:00:00+07:00",
            "payment_requested_at": "2025-07-15T09:00:00+07:00",
            "paid_at": "2025-07-16T09:00:00+07:00",
            "new_due_at": "2025-07-30T17:00:00+07:00",
            "completed_at": "2025-07-29T09:00:00+07:00",
        }
    )
    reply = await answer(calls, importing(more, gone))
    assert (reply.result["advanced"], reply.result["already_present"], reply.result["rejected"]) == (1, 1, [])
    found = await database.pool.fetchrow(
        "select state, version, first_due_at, due_at, clock_started_at, waits from cases where case_code = $1", code
    )
    assert found is not None
    assert (found["state"], found["version"]) == ("completed", 9)
    assert [found[key].astimezone(ZONE).isoformat() for key in ("first_due_at", "due_at", "clock_started_at")] == [
        "2025-07-10T17:00:00+07:00",
        "2025-07-30T17:00:00+07:00",
        "2025-07-14T09:00:00+07:00",
    ]
    assert [wait["kind"] for wait in json.loads(found["waits"])] == ["supplement", "payment"]
    assert await database.pool.fetchval("select state from cases where case_code = $1", ended) == "withdrawn"


async def test_an_instant_before_all_cases_costs_only_its_row(calls: Calls) -> None:
    """What programs write for "no date" is an instant that no database takes."""
    good, early, earlier = (ROW.model_copy(update={"case_code": next(codes), "line": line}) for line in (2, 3, 4))
    never = "0001-01-01T00:00:00+07:00"
    early = early.model_copy(update={"submitted_at": never})
    earlier = earlier.model_copy(update={"submitted_at": never, "accepted_at": never})
    reply = await answer(calls, importing(good, early, earlier))
    assert reply.result["imported"] == 1
    assert [row["column"] for row in reply.result["rejected"]] == ["submitted_at", "submitted_at"]


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("applicant_name", "Nguyễn Văn A " * 50),
        ("reason", "Thiếu giấy tờ " * 100),
        ("reason", "thiếu\0giấy tờ"),
        ("applicant_name", "Nguyễn\x1b Văn A"),
        ("case_code", "H99.73-250701-\x000001"),
        ("channel", "direct\0"),
        ("returned_at", "\0"),
        ("accepted_at", "9999-12-31T23:59:59-12:00"),
    ],
    ids=[
        "long-name",
        "long-reason",
        "nul",
        "control",
        "nul-in-code",
        "nul-in-channel",
        "nul-in-instant",
        "end-of-time",
    ],
)
async def test_what_cannot_be_kept_costs_only_its_row(calls: Calls, column: str, text: str) -> None:
    good, bad = (ROW.model_copy(update={"case_code": next(codes), "line": line}) for line in (2, 3))
    reply = await answer(calls, importing(good, bad.model_copy(update={column: text})))
    assert reply.result["imported"] == 1
    assert [(row["line"], row["column"], row["code"]) for row in reply.result["rejected"]] == [(3, column, "invalid")]


async def test_a_payment_that_another_system_asked_for_is_taken_at_the_counter(
    database: Database, calls: Calls
) -> None:
    row = ROW.model_copy(update={"case_code": next(codes), "payment_requested_at": "2025-07-01T09:00:00+07:00"})
    assert (await answer(calls, importing(row))).result["imported"] == 1
    case = await database.pool.fetchval("select id from cases where case_code = $1", row.case_code)
    paid = (await answer(calls, command(RecordPayment(case_id=case, amount=50_000)))).result
    assert paid["state"] == "accepted"
    fee = await database.pool.fetchrow("select amount_vnd, paid_at is not null from fee where case_id = $1", case)
    assert tuple(fee or ()) == (50_000, True)
    assert paid["receipt_number"]


async def test_a_result_handed_over_with_an_error_waits_to_be_corrected(calls: Calls) -> None:
    """Within 3 working days (Art 23.1), so it has to stand where people look; once corrected it waits for nobody."""
    unit, case = "00004", uuid7()
    code = "H99.73-250701-0001"
    wish = ServeCase(case_id=case, receiving_unit=unit, deciding_unit=unit, procedure="2.000815", case_code=code)

    async def waiting() -> list[tuple[str, str]]:
        reply = await answer(calls, query(Inbox(unit=unit), role=Role.SPECIALIST))
        return [(each["state"], each["case_id"]) for each in reply.result["cases"]]

    async def do(data: Any, role: Role) -> None:
        assert (await answer(calls, command(data, role=role))).refusal is None

    await do(wish, Role.RECEIVING_OFFICER)
    assert await waiting() == []
    await do(ReportError(case_id=case, reason="Sai ngày sinh."), Role.CITIZEN)
    assert await waiting() == [("returned", str(case))]
    await do(CorrectResult(case_id=case), Role.LEADER)
    assert await waiting() == []


async def test_accepting_before_all_cases_is_refused(calls: Calls) -> None:
    never = datetime.fromisoformat("0001-01-01T00:00:00+07:00")
    wish = AcceptCase(case_id=await submit(calls), case_code=next(codes), accepted_at=never)
    assert (await answer(calls, command(wish, role=Role.RECEIVING_OFFICER))).refusal.code == "impossible-time"
