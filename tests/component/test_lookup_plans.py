"""What people look up is read by an index, whatever the arguments: as many rows as are shown, never a whole table."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import pytest
import pytest_asyncio

from contracts.intake.queries.cases import Inbox
from contracts.intake.vocabulary import CaseState
from services.chassis.database import Database
from services.intake.reference import Reference
from tests.component.ground import CLOCK, answer, ground, query
from tests.component.intake import replica
from tests.support import lookups
from tests.support.stack import database as connected

pytestmark = pytest.mark.asyncio(loop_scope="module")

CASES = 20_000
NEAR = [
    (unit.code, unit.province)
    for unit in Reference.shipped().unit_by_code.values()
    if unit.province == "92" and len(unit.code) == 5
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database() -> AsyncIterator[Database]:
    """Cases of one province, in each state in which they wait."""
    async with ground() as here:
        opened = await here.database("intake")
        await lookups.seed(replica(opened, CLOCK))
        async with connected(here.stack, "intake") as superuser:
            await lookups.copy(superuser, CASES, NEAR, log=True)
            await superuser.execute("analyze")
        yield opened


@pytest.mark.parametrize("generic", [False, True], ids=["own plan", "general plan"])
async def test_each_is_read_by_an_index_and_no_further_than_needed(database: Database, generic: bool) -> None:
    async with database.pool.acquire() as connection:
        assert await connection.fetchval("select count(*) from cases") > CASES - 10
        asked = await lookups.lookups(connection, "31570", "92")
        assert len({each.name for each in asked}) == len(asked) >= 17
        wrong = []
        for each in asked:
            plan = await lookups.explain(connection, each, generic=generic)
            indexed = all(scan.startswith(("Index", "Bitmap")) for scan in plan.scans)
            if not (plan.scans and indexed and 0 < plan.rows <= each.rows):
                wrong.append((each.name, plan.scans, plan.rows))
        assert wrong == []


async def test_an_inbox_paged_to_its_end_shows_each_case_once_and_in_order(database: Database) -> None:
    calls = replica(database, CLOCK)
    shown: list[dict[str, str]] = []
    cursor = None
    while cursor is not None or not shown:
        page = Inbox(
            unit="31570", side="deciding", states=[*lookups.WAITING, CaseState.ACCEPTED], size=50, cursor=cursor
        )
        view = (await answer(calls, query(page))).result
        shown += view["cases"]
        cursor = view.get("cursor")
    ranks = [0 if "act_by" in case else 1 + (case["state"] == "completed") for case in shown]
    order = [
        (rank, datetime.fromisoformat(case["queue_at"]), case["case_id"])
        for rank, case in zip(ranks, shown, strict=True)
    ]
    assert order == sorted(order)
    assert {0, 2} <= set(ranks)
    assert [rank for rank, case in zip(ranks, shown, strict=True) if (case["urgency"] == "ready") != (rank == 2)] == []
    assert len({case["case_id"] for case in shown}) == len(shown) > 100
    assert len(shown) == await database.pool.fetchval("select count(*) from cases where deciding_unit = '31570'")


async def test_an_inbox_counts_no_further_than_it_says(database: Database) -> None:
    calls = replica(database, CLOCK)
    commune = (await answer(calls, query(Inbox(unit="31570", side="receiving", size=1)))).result
    province = (await answer(calls, query(Inbox(unit="92", side="province", size=1)))).result
    assert province["counts"] == dict.fromkeys(lookups.WAITING, province["counted_to"])
    rows = await database.pool.fetch(
        "select state, count(*) as cases from cases where receiving_unit = '31570' group by state"
    )
    assert commune["counts"] == {row["state"]: row["cases"] for row in rows}
    assert max(commune["counts"].values()) < commune["counted_to"]
