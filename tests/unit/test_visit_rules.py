"""Visits: what may be told of them, who may change it, and that a case counts once."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.envelope import Actor
from contracts.intake.assistance import (
    INDICATORS,
    AgeBand,
    Indicator,
    Need,
    NotDoneReason,
    TaskGroup,
    VisitOutcome,
)
from contracts.intake.commands.visits import IndicatorCount, RecordVisit, VisitContent, What, Whom
from contracts.refusals import Refused
from contracts.roles import Role
from services.intake.domain import visits
from services.intake.domain.visits import Recorder, Visit
from services.intake.limits import limits
from services.worktime.clock import ZONE

NOW = datetime(2025, 7, 2, 16, tzinfo=ZONE)
LIMITS = limits().visits
CASE, OTHER_CASE = UUID(int=1), UUID(int=2)
ONLINE = IndicatorCount(indicator=Indicator.ONLINE_CASES_SUPPORTED)
VOLUNTEER = Actor(id="tnv-01", role=Role.VOLUNTEER)


def told(**changes: Any) -> VisitContent:
    return VisitContent(**{"whom": Whom(), "what": What(counts=(ONLINE,))} | changes)


def record(case: UUID | None = None, actor: Actor = VOLUNTEER, **changes: Any) -> Visit:
    return visits.record(uuid4(), Recorder(actor, NOW, "31570", "92", None), told(**changes), case, LIMITS)


def code_of(refused: pytest.ExceptionInfo[Refused]) -> tuple[str, str | None]:
    return refused.value.refusal.code, refused.value.refusal.field


def test_two_taps_are_enough() -> None:
    wish = RecordVisit(visit_id=uuid4(), unit="31570", whom=Whom(), what=What(counts=(ONLINE,)))
    visit = visits.record(wish.visit_id, Recorder(VOLUNTEER, NOW, "31570", "92", None), wish, None, LIMITS)
    assert (visit.at, visit.minutes, visit.outcome, visit.group) == (
        NOW,
        15,
        VisitOutcome.DONE,
        TaskGroup.ONLINE_SERVICES,
    )


def test_there_are_eleven_indicators_each_with_its_names_and_source() -> None:
    assert len(Indicator) == 11
    assert set(INDICATORS) == set(Indicator)
    assert {meaning.source for meaning in INDICATORS.values()} == {"read", "inferred"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"whom": Whom(language="khm")}, "whom.language"),
        ({"whom": Whom(needs=(Need.DISABLED, Need.DISABLED))}, "whom.needs"),
        ({"whom": Whom(age_band=AgeBand.FROM_18_TO_59, needs=(Need.ELDERLY,))}, "whom.age_band"),
        ({"what": What()}, "what"),
        ({"what": What(counts=(ONLINE, ONLINE))}, "what.counts"),
        ({"outcome": VisitOutcome.NOT_DONE, "what": What(group=TaskGroup.DIGITAL_SKILLS)}, "reason"),
        ({"reason": NotDoneReason.SYSTEM_DOWN}, "reason"),
        ({"outcome": VisitOutcome.NOT_DONE, "reason": NotDoneReason.SYSTEM_DOWN}, "what.counts"),
        ({"what": What(counts=(ONLINE.model_copy(update={"amount": 2}),)), "case": CASE}, "what.counts"),
    ],
)
def test_what_cannot_be_is_refused_at_its_place(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        record(**changes)
    assert code_of(refused) == ("invalid", field)


@pytest.mark.parametrize("at", [NOW + timedelta(seconds=1), NOW - timedelta(days=LIMITS.days_back, seconds=1)])
def test_a_visit_is_neither_in_the_future_nor_long_ago(at: datetime) -> None:
    with pytest.raises(Refused) as refused:
        record(at=at)
    assert code_of(refused) == ("impossible-time", "at")


@pytest.mark.parametrize("minutes", [0, 481])
def test_minutes_have_limits(minutes: int) -> None:
    with pytest.raises(ValidationError):
        told(minutes=minutes)


@pytest.mark.parametrize("named", [{"case_id": CASE}, {"case_code": "H13.57-250701-0005"}])
def test_a_minor_records_visits_and_names_no_case(named: dict[str, Any]) -> None:
    minor = Actor(id="tnv-02", role=Role.MINOR_VOLUNTEER)
    assert record(actor=minor).recorded_by == "tnv-02"
    with pytest.raises(Refused) as refused:
        record(actor=minor, **named)
    assert code_of(refused) == ("minor-no-case", next(iter(named)))


SAME_DAY, NEXT_DAY = NOW + timedelta(hours=7, minutes=59), NOW + timedelta(hours=8)


@pytest.mark.parametrize(
    ("actor", "at", "code"),
    [
        (VOLUNTEER, SAME_DAY, None),
        (VOLUNTEER, NEXT_DAY, "too-late-to-change"),
        (Actor(id="tnv-03", role=Role.VOLUNTEER), SAME_DAY, "not-yours"),
        (Actor(id="can-bo-01", role=Role.RECEIVING_OFFICER), SAME_DAY, "not-yours"),
        (Actor(id="doi-truong-01", role=Role.LEAD), NEXT_DAY, None),
        (Actor(id="giam-doc-01", role=Role.CENTRE_HEAD), NEXT_DAY, None),
    ],
)
def test_who_may_change_a_visit_and_when(actor: Actor, at: datetime, code: str | None) -> None:
    visit = record()
    if code is None:
        assert visits.amend(visit, actor, told(minutes=40), None, at, LIMITS).minutes == 40
        assert visits.revoke(visit, actor, at).revoked_at == at
        return
    with pytest.raises(Refused) as refused:
        visits.amend(visit, actor, told(), None, at, LIMITS)
    assert refused.value.refusal.code == code
    with pytest.raises(Refused) as refused:
        visits.revoke(visit, actor, at)
    assert refused.value.refusal.code == code


def test_what_was_revoked_stays_so() -> None:
    gone = visits.revoke(record(), VOLUNTEER, NOW)
    with pytest.raises(Refused) as refused:
        visits.amend(gone, VOLUNTEER, told(), None, NOW, LIMITS)
    assert refused.value.refusal.code == "wrong-state"


Act = tuple[str, int, UUID | None]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["record", "amend", "revoke"]), st.integers(0, 5), st.sampled_from([None, CASE, OTHER_CASE])
        ),
        max_size=25,
    )
)
def test_of_the_visits_to_a_case_exactly_one_counts_it(acts: list[Act]) -> None:
    """Whatever is recorded, amended and revoked; and versions rise by one with each change."""
    known: dict[UUID, Visit] = {}
    for act, which, case in acts:
        alive = [each for each in known.values() if each.revoked_at is None]
        if act == "record" or not alive:
            after = record(case)
        elif act == "amend":
            after = visits.amend(alive[which % len(alive)], VOLUNTEER, told(), case, NOW, LIMITS)
        else:
            after = visits.revoke(alive[which % len(alive)], VOLUNTEER, NOW)
        after, changed = visits.settle(after, [each for each in known.values() if each.id != after.id])
        for each in (after, *changed):
            assert each.version == known[each.id].version + 1 if each.id in known else each.version == 1
            known[each.id] = each
        for wanted in (CASE, OTHER_CASE):
            to_it = [each for each in known.values() if each.case_id == wanted and each.revoked_at is None]
            assert sum(each.counts_case for each in to_it) == bool(to_it)
        assert not any(each.counts_case for each in known.values() if each.revoked_at is not None)


def test_what_an_amendment_told_otherwise_is_told_by_name() -> None:
    before = record(CASE)
    whom = Whom(age_band=AgeBand.FROM_75)
    wish = told().model_copy(update={"whom": whom, "minutes": 45})
    after = visits.amend(before, VOLUNTEER, wish, OTHER_CASE, NOW, LIMITS)
    assert visits.changed_fields(before, after) == ["case_id", "age_band", "minutes"]
    assert visits.changed_fields(before, before) == []


def test_a_visit_that_supported_no_case_online_does_not_take_the_count() -> None:
    looked_up = record(CASE, what=What(counts=(IndicatorCount(indicator=Indicator.RESULTS_LOOKED_UP),)))
    visit, changed = visits.settle(record(CASE), [looked_up])
    assert (visit.counts_case, changed) == (True, [])


def test_the_event_does_not_tell_which_case() -> None:
    fact = visits.recorded(replace(record(CASE), needs=(Need.DISABLED,)))
    assert fact.led_to_case
    assert str(CASE) not in fact.model_dump_json()
