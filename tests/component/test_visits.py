"""Visits on a real database: a case counts once, however many record it at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.intake.assistance import AgeBand, Indicator, Need, RevokeReason, TaskGroup
from contracts.intake.commands.visits import AmendVisit, IndicatorCount, RecordVisit, RevokeVisit, What, Whom
from contracts.intake.queries.visits import AssistanceSummary, Visits
from contracts.roles import Role
from services.chassis.calls import Calls
from services.chassis.database import Database
from services.chassis.ids import uuid7
from services.worktime.clock import FrozenClock
from tests.component.assistance import DAY, MORNING, Log, a_case, ask, chain, do, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")

ONLINE = IndicatorCount(indicator=Indicator.ONLINE_CASES_SUPPORTED)


def visit(unit: str, *counts: IndicatorCount, **more: Any) -> RecordVisit:
    fields = {"visit_id": uuid7(), "unit": unit, "whom": Whom(), "what": What(counts=counts or (ONLINE,))}
    return RecordVisit(**{**fields, **more})


async def summary(assistance: Calls, unit: str | None) -> Any:
    return await ask(assistance, AssistanceSummary(unit=unit, first_day=DAY, last_day=DAY))


def amounts(view: Any) -> dict[str, int]:
    return {each["indicator"]: each["amount"] for each in view["indicators"] if each["amount"]}


async def test_a_case_counts_once_however_many_record_it_at_once(
    intake_database: Database, assistance: Calls, unit: str, log: Log
) -> None:
    case_id, code = await a_case(intake_database, unit, "accepted")
    wishes = [visit(unit, **({"case_code": code} if n % 2 else {"case_id": case_id})) for n in range(12)]
    saved = await asyncio.gather(*(do(assistance, wish, Role.VOLUNTEER, f"tnv-{n}") for n, wish in enumerate(wishes)))
    assert sum(each["counts_case"] for each in saved) == 1
    assert sum("notice_vi" in each for each in saved) == 11
    assert amounts(await summary(assistance, unit)) == {"online_cases_supported": 1}
    counting = next(each for each in saved if each["counts_case"])
    await do(assistance, RevokeVisit(visit_id=UUID(counting["visit_id"])), Role.LEAD)
    view = await summary(assistance, unit)
    assert (view["visits"], amounts(view)) == (11, {"online_cases_supported": 1})
    told = [await log.facts(UUID(each["visit_id"])) for each in saved]
    assert Counter(map(tuple, told)) == {
        ("assistance.recorded",): 10,
        ("assistance.recorded", "assistance.amended"): 1,
        ("assistance.recorded", "assistance.revoked"): 1,
    }


async def test_visits_to_one_case_revoked_and_amended_at_once_leave_one_that_counts(
    intake_database: Database, assistance: Calls, unit: str, log: Log
) -> None:
    _, code = await a_case(intake_database, unit)
    _, other = await a_case(intake_database, unit)
    saved = [UUID((await do(assistance, visit(unit, case_code=code)))["visit_id"]) for _ in range(8)]

    async def change(number: int, visit_id: UUID) -> Any:
        wish: Any = RevokeVisit(visit_id=visit_id)
        if number % 2:
            wish = AmendVisit(visit_id=visit_id, whom=Whom(), what=What(counts=(ONLINE,)), case_code=other)
        return await do(assistance, wish, Role.LEAD, seconds=60)

    await asyncio.gather(*(change(number, visit_id) for number, visit_id in enumerate(saved[1:])))
    assert amounts(await summary(assistance, unit)) == {"online_cases_supported": 2}


async def test_the_summary_counts_what_was_not_revoked(assistance: Calls, unit: str) -> None:
    level_1 = IndicatorCount(indicator=Indicator.VNEID_LEVEL_1_GUIDED)
    level_2 = IndicatorCount(indicator=Indicator.VNEID_LEVEL_2_GUIDED, amount=2)
    khmer = Whom(age_band=AgeBand.FROM_75, needs=(Need.ETHNIC_MINORITY, Need.ELDERLY), language="khm")
    await do(assistance, visit(unit, level_1, whom=khmer, minutes=20), Role.MINOR_VOLUNTEER)
    await do(assistance, visit(unit, level_1, level_2), Role.VOLUNTEER)
    await do(assistance, visit(unit, what=What(group=TaskGroup.SUPPORT_OFFICIALS), at=MORNING - timedelta(days=1)))
    wrong = await do(assistance, visit(unit, level_1), Role.VOLUNTEER)
    await do(assistance, RevokeVisit(visit_id=UUID(wrong["visit_id"])), Role.VOLUNTEER)
    view = await summary(assistance, unit)
    assert (view["visits"], view["minutes"]) == (2, 35)
    assert amounts(view) == {"vneid_level_1_guided": 2, "vneid_level_2_guided": 2}
    by = {name: {each["value"]: each["visits"] for each in view[name]} for name in view if name.startswith("by_")}
    assert by == {
        "by_age_band": {"75_plus": 1, "unknown": 1},
        "by_group": {"online_services": 2},
        "by_outcome": {"done": 2},
        "by_place": {"centre": 2},
        "by_need": {"elderly": 1, "ethnic_minority": 1, "none": 1},
        "by_language": {"khm": 1},
    }
    for wider in ("92", None):
        assert (await summary(assistance, wider))["visits"] >= 2


async def test_a_page_goes_on_where_the_last_one_ended(assistance: Calls, unit: str, clock: FrozenClock) -> None:
    recorded = []
    for _ in range(5):
        recorded.append((await do(assistance, visit(unit)))["visit_id"])  # several at the same instant
        if len(recorded) == 3:
            clock.advance(timedelta(minutes=1))
    seen: list[str] = []
    after: UUID | None = None
    while True:
        page = await ask(assistance, Visits(unit=unit, day=DAY, after=after, limit=2), Role.VOLUNTEER)
        assert len(page["visits"]) <= 2
        seen += [each["visit_id"] for each in page["visits"]]
        if "next" not in page:
            break
        after = UUID(page["next"])
    assert sorted(seen) == sorted(recorded)
    assert len(seen) == len(recorded)


@pytest.mark.parametrize("named", [{"case_id": UUID(int=404)}, {"case_code": "H13.57-250702-9999"}])
async def test_a_visit_names_no_case_that_is_not_there(assistance: Calls, unit: str, named: dict[str, Any]) -> None:
    assert await refused(assistance, visit(unit, **named), Role.VOLUNTEER) == "unknown-case"
    assert await refused(assistance, visit(unit, **named), Role.MINOR_VOLUNTEER) == "minor-no-case"
    assert await refused(assistance, visit("99999"), Role.VOLUNTEER) == "unknown-unit"


async def test_a_visit_stands_in_the_chain_of_each_case_that_it_led_to(
    intake_database: Database, assistance: Calls, unit: str, log: Log
) -> None:
    first, code = await a_case(intake_database, unit)
    second, other = await a_case(intake_database, unit)
    id = UUID((await do(assistance, visit(unit, case_code=code), Role.VOLUNTEER, "tnv-1"))["visit_id"])
    await do(assistance, visit(unit), Role.VOLUNTEER, "tnv-1")
    amend = AmendVisit(visit_id=id, whom=Whom(), what=What(counts=(ONLINE,)), case_code=other)
    await do(assistance, amend, Role.LEAD, "doi-truong")
    revoke = RevokeVisit(visit_id=id, reason=RevokeReason.DUPLICATE)
    revoked = await do(assistance, revoke, Role.LEAD, "doi-truong")
    assert (revoked["counts_case"], revoked.get("notice_vi")) == (False, None), "it counts no more"
    steps = [("record-visit", "tnv-1", 1), ("amend-visit", "doi-truong", 2), ("revoke-visit", "doi-truong", 3)]
    why = {"record-visit": "", "amend-visit": ": case_id", "revoke-visit": ": duplicate"}
    for case, expected in ((first, steps[:2]), (second, steps[1:])):
        entries = await chain(intake_database, case)
        assert [(each.action, each.actor) for each in entries] == [step[:2] for step in expected]
        assert [each.reason for each in entries] == [f"visit {id}{why[each.action]}" for each in entries]
        assert [each.digest for each in entries] == [await log.digest(id, version) for *_, version in expected]
