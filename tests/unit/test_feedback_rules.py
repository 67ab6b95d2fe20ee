"""Ratings and complaints: a complaint moves as its table says, by whom it says."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from contracts.envelope import Actor
from contracts.intake.commands.feedback import FileComplaint, RateResult
from contracts.intake.feedback import (
    COMPLAINT_MOVE,
    COMPLAINT_MOVES,
    ComplaintOutcome,
    ComplaintState,
    ComplaintSubject,
    FeedbackReason,
    Satisfaction,
    complaint_moves_from,
)
from contracts.intake.refusals import AssistanceRefusal
from contracts.refusals import Refused
from contracts.roles import Role
from contracts.topology import TOPOLOGY
from services.intake.domain import feedback
from services.intake.domain.feedback import Complaint, Rating, Step
from services.intake.domain.linked import LinkedCase
from services.intake.limits import limits
from services.intake.reference import Reference
from services.worktime.clock import ZONE

FRIDAY = datetime(2025, 8, 29, 16, 20, tzinfo=ZONE)
CALENDAR = Reference.shipped().calendar
LIMITS = limits()
CITIZEN = Actor(id="cong-dan-1", role=Role.CITIZEN)
HEAD = Actor(id="giam-doc-01", role=Role.CENTRE_HEAD)
CASE = LinkedCase(UUID(int=1), "31570", "31570", "92", "2.000815", "chung-thuc", "completed")
ABOUT_CONDUCT = FileComplaint(
    complaint_id=UUID(int=7),
    subject=ComplaintSubject.CONDUCT,
    reason=FeedbackReason.ATTITUDE,
    unit="31570",
    about_actor="can-bo-01",
)


def filed(wish: FileComplaint = ABOUT_CONDUCT, case: LinkedCase | None = None) -> Complaint:
    return feedback.file(wish, CITIZEN, ("31570", "92"), case, CALENDAR, FRIDAY, LIMITS.complaints)[0]


MOVES: dict[str, Callable[[Complaint, Actor], Step]] = {
    "acknowledge-complaint": lambda complaint, actor: feedback.acknowledge(complaint, actor, FRIDAY),
    "answer-complaint": lambda complaint, actor: feedback.answer(complaint, actor, ComplaintOutcome.UPHELD, FRIDAY),
    "close-complaint": lambda complaint, actor: feedback.close(complaint, actor, FRIDAY),
    "withdraw-complaint": lambda complaint, actor: feedback.withdraw(complaint, actor, FRIDAY),
}
_S = ComplaintState
ALLOWED = {
    (_S.FILED, "acknowledge-complaint"): _S.ACKNOWLEDGED,
    (_S.FILED, "withdraw-complaint"): _S.WITHDRAWN,
    (_S.ACKNOWLEDGED, "answer-complaint"): _S.ANSWERED,
    (_S.ACKNOWLEDGED, "withdraw-complaint"): _S.WITHDRAWN,
    (_S.ANSWERED, "close-complaint"): _S.CLOSED,
}
"""Written out once more, so that a slip in the table of the contracts is a failing test."""


def in_state(state: ComplaintState) -> Complaint:
    answered = state in {_S.ANSWERED, _S.CLOSED}
    return replace(filed(), state=state, version=3, outcome=ComplaintOutcome.UPHELD if answered else None)


@pytest.mark.parametrize("verb", MOVES)
@pytest.mark.parametrize("state", ComplaintState)
def test_a_complaint_in_every_state_against_every_command(state: ComplaintState, verb: str) -> None:
    actor = CITIZEN if Role.CITIZEN in COMPLAINT_MOVE[verb].movers else HEAD
    if (state, verb) not in ALLOWED:
        with pytest.raises(Refused) as refused:
            MOVES[verb](in_state(state), actor)
        assert refused.value.refusal.code == "wrong-state"
        return
    after, fact = MOVES[verb](in_state(state), actor)
    assert after.state is ALLOWED[state, verb]
    assert after.version == 4
    assert fact.complaint_id == after.id


def test_who_may_send_a_command_is_what_the_table_says() -> None:
    by_verb = {spec.verb: spec for spec in TOPOLOGY.calls_of("intake")}
    for each in COMPLAINT_MOVES:
        assert by_verb[each.verb].roles == each.movers
    assert set(MOVES) | {"file-complaint"} == {each.verb for each in COMPLAINT_MOVES}


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.LEAD, Role.MINOR_VOLUNTEER])
def test_volunteers_deal_with_no_complaint(role: Role) -> None:
    assert all(complaint_moves_from(state, role) == () for state in ComplaintState)


@pytest.mark.parametrize(
    ("state", "verb"),
    [
        (_S.FILED, "acknowledge-complaint"),
        (_S.ACKNOWLEDGED, "answer-complaint"),
        (_S.ANSWERED, "close-complaint"),
    ],
)
def test_whom_a_complaint_is_about_does_not_deal_with_it(state: ComplaintState, verb: str) -> None:
    with pytest.raises(Refused) as refused:
        MOVES[verb](in_state(state), Actor(id="can-bo-01", role=Role.CENTRE_HEAD))
    assert refused.value.refusal.code == AssistanceRefusal.CONFLICT_OF_INTEREST


@pytest.mark.parametrize(("state", "verb"), [(_S.FILED, "withdraw-complaint"), (_S.ANSWERED, "close-complaint")])
def test_another_citizen_ends_no_complaint(state: ComplaintState, verb: str) -> None:
    with pytest.raises(Refused) as refused:
        MOVES[verb](in_state(state), Actor(id="cong-dan-2", role=Role.CITIZEN))
    assert refused.value.refusal.code == AssistanceRefusal.NOT_YOURS


def test_limits_end_at_the_close_of_a_working_day_across_the_national_day() -> None:
    """Filed on Friday 29 August 2025; 1 and 2 September are off."""
    complaint = filed()
    assert complaint.acknowledge_by == datetime(2025, 9, 4, 17, tzinfo=ZONE)
    assert complaint.answer_by == datetime(2025, 9, 16, 17, tzinfo=ZONE)
    assert not complaint.overdue(complaint.acknowledge_by)
    assert complaint.overdue(complaint.acknowledge_by + timedelta(seconds=1))


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": ComplaintSubject.CASE},
        {"subject": ComplaintSubject.CASE, "case_code": "H13.57-250701-0005"},
        {"unit": None},
        {"case_code": "H13.57-250701-0005"},
    ],
)
def test_a_complaint_says_what_it_is_about_in_one_way(changes: dict[str, object]) -> None:
    with pytest.raises(Refused) as refused:
        feedback.check_wish(ABOUT_CONDUCT.model_copy(update=changes))
    assert refused.value.refusal.code == "invalid"


def test_whom_it_is_about_is_in_no_event() -> None:
    complaint, fact = feedback.file(ABOUT_CONDUCT, CITIZEN, ("31570", "92"), None, CALENDAR, FRIDAY, LIMITS.complaints)
    assert complaint.about_actor == "can-bo-01"
    assert not {"can-bo-01", CITIZEN.id} & set(fact.model_dump().values())


def rate(before: Rating | None = None, at: datetime = FRIDAY, state: str = "completed", **changes: object) -> Rating:
    wish = RateResult(case_code="H13.57-250701-0005", answer=Satisfaction.DISSATISFIED).model_copy(update=changes)
    return feedback.rate(UUID(int=9), replace(CASE, state=state), before, wish, at, LIMITS.ratings)


@pytest.mark.parametrize("state", ["submitted", "accepted", "in_progress", "declined", "withdrawn", "stopped"])
def test_only_a_result_is_rated(state: str) -> None:
    with pytest.raises(Refused) as refused:
        rate(state=state)
    assert refused.value.refusal.code == AssistanceRefusal.NO_RESULT_YET


def test_a_rating_changes_for_seven_days_from_the_first() -> None:
    first = rate(state="returned")
    second = rate(first, FRIDAY + timedelta(days=7), answer=Satisfaction.SATISFIED)
    assert (second.version, second.answer, second.rated_at) == (2, Satisfaction.SATISFIED, FRIDAY)
    with pytest.raises(Refused) as refused:
        rate(second, FRIDAY + timedelta(days=7, seconds=1))
    assert refused.value.refusal.code == AssistanceRefusal.TOO_LATE_TO_CHANGE


def test_a_reason_goes_with_dissatisfaction_only() -> None:
    assert rate(reason=FeedbackReason.SLOW).reason is FeedbackReason.SLOW
    with pytest.raises(Refused) as refused:
        rate(answer=Satisfaction.NEUTRAL, reason=FeedbackReason.SLOW)
    assert (refused.value.refusal.code, refused.value.refusal.field) == ("invalid", "reason")


def test_no_officer_rates() -> None:
    roles = {spec.verb: spec.roles for spec in TOPOLOGY.calls_of("intake")}["rate-result"]
    assert roles == {Role.CITIZEN, Role.VOLUNTEER}
