"""The life of a case: every state against every move, then what each condition asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from contracts.intake.lifecycle import CONDITIONS, ENDED, MOVE, MOVES, OPEN, Condition, Move, Target, moves_from
from contracts.intake.refusals import IntakeRefusal
from contracts.intake.vocabulary import CaseState, Channel, IntervalKind, Outcome, StopCause
from contracts.refusals import Refused
from contracts.roles import Role
from contracts.topology import TOPOLOGY
from services.intake.domain import clock, moves
from services.intake.domain.cases import Case
from services.intake.reference import Reference
from services.worktime.clock import ZONE

REFERENCE = Reference.shipped()
CODE = "H13.57-250701-0001"
NOW = datetime(2025, 12, 1, 9, tzinfo=ZONE)
DAY = timedelta(days=1)
WHY = "Thiếu giấy tờ."


def at(day: int, hour: int = 8, minute: int = 0, month: int = 7) -> datetime:
    return datetime(2025, month, day, hour, minute, tzinfo=ZONE)


def terms(procedure: str = "1.004222"):  # type: ignore[no-untyped-def]
    return REFERENCE.terms(procedure, "31570", REFERENCE.rules.on(at(1).date()), at(1).date())


def submitted(procedure: str = "1.004222", channel: Channel = Channel.DIRECT) -> Case:
    case = REFERENCE.new_case(UUID(int=7), "31570", "31570", procedure, channel, at(1))
    return moves.submit(case, terms(procedure), NOW)


def accepted(procedure: str = "1.004222", when: datetime | None = None) -> Case:
    return moves.accept(submitted(procedure), terms(procedure), CODE, when or at(1, 9), NOW)


def in_progress(procedure: str = "1.004222") -> Case:
    return moves.start(accepted(procedure), at(1, 10), NOW)


def supplement_requested() -> Case:
    return moves.request_supplement(in_progress(), terms(), WHY, at(2), NOW)


def awaiting_payment(procedure: str = "1.004222") -> Case:
    return moves.request_payment(in_progress(procedure), 250_000, WHY, at(2), NOW)


def completed() -> Case:
    return moves.complete(in_progress(), Outcome.GRANTED, "", at(3), NOW)


IN_STATE: dict[CaseState, Callable[[], Case]] = {
    CaseState.SUBMITTED: submitted,
    CaseState.ACCEPTED: accepted,
    CaseState.DECLINED: lambda: moves.decline(submitted(), WHY, at(1, 9), NOW),
    CaseState.IN_PROGRESS: in_progress,
    CaseState.SUPPLEMENT_REQUESTED: supplement_requested,
    CaseState.AWAITING_PAYMENT: awaiting_payment,
    CaseState.WITHDRAWN: lambda: moves.withdraw(in_progress(), at(2), NOW),
    CaseState.STOPPED: lambda: moves.stop(in_progress(), StopCause.OTHER, WHY, at(2), NOW),
    CaseState.COMPLETED: completed,
    CaseState.RETURNED: lambda: moves.hand_over(completed(), at(4), NOW),
}

STOPPED_AT = at(30)  # beyond the citizen's 15 days where a supplement is awaited
TAKE: dict[str, Callable[[Case], Case]] = {
    "accept-case": lambda case: moves.accept(case, terms(), CODE, at(3), NOW),
    "decline-case": lambda case: moves.decline(case, WHY, at(3), NOW),
    "start-case": lambda case: moves.start(case, at(3), NOW),
    "request-supplement": lambda case: moves.request_supplement(case, terms(), WHY, at(3), NOW),
    "complete-supplement": lambda case: moves.complete_supplement(case, terms(), at(7), NOW),
    "request-payment": lambda case: moves.request_payment(case, 250_000, WHY, at(3), NOW),
    "record-payment": lambda case: moves.record_payment(case, terms(), 250_000, at(3), NOW),
    "extend-case": lambda case: moves.extend(case, terms(), at(25), WHY, at(3), NOW),
    "withdraw-case": lambda case: moves.withdraw(case, at(3), NOW),
    "stop-case": lambda case: moves.stop(case, _cause(case), WHY, STOPPED_AT, NOW),
    "amend-case": lambda case: moves.amend(
        case, terms("1.004194"), WHY, NOW, procedure="1.004194", field="cu-tru", channel=case.channel
    ),
    "complete-case": lambda case: moves.complete(case, Outcome.GRANTED, "", at(3), NOW),
    "return-case": lambda case: moves.hand_over(case, at(4), NOW),
    "report-error": lambda case: moves.report_error(case, terms(), WHY, at(5), NOW),
    "correct-result": lambda case: moves.correct_result(case, at(6), NOW),
}
CREATING = {"submit-case", "serve-case"}


def _cause(case: Case) -> StopCause:
    awaited = case.state is CaseState.SUPPLEMENT_REQUESTED
    return StopCause.SUPPLEMENT_NOT_COMPLETED if awaited else StopCause.OTHER


def code_of(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.refusal.code


@pytest.mark.parametrize("state", CaseState)
@pytest.mark.parametrize("verb", TAKE)
def test_every_state_against_every_move(state: CaseState, verb: str) -> None:
    case, row = IN_STATE[state](), MOVE[verb]
    assert case.state is state
    if state not in row.sources:
        with pytest.raises(Refused) as refused:
            TAKE[verb](case)
        assert code_of(refused) == "wrong-state"
    elif verb == "correct-result":  # no error was reported
        with pytest.raises(Refused) as refused:
            TAKE[verb](case)
        assert code_of(refused) == "no-correction"
    else:
        after = TAKE[verb](case)
        assert after.version == case.version + 1 == len(after.news)
        leads: dict[object, CaseState | None] = {Target.STAYS: state, Target.WHERE_IT_CAME_FROM: case.resumes}
        assert after.state is leads.get(row.target, CaseState(row.target) if row.target in set(CaseState) else None)
        assert (after.due_at != case.due_at) <= row.moves_clock


def test_the_table_is_whole() -> None:
    assert {move.verb for move in MOVES} == set(TAKE) | CREATING == set(MOVE)
    assert {state for move in MOVES for state in move.sources} | ENDED == set(CaseState)
    assert set(CaseState) == OPEN | ENDED
    assert not OPEN & ENDED
    assert set(CONDITIONS) == set(Condition) == {condition for move in MOVES for condition in move.conditions}
    assert set(IN_STATE) == set(CaseState)


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.verb)
def test_volunteers_never_move_a_case_and_commands_are_allowed_by_the_table(move: Move) -> None:
    assert not move.movers & {Role.VOLUNTEER, Role.LEAD, Role.PROVINCE, Role.ADMINISTRATOR}
    spec = next(spec for spec in TOPOLOGY.calls_of("intake") if spec.verb == move.verb)
    assert spec.roles == move.movers
    assert {CONDITIONS[condition].refusal for condition in move.conditions} <= set(spec.refusals)


def test_what_a_role_may_do_is_read_off_the_table() -> None:
    assert [move.name for move in moves_from(CaseState.COMPLETED, Role.RECEIVING_OFFICER)] == ["return", "report-error"]
    assert moves_from(CaseState.SUBMITTED, Role.VOLUNTEER) == ()


# --- conditions ------------------------------------------------------------------------------------


def refusal(move: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        move()
    return code_of(refused)


def test_a_supplement_is_asked_for_once() -> None:
    again = moves.complete_supplement(supplement_requested(), terms(), at(3), NOW)
    assert refusal(lambda: moves.request_supplement(again, terms(), WHY, at(3), NOW)) == "supplement-used"


def test_once_holds_across_acceptance() -> None:
    case = moves.request_supplement(submitted(), terms(), WHY, at(1, 9), NOW)
    case = moves.complete_supplement(case, terms(), at(2), NOW)
    assert (case.state, case.due_at) == (CaseState.SUBMITTED, None)
    case = moves.accept(case, terms(), CODE, at(2, 9), NOW)
    assert refusal(lambda: moves.request_supplement(case, terms(), WHY, at(3), NOW)) == "supplement-used"


def test_after_acceptance_it_is_asked_for_within_three_working_days() -> None:
    last = at(4, 17)  # accepted Tuesday 1 July: the third working day after is Friday
    assert moves.request_supplement(in_progress(), terms(), WHY, last, NOW).state is CaseState.SUPPLEMENT_REQUESTED
    late = last + timedelta(minutes=1)
    assert refusal(lambda: moves.request_supplement(in_progress(), terms(), WHY, late, NOW)) == "notice-too-late"
    history = moves.request_supplement(in_progress(), terms(), "", late, NOW, lawful=False)
    assert history.state is CaseState.SUPPLEMENT_REQUESTED


def test_a_completed_supplement_starts_the_clock_anew() -> None:
    case = supplement_requested()
    after = moves.complete_supplement(case, terms(), at(7, 9), NOW)
    assert after.first_due_at == case.due_at == at(10, 17)  # 7 working days after 1 July
    assert after.due_at == at(16, 17)
    assert after.clock_started_at == at(7, 9)
    assert [(w.kind, w.since, w.until) for w in after.waits] == [(IntervalKind.SUPPLEMENT, at(2), at(7, 9))]


def test_both_readings_follow_from_the_intervals() -> None:
    after = moves.complete_supplement(supplement_requested(), terms(), at(7, 9), NOW)
    read = clock.readings(after, terms(), NOW)
    assert read.restarted == at(16, 17)
    # Wednesday 8:00 to Monday 9:00: 7 h + 8 h + 8 h + 2 h of working time after Thursday 10 July, 17:00.
    assert read.paused == at(16, 7) + timedelta(hours=1)
    waiting = clock.readings(supplement_requested(), terms(), at(3))
    assert waiting.restarted == at(10, 17)
    assert waiting.paused == at(11, 17)


def test_a_supplement_not_brought_is_closed_after_fifteen_days() -> None:
    case = supplement_requested()  # Wednesday 2 July; the fifteenth day is Thursday 17
    assert case.act_by == at(17, 17)

    def stop(when: datetime) -> Case:
        return moves.stop(case, StopCause.SUPPLEMENT_NOT_COMPLETED, WHY, when, NOW)

    assert refusal(lambda: stop(at(17, 17))) == "still-in-time"
    stopped = stop(at(18))
    assert (stopped.state, stopped.ended_at, stopped.waits[-1].until) == (CaseState.STOPPED, at(18), at(18))
    assert stopped.stop_cause is StopCause.SUPPLEMENT_NOT_COMPLETED


def test_the_cause_of_a_stop_has_to_be_true() -> None:
    case = in_progress()
    assert refusal(lambda: moves.stop(case, StopCause.SUPPLEMENT_NOT_COMPLETED, WHY, at(30), NOW)) == "wrong-state"
    assert refusal(lambda: moves.stop(supplement_requested(), StopCause.OTHER, WHY, at(30), NOW)) == "wrong-state"


@pytest.mark.parametrize(
    ("when", "code"), [(at(9, 23, 59), None), (at(10, 0), "extension-too-late"), (at(11), "extension-too-late")]
)
def test_a_new_date_is_told_a_day_before_the_old_one(when: datetime, code: str | None) -> None:
    case = in_progress()  # due Thursday 10 July
    if code is None:
        after = moves.extend(case, terms(), at(15, 17), WHY, when, NOW)
        assert (after.due_at, after.first_due_at, after.act_by) == (at(15, 17), at(10, 17), at(15, 17))
    else:
        assert refusal(lambda: moves.extend(case, terms(), at(15, 17), WHY, when, NOW)) == code


def test_a_new_date_is_set_once_later_and_in_working_time() -> None:
    case = moves.extend(in_progress(), terms(), at(15, 17), WHY, at(3), NOW)
    last = REFERENCE.calendars.covered[1]
    for beyond in (
        datetime(last.year + 1, 1, 4, 9, tzinfo=ZONE),
        datetime(9999, 7, 15, 9, tzinfo=ZONE),
        datetime.fromisoformat("9999-12-31T23:39:00-14:00"),
    ):
        for lawful in (True, False):
            with pytest.raises(Refused) as refused:
                moves.extend(in_progress(), terms(), beyond, WHY, at(3), NOW, lawful=lawful)
            why = refused.value.refusal
            assert (why.code, why.field) == ("impossible-time", "new_due_at")
            assert f"known up to {last.isoformat()}" in why.message_en
    end = next(day for n in range(9) if terms().calendar.is_working_day(day := last - timedelta(days=n)))
    assert moves.extend(in_progress(), terms(), terms().calendar.close_of(end), WHY, at(3), NOW).new_due_at
    assert refusal(lambda: moves.extend(case, terms(), at(21, 17), WHY, at(4), NOW)) == "extension-used"
    for wrong in (at(10, 17), at(9, 17), at(12, 9), at(15, 12), at(15, 17, 1)):
        assert refusal(lambda wrong=wrong: moves.extend(in_progress(), terms(), wrong, WHY, at(3), NOW)) == (  # type: ignore[misc]
            "impossible-time"
        )


@pytest.mark.parametrize("reason", ["", "   "])
def test_reasons_are_given(reason: str) -> None:
    case = in_progress()
    tries: list[Callable[[], object]] = [
        lambda: moves.decline(submitted(), reason, at(2), NOW),
        lambda: moves.request_supplement(case, terms(), reason, at(2), NOW),
        lambda: moves.extend(case, terms(), at(15), reason, at(2), NOW),
        lambda: moves.request_payment(case, 250_000, reason, at(2), NOW),
        lambda: moves.stop(case, StopCause.OTHER, reason, at(2), NOW),
        lambda: moves.complete(case, Outcome.REFUSED, reason, at(2), NOW),
        lambda: moves.report_error(completed(), terms(), reason, at(4), NOW),
        lambda: moves.amend(
            case, terms("1.004194"), reason, NOW, procedure="1.004194", field="cu-tru", channel=case.channel
        ),
    ]
    assert {refusal(each) for each in tries} == {"reason-missing"}


def test_paper_received_after_three_moves_on_the_next_working_day() -> None:
    assert terms().forward_by(at(4, 15)) == at(4, 17)
    assert terms().forward_by(at(4, 15, 1)) == at(7, 7)  # Friday afternoon: Monday morning
    assert terms().forward_by(at(5, 9)) == at(7, 7)  # on a Saturday


def test_a_same_day_procedure_received_after_three_is_due_on_the_next_working_day() -> None:
    assert accepted("1.001193", at(1, 15)).due_at == at(1, 17)
    assert accepted("1.001193", at(1, 15, 1)).due_at == at(2, 17)


def test_an_online_case_is_accepted_within_eight_working_hours() -> None:
    case = submitted(channel=Channel.ONLINE)  # Tuesday 8:00, with 7 h left of the day
    assert case.act_by == at(2, 8)
    assert submitted().act_by is None


def test_what_is_given_at_once_is_recorded_in_one_step() -> None:
    case = REFERENCE.new_case(UUID(int=8), "31570", "31570", "2.000815", Channel.DIRECT, at(1))
    served = moves.serve(case, terms("2.000815"), CODE, NOW)
    assert (served.state, served.version, len(served.news)) == (CaseState.RETURNED, 4, 4)
    assert served.returned_at == served.submitted_at == at(1)
    assert refusal(lambda: moves.serve(replace(case, procedure="1.004222"), terms(), CODE, NOW)) == "not-immediate"


def test_a_wait_for_a_payment_is_off_the_clock_for_land_only() -> None:
    usual = moves.record_payment(awaiting_payment(), terms(), 250_000, at(4), NOW)
    assert usual.due_at == at(10, 17)
    off = replace(terms(), payment_off_clock=True)
    paid = moves.record_payment(awaiting_payment(), off, 250_000, at(4), NOW)
    assert paid.due_at == at(14, 17)  # two working days later than Thursday 10 July
    assert paid.state is CaseState.IN_PROGRESS


def test_another_amount_than_was_asked_for_is_refused() -> None:
    assert refusal(lambda: moves.record_payment(awaiting_payment(), terms(), 249_999, at(4), NOW)) == "wrong-amount"


def test_an_error_in_the_result_is_corrected_before_it_is_handed_over() -> None:
    case = moves.report_error(completed(), terms(), WHY, at(4), NOW)
    assert case.act_by == at(9, 17)  # Friday 4 July and three working days
    assert refusal(lambda: moves.hand_over(case, at(5), NOW)) == "correction-awaited"
    assert refusal(lambda: moves.report_error(case, terms(), WHY, at(5), NOW)) == "correction-awaited"
    after = moves.correct_result(case, at(7), NOW)
    assert moves.hand_over(after, at(7), NOW).state is CaseState.RETURNED


def test_an_amended_procedure_takes_its_own_deadline_and_the_receipt_keeps_the_old_one() -> None:
    after = TAKE["amend-case"](in_progress())  # 3 working days instead of 7
    assert (after.due_at, after.first_due_at, after.procedure) == (at(4, 17), at(10, 17), "1.004194")
    same = in_progress()
    assert (
        refusal(
            lambda: moves.amend(
                same, terms(), WHY, NOW, procedure=same.procedure, field=same.field, channel=same.channel
            )
        )
        == "nothing-changed"
    )


def test_a_payment_that_was_off_the_clock_stays_off_it_when_a_case_is_amended() -> None:
    land = "1.013978"
    paid = moves.record_payment(awaiting_payment(land), terms(land), 250_000, at(10), NOW)
    amended = moves.amend(paid, terms(land), WHY, NOW, procedure=land, field=paid.field, channel=Channel.POST)
    assert amended.due_at == paid.due_at == clock.due_again(paid, terms(land))
    other = moves.amend(paid, terms(), WHY, NOW, procedure="1.004222", field="cu-tru", channel=Channel.DIRECT)
    assert other.due_at == accepted().due_at


def test_an_amended_case_is_to_be_accepted_by_when_its_papers_were_complete() -> None:
    asked = moves.request_supplement(submitted(channel=Channel.ONLINE), terms(), WHY, at(2), NOW)
    complete = moves.complete_supplement(asked, terms(), at(10), NOW)
    land = "1.013978"
    amended = moves.amend(complete, terms(land), WHY, NOW, procedure=land, field="dat-dai", channel=Channel.ONLINE)
    assert amended.act_by == complete.act_by


def test_any_amount_is_taken_where_another_system_asked_for_it() -> None:
    asked = moves.request_payment(in_progress(), None, "", at(2), NOW, lawful=False)
    assert moves.record_payment(asked, terms(), 1_000, at(3), NOW).state is CaseState.IN_PROGRESS


def test_a_promised_new_date_is_not_taken_back_by_an_amendment() -> None:
    extended = moves.extend(in_progress(), terms(), at(15, 17), WHY, at(3), NOW)
    assert TAKE["amend-case"](extended).due_at == at(15, 17)


def test_a_procedure_without_a_known_limit_is_refused() -> None:
    unknown = replace(terms(), limit=None)
    assert refusal(lambda: moves.accept(submitted(), unknown, CODE, at(1, 9), NOW)) == "no-processing-time"


@pytest.mark.parametrize("verb", [verb for verb in TAKE if verb != "amend-case"])
def test_nothing_happens_in_the_future_or_before_the_step_it_follows(verb: str) -> None:
    state = next(iter(MOVE[verb].sources))
    case = IN_STATE[state]()
    if verb == "correct-result":
        case = moves.report_error(case, terms(), WHY, at(4), NOW)
    early = replace(case, submitted_at=at(1, month=11), moved_at=at(1, month=11), accepted_at=at(1, month=11))
    early = replace(early, clock_started_at=early.accepted_at)
    early = replace(early, waits=tuple(replace(wait, since=at(1, month=11)) for wait in early.waits))
    assert refusal(lambda: TAKE[verb](early)) == IntakeRefusal.IMPOSSIBLE_TIME
