"""What a new calendar does to each kind of limit: which move, which stay, and what is said of those that had passed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import Actor
from contracts.intake.catalogue import ReferenceKind
from contracts.intake.commands.feedback import FileComplaint
from contracts.intake.events.cases import DeadlineMoved, LimitMoved
from contracts.intake.feedback import ComplaintState, ComplaintSubject, FeedbackReason
from contracts.intake.lifecycle import ENDED
from contracts.intake.vocabulary import CaseState, Channel, LimitKind, Outcome
from contracts.roles import Role
from services.intake.domain import feedback, moves
from services.intake.domain.cases import Case
from services.intake.domain.feedback import Complaint
from services.intake.domain.recompute import Change, recomputed, recomputed_complaint
from services.intake.limits import limits
from services.intake.reference import Reference, shipped
from services.worktime.clock import ZONE

CODE = "H13.57-260302-0001"
WHY = "Thiếu giấy tờ."
OLD = Reference.shipped()
RUN = UUID(int=9)


def at(day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ZONE)


NOW, MONDAY, TUESDAY, WEDNESDAY = at(31), at(2), at(3), at(4)


def with_day(line: str) -> Reference:
    """The shipped reference data with one more line of `days.csv`."""
    contents = {kind: shipped(kind) for kind in ReferenceKind}
    return Reference.of(contents | {ReferenceKind.DAYS: contents[ReferenceKind.DAYS] + line + "\n"})


FRIDAY_OFF = with_day("2026-03-06,off,local,,Nghỉ,Off,test")
MONDAY_OFF = with_day("2026-03-09,off,local,,Nghỉ,Off,test")
SATURDAY_WORKED = with_day("2026-03-07,worked,swapped,2026-03-06,Làm bù,Worked,test")


def change(published: datetime = TUESDAY) -> Change:
    return Change(RUN, "Lịch mới", "A new calendar", published, NOW)


def submitted(when: datetime = MONDAY, channel: Channel = Channel.DIRECT) -> Case:
    case = OLD.new_case(UUID(int=7), "31570", "31570", "1.004222", channel, when)
    return moves.submit(case, OLD.terms_of(case, when), NOW)


def accepted(when: datetime = MONDAY) -> Case:
    case = submitted(when)
    return moves.accept(case, OLD.terms_of(case, when), CODE, when, NOW)


def supplement_requested(when: datetime, before: Case | None = None) -> Case:
    case = before or accepted(when)
    return moves.request_supplement(case, OLD.terms_of(case, when), WHY, when, NOW, lawful=False)


def reported(when: datetime) -> Case:
    case = moves.complete(accepted(), Outcome.GRANTED, "", at(3), NOW)
    return moves.report_error(case, OLD.terms_of(case, when), WHY, when, NOW)


def loaded(case: Case) -> Case:
    """As it comes from the database."""
    return replace(case, news=())


def test_the_due_instant_of_an_accepted_case_moves_and_the_next_step_with_it() -> None:
    case = loaded(accepted())
    after = recomputed(case, FRIDAY_OFF, change())
    assert after is not None
    assert (case.due_at, after.due_at, after.act_by) == (at(11, 17), at(12, 17), at(12, 17))
    (fact,) = after.news
    assert isinstance(fact, DeadlineMoved)
    assert (fact.old_due_at, fact.due_at, fact.was_overdue) == (at(11, 17), at(12, 17), False)
    assert (fact.reason_vi, fact.reason_en, fact.recompute, fact.moved_at) == ("Lịch mới", "A new calendar", RUN, NOW)
    assert fact.calendar_version == after.calendar_version == FRIDAY_OFF.calendar.version != case.calendar_version
    assert recomputed(loaded(after), FRIDAY_OFF, change()) is None


def limit_moved(case: Case, reference: Reference, published: datetime = TUESDAY) -> tuple[Case, LimitMoved]:
    after = recomputed(loaded(case), reference, change(published))
    assert after is not None
    fact = after.news[-1]
    assert isinstance(fact, LimitMoved)
    assert (fact.old_by, fact.by) == (case.act_by, after.act_by)
    assert (fact.reason_vi, fact.recompute, fact.calendar_version) == ("Lịch mới", RUN, reference.calendar.version)
    assert after.version == case.version + len(after.news)
    return after, fact


def test_the_eight_working_hours_of_an_online_case() -> None:
    case = submitted(at(5, 14), Channel.ONLINE)
    after, fact = limit_moved(case, FRIDAY_OFF, at(5, 15))
    assert (fact.limit, fact.was_overdue, after.due_at) == (LimitKind.ACCEPTANCE, False, None)
    assert after.act_by == (case.act_by or NOW) + timedelta(days=3)  # Friday's hours are Monday's now
    assert recomputed(loaded(submitted(at(5, 14))), FRIDAY_OFF, change()) is None  # at the counter there is no limit


def test_the_citizens_fifteen_days_move_to_a_later_instant_only() -> None:
    case = supplement_requested(datetime(2026, 2, 19, 9, tzinfo=ZONE))
    assert case.act_by == at(6, 17)
    after, fact = limit_moved(case, FRIDAY_OFF)
    assert fact.limit is LimitKind.SUPPLEMENT
    assert after.act_by == after.waits[-1].by == at(9, 17)
    assert recomputed(loaded(after), OLD, change()) is None  # nothing is taken from the citizen


def test_while_a_supplement_is_awaited_the_result_is_never_overdue_and_the_step_stays_the_citizens() -> None:
    case = supplement_requested(at(2))
    after = recomputed(loaded(case), FRIDAY_OFF, change(NOW))
    assert after is not None
    (fact,) = after.news
    assert isinstance(fact, DeadlineMoved)
    assert (fact.due_at, fact.was_overdue) == (at(12, 17), False)
    assert after.act_by == case.act_by == at(17, 17)


def test_an_earlier_supplement_that_awaits_acceptance_has_its_limit_too() -> None:
    start = datetime(2026, 2, 19, 9, tzinfo=ZONE)
    case = supplement_requested(start, submitted(start))
    after, fact = limit_moved(case, FRIDAY_OFF)
    assert (fact.limit, after.act_by, len(after.news)) == (LimitKind.SUPPLEMENT, at(9, 17), 1)


def test_the_three_working_days_of_a_correction() -> None:
    case = reported(at(4))
    after, fact = limit_moved(case, FRIDAY_OFF)
    assert (fact.limit, fact.old_by, fact.by) == (LimitKind.CORRECTION, at(9, 17), at(10, 17))
    assert after.waits[-1].by == at(10, 17)
    assert after.due_at == case.due_at  # the result was decided: by what date it was early or late stands


def test_a_day_that_is_worked_after_all_brings_the_offices_limits_forward() -> None:
    case = loaded(accepted())
    after = recomputed(case, SATURDAY_WORKED, change())
    assert after is not None
    assert (case.due_at, after.due_at) == (at(11, 17), at(10, 17))


@pytest.mark.parametrize(("published", "was_overdue"), [(at(11, 17), False), (at(11, 17, 1), True)])
def test_a_limit_that_had_passed_when_the_calendar_was_published_moves_and_says_so(
    published: datetime, was_overdue: bool
) -> None:
    after = recomputed(loaded(accepted()), FRIDAY_OFF, change(published))
    assert after is not None
    assert [each.was_overdue for each in after.news if isinstance(each, DeadlineMoved)] == [was_overdue]


@given(st.dates(date(2026, 3, 3), date(2026, 4, 24)), st.sampled_from([MONDAY, NOW]))
def test_no_day_behind_a_limit_moves_it(day: date, published: datetime) -> None:
    """Nobody becomes punctual by what is published about the days after the limit."""
    case = loaded(accepted())
    assert case.due_at is not None
    after = recomputed(case, with_day(f"{day},off,local,,Nghỉ,Off,test"), change(published))
    assert (after is not None) == (OLD.calendar.is_working_day(day) and day <= case.due_at.date())


def test_what_has_ended_or_was_promised_stays() -> None:
    case = accepted()
    assert case.due_at is not None
    promised = moves.extend(case, OLD.terms_of(case, at(2)), at(16, 17), WHY, at(3), NOW)
    assert recomputed(loaded(promised), FRIDAY_OFF, change()) is None
    for state in ENDED:
        ended = loaded(replace(case, state=state, act_by=None))
        assert recomputed(ended, FRIDAY_OFF, change()) is None
    gone = loaded(replace(case, procedure="9.999999"))
    assert recomputed(gone, FRIDAY_OFF, change()) is None


def test_a_clock_that_started_anew_after_an_extension_moves_again() -> None:
    """The new date was for the old clock; the supplement started another (Art 19.5)."""
    case = accepted()
    case = moves.extend(case, OLD.terms_of(case, at(2)), at(16, 17), WHY, at(3), NOW)
    case = supplement_requested(at(4), case)
    case = moves.complete_supplement(case, OLD.terms_of(case, at(5)), at(5), NOW)
    after = recomputed(loaded(case), FRIDAY_OFF, change())
    assert after is not None
    assert (case.due_at, after.due_at) == (at(16, 17), at(17, 17))


def filed(when: datetime = WEDNESDAY) -> Complaint:
    wish = FileComplaint(
        complaint_id=UUID(int=3), subject=ComplaintSubject.CONDUCT, reason=FeedbackReason.SLOW, unit="31570"
    )
    citizen = Actor(id="cong-dan-1", role=Role.CITIZEN)
    return feedback.file(wish, citizen, ("31570", "92"), None, OLD.calendar, when, limits().complaints)[0]


def test_both_limits_of_a_complaint_move_each_with_its_event() -> None:
    complaint = filed()
    after, facts = recomputed_complaint(complaint, FRIDAY_OFF.calendar, change(at(7)))
    assert (complaint.acknowledge_by, after.acknowledge_by) == (at(6, 17), at(9, 17))
    assert (complaint.answer_by, after.answer_by) == (at(18, 17), at(19, 17))
    assert [(each.limit, each.old_by, each.by, each.was_overdue) for each in facts] == [
        (LimitKind.ACKNOWLEDGEMENT, at(6, 17), at(9, 17), True),
        (LimitKind.ANSWER, at(18, 17), at(19, 17), False),
    ]
    assert after.version == complaint.version + 2
    assert recomputed_complaint(after, FRIDAY_OFF.calendar, change()) == (after, ())


def test_a_complaint_keeps_the_days_it_was_given_and_what_was_kept_already() -> None:
    read = replace(filed(), state=ComplaintState.ACKNOWLEDGED, answer_days=3, answer_by=at(9, 17))
    after, facts = recomputed_complaint(read, FRIDAY_OFF.calendar, change())
    assert [each.limit for each in facts] == [LimitKind.ANSWER]
    assert (after.acknowledge_by, after.answer_by) == (read.acknowledge_by, at(10, 17))


def test_states_of_a_case_that_ask_for_nothing_have_no_limit_left() -> None:
    case = moves.complete(accepted(), Outcome.GRANTED, "", at(3), NOW)
    assert (case.state, case.act_by) == (CaseState.COMPLETED, None)
    assert recomputed(loaded(case), MONDAY_OFF, change()) is None
