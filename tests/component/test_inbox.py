"""An inbox in the order in which things have to be done, and what a case says of itself after an apology."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from contracts.intake.queries.cases import CaseByCode, CaseById, FindCases, Inbox
from contracts.intake.vocabulary import Channel, Outcome
from contracts.topology import TOPOLOGY
from services.chassis.calls import Calls
from services.chassis.database import Database
from services.chassis.ids import uuid7
from services.intake.domain import moves
from services.intake.domain.cases import Case
from services.intake.store import cases as store
from services.worktime.clock import ZONE, FrozenClock
from tests.component.ground import CLOCK, Ground, answer, query
from tests.component.intake import REFERENCE, answer_cases

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNIT = "00004"
WHY = "Chờ xác minh."
LATER = datetime(2025, 12, 1, 9, tzinfo=ZONE)


def at(day: int, hour: int = 9) -> datetime:
    return datetime(2025, 7, day, hour, tzinfo=ZONE)


NOW = at(17)


def submitted(start: datetime, channel: Channel = Channel.DIRECT) -> Case:
    case = REFERENCE.new_case(uuid7(), UNIT, UNIT, "1.004222", channel, start)
    return moves.submit(case, REFERENCE.terms_of(case, start), LATER)


def accepted(number: int, start: datetime) -> Case:
    case = submitted(start)
    return moves.accept(case, REFERENCE.terms_of(case, start), f"H13.99-250701-{number:04d}", start, LATER)


def completed(number: int, start: datetime) -> Case:
    return moves.complete(accepted(number, start), Outcome.GRANTED, "", at(3), LATER)


def returned(number: int, start: datetime) -> Case:
    return moves.hand_over(completed(number, start), at(4), LATER)


def extended() -> Case:
    case = accepted(9, at(1))
    return moves.extend(case, REFERENCE.terms_of(case, at(1)), at(31, 17), WHY, at(3), LATER)


def with_error(number: int) -> Case:
    case = returned(number, at(1))
    return moves.report_error(case, REFERENCE.terms_of(case, at(1)), WHY, at(15), LATER)


def received(number: int, start: datetime, channel: Channel) -> Case:
    case = REFERENCE.new_case(uuid7(), "31570", "31570", "1.004222", channel, start)
    terms = REFERENCE.terms_of(case, start)
    return moves.accept(moves.submit(case, terms, LATER), terms, f"H13.57-250715-{number:04}", start, LATER)


ORDER = {
    "overdue for long": accepted(1, at(1)),  # until 10 July
    "overdue since yesterday": accepted(2, at(7)),  # until 16 July
    "due tomorrow": submitted(at(17, 14), Channel.ONLINE),
    "error to be corrected": with_error(3),  # until 18 July
    "due later": accepted(4, at(14)),
    "extended": extended(),  # until 31 July
    "at the counter, no limit": submitted(at(2)),
    "picked up never": completed(5, at(1)),
}
HANDED_IN = [
    received(1, at(15, 10), Channel.DIRECT),
    received(2, at(15, 16), Channel.DIRECT),
    received(3, at(15, 16), Channel.ONLINE),
]
URGENCY = ["overdue", "overdue", "due-soon", "due-soon", "in-time", "in-time", "no-limit", "ready"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def calls(here: Ground) -> AsyncIterator[Calls]:
    database: Database = await here.database("intake")
    made = [*ORDER.values(), *HANDED_IN, returned(6, at(1))]
    made = sorted(made, key=lambda case: str(case.id)[::-1])
    async with database.unit_of_work() as work:
        assert len(await store.insert(work.connection, made)) == len(made)
    calls = Calls("intake", database, TOPOLOGY, CLOCK)
    yield answer_cases(calls, FrozenClock(NOW))


@pytest.mark.parametrize("size", [1, 2, 3, 50])
async def test_overdue_comes_first_and_what_waits_for_pickup_last_page_by_page(calls: Calls, size: int) -> None:
    shown: list[dict[str, Any]] = []
    cursor = None
    while cursor is not None or not shown:
        view = (await answer(calls, query(Inbox(unit=UNIT, size=size, cursor=cursor)))).result
        shown += view["cases"]
        cursor = view.get("cursor")
    names = {str(case.id): name for name, case in ORDER.items()}
    assert [names[each["case_id"]] for each in shown] == list(ORDER)
    assert [each["urgency"] for each in shown] == URGENCY


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "2025-07-10T17:00:00+07:00|x",
        f"3|2025-07-10T17:00:00+07:00|{UUID(int=1)}",
        f"0|9999-12-31T23:39:00-14:00|{UUID(int=1)}",
        f"0|0001-01-01T00:00:00+14:00|{UUID(int=1)}",
    ],
)
async def test_a_cursor_that_is_none_is_refused(calls: Calls, cursor: str, caplog: pytest.LogCaptureFixture) -> None:
    reply = await answer(calls, query(Inbox(unit=UNIT, cursor=cursor)))
    assert (reply.refusal.code, reply.refusal.field) == ("invalid", "cursor")
    assert caplog.records == [], "it is no fault of intake's"


async def test_what_is_found_says_how_urgent_it_is_too(calls: Calls) -> None:
    found = (await answer(calls, query(FindCases(text="H13.99-250701")))).result["cases"]
    assert {each["case_code"][-1]: each.get("urgency") for each in found} == {
        "1": "overdue",
        "2": "overdue",
        "3": "due-soon",
        "4": "in-time",
        "5": "ready",
        "6": None,
        "9": "in-time",
    }


async def test_after_an_apology_a_case_says_what_holds(calls: Calls) -> None:
    view = (await answer(calls, query(CaseByCode(case_code="H13.99-250701-0009")))).result
    new = at(31, 17).isoformat()
    assert (view["due_at"], view["new_due_at"], view["due_at_paused"], view["act_by"]) == (new, new, new, new)
    assert (view["first_due_at"], view["urgency"]) == (at(10, 17).isoformat(), "in-time")
    last = view["deadline_steps"][-1]
    assert (last["kind"], last["at"], last["article"]) == ("due", new, "NĐ 118/2025 Đ19.6")


async def test_paper_received_after_the_cutoff_may_be_passed_on_the_next_working_day(calls: Calls) -> None:
    views = [(await answer(calls, query(CaseById(case_id=case.id)))).result for case in HANDED_IN]
    assert [view.get("forward_by") for view in views] == [at(15, 17).isoformat(), at(16, 7).isoformat(), None]
