"""Ratings and complaints on a real database."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from uuid import UUID

import pytest

from contracts.intake.commands.feedback import (
    AcknowledgeComplaint,
    AnswerComplaint,
    CloseComplaint,
    FileComplaint,
    RateResult,
    WithdrawComplaint,
)
from contracts.intake.feedback import ComplaintOutcome, ComplaintSubject, FeedbackReason, Satisfaction
from contracts.intake.queries.feedback import Complaints, SatisfactionSummary
from contracts.roles import Role
from services.chassis.calls import Calls
from services.chassis.database import Database
from services.chassis.errors import Fault, fault_of
from services.chassis.ids import uuid7
from tests.component.assistance import DAY, Log, a_case, ask, chain, do, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_result_is_rated_once_and_then_changed(
    intake_database: Database, assistance: Calls, unit: str, log: Log
) -> None:
    _, code = await a_case(intake_database, unit)
    answers = [Satisfaction.SATISFIED, Satisfaction.DISSATISFIED] * 3
    rated = await asyncio.gather(
        *(do(assistance, RateResult(case_code=code, answer=each), Role.CITIZEN, seconds=30) for each in answers)
    )
    assert sorted(each["version"] for each in rated) == [1, 2, 3, 4, 5, 6]
    (rating,) = {each["rating_id"] for each in rated}
    assert await log.facts(UUID(rating)) == ["rating.recorded"] * 6
    view = await ask(assistance, SatisfactionSummary(unit=unit, first_day=DAY, last_day=DAY))
    assert view["rated"] == 1
    assert (
        await refused(assistance, RateResult(case_code=code, answer=answers[0]), Role.RECEIVING_OFFICER) == "forbidden"
    )


async def test_a_case_without_result_is_not_rated(intake_database: Database, assistance: Calls, unit: str) -> None:
    _, code = await a_case(intake_database, unit, "accepted")
    wish = RateResult(case_code=code, answer=Satisfaction.NEUTRAL)
    assert await refused(assistance, wish, Role.CITIZEN) == "no-result-yet"


def complaint(code: str | None = None, unit: str | None = None) -> FileComplaint:
    return FileComplaint(
        complaint_id=uuid7(),
        subject=ComplaintSubject.CASE if code else ComplaintSubject.CONDUCT,
        reason=FeedbackReason.ASKED_AGAIN if code else FeedbackReason.ATTITUDE,
        case_code=code,
        unit=unit,
        about_actor="can-bo-01",
    )


async def test_a_complaint_from_filing_to_its_end(
    intake_database: Database, assistance: Calls, unit: str, log: Log
) -> None:
    _, code = await a_case(intake_database, unit)
    wish = complaint(code)
    it = {"complaint_id": wish.complaint_id}
    await do(assistance, wish, Role.CITIZEN, "cong-dan-1")
    assert await refused(assistance, AcknowledgeComplaint(**it), actor="can-bo-01") == "conflict-of-interest"
    await do(assistance, AcknowledgeComplaint(**it), actor="can-bo-02", expected_version=1)
    (line,) = (await ask(assistance, Complaints(unit=unit), Role.CENTRE_HEAD))["complaints"]
    assert (line["state"], line["moves"], line["overdue"]) == ("acknowledged", ["answer-complaint"], False)
    await do(assistance, AnswerComplaint(outcome=ComplaintOutcome.UPHELD, **it), Role.LEADER)
    assert await refused(assistance, CloseComplaint(**it), Role.CITIZEN, "cong-dan-2") == "not-yours"
    await do(assistance, CloseComplaint(**it), Role.CITIZEN, "cong-dan-1")
    assert (await ask(assistance, Complaints(unit=unit)))["complaints"] == []
    facts = ["complaint.filed", "complaint.acknowledged", "complaint.answered", "complaint.closed"]
    assert await log.facts(wish.complaint_id) == facts


async def test_what_decision_766_takes_off_is_counted_once_for_each_case(
    intake_database: Database, assistance: Calls, unit: str
) -> None:
    _, both = await a_case(intake_database, unit)
    _, disliked = await a_case(intake_database, unit)
    _, withdrawn = await a_case(intake_database, unit)
    for code in (both, disliked):
        await do(assistance, RateResult(case_code=code, answer=Satisfaction.DISSATISFIED), Role.CITIZEN)
    wishes: Sequence[FileComplaint] = (complaint(both), complaint(withdrawn), complaint(unit=unit))
    for wish in wishes:
        await do(assistance, wish, Role.CITIZEN)
    await do(assistance, WithdrawComplaint(complaint_id=wishes[1].complaint_id), Role.CITIZEN)
    view = await ask(assistance, SatisfactionSummary(unit=unit, first_day=DAY, last_day=DAY))
    assert (view["cases_against"], view["complaints_without_case"]) == (2, 1)
    assert view["ratings"] == [{"answer": "dissatisfied", "ratings": 2}]
    assert Counter((each["subject"], each["state"]) for each in view["complaints"]) == {
        ("case", "filed"): 1,
        ("case", "withdrawn"): 1,
        ("conduct", "filed"): 1,
    }


async def test_pages_of_complaints(assistance: Calls, unit: str) -> None:
    filed = [complaint(unit=unit) for _ in range(3)]
    for wish in filed:
        await do(assistance, wish, Role.VOLUNTEER)

    async def pages() -> AsyncIterator[Iterator[str]]:
        after: UUID | None = None
        while True:
            page = await ask(assistance, Complaints(unit=unit, after=after, limit=2))
            yield (each["complaint_id"] for each in page["complaints"])
            if "next" not in page:
                return
            after = UUID(page["next"])

    seen = [each async for page in pages() for each in page]
    assert sorted(seen) == sorted(str(wish.complaint_id) for wish in filed)


async def test_what_is_said_about_a_case_stands_in_its_chain(
    intake_database: Database, assistance: Calls, unit: str, log: Log
) -> None:
    case, code = await a_case(intake_database, unit)
    rated = await do(assistance, RateResult(case_code=code, answer=Satisfaction.NEUTRAL), Role.CITIZEN, "cong-dan-1")
    wish = complaint(code)
    it = {"complaint_id": wish.complaint_id}
    await do(assistance, wish, Role.CITIZEN, "cong-dan-1")
    await do(assistance, AcknowledgeComplaint(**it), actor="can-bo-02")
    assert await refused(assistance, CloseComplaint(**it), Role.CITIZEN, "cong-dan-1") == "wrong-state"
    await do(assistance, AnswerComplaint(outcome=ComplaintOutcome.NOT_UPHELD, **it), Role.LEADER, "lanh-dao-01")
    await do(assistance, CloseComplaint(**it), Role.CITIZEN, "cong-dan-1")
    entries = await chain(intake_database, case)
    told = f"complaint {wish.complaint_id}: "
    assert [(each.action, each.actor, each.reason) for each in entries] == [
        ("rate-result", "cong-dan-1", f"rating {rated['rating_id']}: neutral"),
        ("file-complaint", "cong-dan-1", told + "filed"),
        ("acknowledge-complaint", "can-bo-02", told + "acknowledged"),
        ("answer-complaint", "lanh-dao-01", told + "answered"),
        ("close-complaint", "cong-dan-1", told + "closed"),
    ]
    assert {(each.from_version, each.to_version, each.events) for each in entries} == {(3, 3, 0)}
    assert entries[0].digest == await log.digest(UUID(rated["rating_id"]), 1)
    assert [each.digest for each in entries[1:]] == [await log.digest(wish.complaint_id, n) for n in range(1, 5)]
    assert "can-bo-01" not in str(entries), "whom it is about stays with the complaint"


async def test_a_complaint_about_no_case_has_a_chain_of_its_own(
    intake_database: Database, assistance: Calls, unit: str
) -> None:
    wish = complaint(unit=unit)
    await do(assistance, wish, Role.CITIZEN, "cong-dan-3")
    (entry,) = await chain(intake_database, wish.complaint_id)
    assert (entry.action, entry.actor, entry.to_state) == ("file-complaint", "cong-dan-3", "complaints")
    by = await intake_database.pool.fetchval("select filed_by from complaints where id = $1", wish.complaint_id)
    assert by == "cong-dan-3"


async def test_many_complain_of_and_rate_one_case_at_once(
    intake_database: Database, assistance: Calls, unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new row that refers to a case locks a part of it: whoever then wanted the whole would deadlock with others."""
    failures: list[BaseException] = []

    def noted(error: BaseException) -> Fault:
        failures.append(error)
        return fault_of(error)

    monkeypatch.setattr("services.chassis.calls.fault_of", noted)
    case, code = await a_case(intake_database, unit)
    filed = [complaint(code) for _ in range(10)]
    rates = [RateResult(case_code=code, answer=Satisfaction.SATISFIED) for _ in range(10)]
    both = [each for pair in zip(filed, rates, strict=True) for each in pair]
    await asyncio.gather(*(do(assistance, each, Role.CITIZEN, "cong-dan-1", seconds=60) for each in both))
    steps: list[WithdrawComplaint | AcknowledgeComplaint] = [
        WithdrawComplaint(complaint_id=each.complaint_id) for each in filed[:5]
    ]
    steps += [AcknowledgeComplaint(complaint_id=each.complaint_id) for each in filed[5:]]
    who = {WithdrawComplaint: (Role.CITIZEN, "cong-dan-1"), AcknowledgeComplaint: (Role.SPECIALIST, "can-bo-03")}
    await asyncio.gather(*(do(assistance, each, *who[type(each)], seconds=60) for each in steps))
    assert failures == [], "nothing had to be tried again"
    assert Counter(each.action for each in await chain(intake_database, case)) == {
        "file-complaint": 10,
        "rate-result": 10,
        "withdraw-complaint": 5,
        "acknowledge-complaint": 5,
    }
