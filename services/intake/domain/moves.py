"""The moves of a case's life, one function for each row of the table in `contracts.intake.lifecycle`. Pure.

A rule that says no raises `Refused` with a stable code. `lawful=False` takes over what another system recorded: the
order of states and instants still holds, but what was done too late or too often is history.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from contracts.intake.events import cases as events
from contracts.intake.lifecycle import Condition
from contracts.intake.refusals import IntakeRefusal
from contracts.intake.vocabulary import CaseState, Channel, IntervalKind, Outcome, StopCause
from contracts.refusals import refuse
from services.intake.domain.cases import (
    Case,
    Wait,
    broken,
    case_code_taken,
    check_reason,
    check_state,
    check_time,
    fact,
    moved,
    started_waiting,
    stopped_waiting,
)
from services.intake.domain.clock import after_payments
from services.intake.domain.terms import Terms
from services.worktime.clock import ZONE, iso, written
from services.worktime.deadline import Deadline


def submit(case: Case, terms: Terms, now: datetime) -> Case:
    """A new case. Refused: submitted in the future."""
    check_time("submitted_at", case.submitted_at, None, now)
    accept_by = terms.accept_by(case.submitted_at, case.channel)
    return moved(
        case,
        fact(events.CaseSubmitted, case, submitted_at=case.submitted_at, accept_by=accept_by),
        moved_at=case.submitted_at,
        act_by=accept_by,
    )


def accept(case: Case, terms: Terms, code: str, at: datetime, now: datetime) -> Case:
    """Accepts the complete, valid case: its clock starts (Art 17.3)."""
    check_state(case, "accept-case")
    check_time("accepted_at", at, case.moved_at, now)
    if case.case_code not in (None, code):
        raise case_code_taken(code)
    deadline = _due(case, terms, at)
    forward_by = None if case.channel is Channel.ONLINE else terms.forward_by(at)
    return moved(
        case,
        fact(
            events.CaseAccepted,
            case,
            case_code=code,
            accepted_at=at,
            due_at=deadline.due_at,
            rule_version=deadline.rule_version,
            calendar_version=deadline.calendar_version,
            forward_by=forward_by,
        ),
        state=CaseState.ACCEPTED,
        moved_at=at,
        act_by=deadline.due_at,
        case_code=code,
        accepted_at=at,
        clock_started_at=at,
        first_due_at=deadline.due_at,
        due_at=deadline.due_at,
        rule_version=deadline.rule_version,
        calendar_version=deadline.calendar_version,
    )


def serve(case: Case, terms: Terms, code: str, now: datetime) -> Case:
    """Records a case whose result is given at once: received, accepted, decided and handed over (Art 17.4)."""
    if not terms.at_once:
        raise broken(Condition.IMMEDIATE_PROCEDURE, field="procedure")
    at = case.submitted_at
    case = accept(submit(case, terms, now), terms, code, at, now)
    return hand_over(complete(case, Outcome.GRANTED, "", at, now), at, now)


def decline(case: Case, reason: str, at: datetime, now: datetime, *, lawful: bool = True) -> Case:
    """Does not accept the case."""
    check_state(case, "decline-case")
    if lawful:
        check_reason(reason)
    check_time("declined_at", at, case.moved_at, now)
    happened = fact(events.CaseDeclined, case, declined_at=at)
    return moved(case, happened, state=CaseState.DECLINED, moved_at=at, act_by=None, ended_at=at)


def start(case: Case, at: datetime, now: datetime) -> Case:
    """The papers went on to whoever works on them (Art 18.2)."""
    check_state(case, "start-case")
    check_time("started_at", at, case.moved_at, now)
    happened = fact(events.CaseStarted, case, started_at=at)
    return moved(case, happened, state=CaseState.IN_PROGRESS, moved_at=at, started_at=at)


def request_supplement(
    case: Case, terms: Terms, reason: str, at: datetime, now: datetime, *, lawful: bool = True
) -> Case:
    """Asks the citizen to complete the papers: once, and after acceptance within 3 working days (Art 11.2c, 19.5)."""
    check_state(case, "request-supplement")
    check_time("requested_at", at, case.moved_at, now)
    if lawful:
        check_reason(reason)
        if len(case.waited(IntervalKind.SUPPLEMENT)) >= terms.rules.supplements:
            raise broken(Condition.FIRST_SUPPLEMENT)
        if case.accepted_at is not None and at > (last := terms.notice_until(case.accepted_at)):
            raise broken(Condition.NOTICE_IN_TIME, f"Hạn cuối: {written(last)}.", f"It ended at {iso(last)}.")
    complete_by = terms.complete_by(at)
    return moved(
        case,
        fact(events.SupplementRequested, case, requested_at=at, complete_by=complete_by),
        state=CaseState.SUPPLEMENT_REQUESTED,
        moved_at=at,
        act_by=complete_by,
        resumes=case.state,
        waits=started_waiting(case, Wait(IntervalKind.SUPPLEMENT, at, by=complete_by)),
    )


def complete_supplement(case: Case, terms: Terms, at: datetime, now: datetime) -> Case:
    """The papers are complete: the clock of an accepted case starts anew (Art 19.5)."""
    check_state(case, "complete-supplement")
    check_time("completed_at", at, case.moved_at, now)
    waits = stopped_waiting(case, at)
    state = case.resumes or CaseState.SUBMITTED
    if case.accepted_at is None:
        accept_by = terms.accept_by(at, case.channel)
        happened = fact(events.SupplementCompleted, case, completed_at=at, state=state)
        return moved(case, happened, state=state, moved_at=at, act_by=accept_by, resumes=None, waits=waits)
    deadline = _due(case, terms, at)
    return moved(
        case,
        fact(
            events.SupplementCompleted,
            case,
            completed_at=at,
            state=state,
            due_at=deadline.due_at,
            calendar_version=deadline.calendar_version,
        ),
        state=state,
        moved_at=at,
        act_by=deadline.due_at,
        clock_started_at=at,
        due_at=deadline.due_at,
        calendar_version=deadline.calendar_version,
        resumes=None,
        waits=waits,
    )


def request_payment(
    case: Case, amount: int | None, reason: str, at: datetime, now: datetime, *, lawful: bool = True
) -> Case:
    """Asks for a payment. `amount` in đồng; None: another system knows it. `reason`: what it is for."""
    check_state(case, "request-payment")
    check_time("requested_at", at, case.moved_at, now)
    if lawful:
        check_reason(reason)
    return moved(
        case,
        fact(events.PaymentRequested, case, requested_at=at, amount=amount or 0),
        state=CaseState.AWAITING_PAYMENT,
        moved_at=at,
        resumes=case.state,
        waits=started_waiting(case, Wait(IntervalKind.PAYMENT, at, amount=amount)),
    )


def record_payment(case: Case, terms: Terms, amount: int | None, at: datetime, now: datetime) -> Case:
    """The amount asked for was paid; whatever amount, where another system asked and did not say how much.

    Where the wait is off the clock, the due instant moves on by its working time.
    """
    check_state(case, "record-payment")
    check_time("paid_at", at, case.moved_at, now)
    wait = case.open_wait
    if wait is None or case.due_at is None:
        raise ValueError(f"case {case.id} awaits a payment that was never asked for")
    if wait.amount is not None and amount != wait.amount:
        raise broken(
            Condition.RECEIPT_GIVEN,
            f"Đã yêu cầu {wait.amount} đồng, ghi nhận {amount} đồng.",
            f"{wait.amount} đồng were asked for, {amount} paid.",
            field="amount",
        )
    state = case.resumes or CaseState.ACCEPTED
    due = terms.paused(case.due_at, (wait.since, at)) if terms.payment_off_clock else case.due_at
    return moved(
        case,
        fact(
            events.PaymentRecorded,
            case,
            paid_at=at,
            amount=amount or 0,
            state=state,
            due_at=due,
            calendar_version=case.calendar_version,
        ),
        state=state,
        moved_at=at,
        act_by=due,
        due_at=due,
        resumes=None,
        waits=stopped_waiting(case, at),
    )


def extend(
    case: Case, terms: Terms, new_due_at: datetime, reason: str, at: datetime, now: datetime, *, lawful: bool = True
) -> Case:
    """Apologises and sets a new date: once, and at least a day before the old one (Art 19.6).

    A date beyond the days off that are known is refused whoever set it: nobody knows whether anybody works then.
    """
    check_state(case, "extend-case")
    check_time("extended_at", at, case.clock_started_at, now)
    old = case.due_at
    if old is None:
        raise ValueError(f"case {case.id} is {case.state} and has no due instant")
    if new_due_at <= old:
        raise broken(
            Condition.LATER_DATE, f"Hạn hiện tại: {written(old)}.", f"It is due {iso(old)}.", field="new_due_at"
        )
    if (last_known := terms.days_known_to) and not terms.is_known_day(new_due_at):
        raise broken(
            Condition.LATER_DATE,
            f"Lịch nghỉ mới có đến {last_known:%d/%m/%Y}: hãy chọn ngày sớm hơn, hoặc công bố lịch nghỉ năm sau.",
            f"Days off are known up to {last_known.isoformat()}: choose an earlier date, or publish later ones.",
            field="new_due_at",
        )
    if lawful:
        check_reason(reason)
        if case.extended_at is not None:
            raise broken(Condition.FIRST_EXTENSION)
        last = old.astimezone(ZONE).date() - timedelta(days=terms.rules.extension_notice_days)
        if at.astimezone(ZONE).date() > last:
            raise broken(
                Condition.EXTENSION_IN_TIME,
                f"Ngày cuối có thể hẹn lại: {last:%d/%m/%Y}.",
                f"The last day for it was {last.isoformat()}.",
                field="extended_at",
            )
        if not terms.in_working_time(new_due_at):
            raise broken(Condition.LATER_DATE, field="new_due_at")
    happened = fact(events.CaseExtended, case, extended_at=at, old_due_at=old, due_at=new_due_at)
    return moved(case, happened, act_by=new_due_at, due_at=new_due_at, extended_at=at, new_due_at=new_due_at)


def withdraw(case: Case, at: datetime, now: datetime) -> Case:
    """The citizen takes the case back before there is a result (Art 21)."""
    check_state(case, "withdraw-case")
    check_time("withdrawn_at", at, case.moved_at, now)
    happened = fact(events.CaseWithdrawn, case, withdrawn_at=at, waived=_unpaid(case))
    return _ended(case, CaseState.WITHDRAWN, happened, at)


def stop(case: Case, cause: StopCause, reason: str, at: datetime, now: datetime, *, lawful: bool = True) -> Case:
    """The centre ends the case; one that awaits a supplement only after the citizen's 15 days (Art 19.5)."""
    check_state(case, "stop-case")
    check_time("stopped_at", at, case.moved_at, now)
    wait = case.open_wait
    awaits_supplement = wait is not None and wait.kind is IntervalKind.SUPPLEMENT
    if lawful:
        check_reason(reason)
        if wait is not None and awaits_supplement and wait.by is not None and at <= wait.by:
            raise broken(
                Condition.COMPLETION_OVERDUE,
                f"Người dân còn đến {written(wait.by)}.",
                f"The citizen has until {iso(wait.by)}.",
            )
        if (cause is StopCause.SUPPLEMENT_NOT_COMPLETED) != awaits_supplement:
            raise refuse(
                IntakeRefusal.WRONG_STATE,
                "Lý do dừng “không bổ sung” chỉ dùng cho hồ sơ đang chờ bổ sung, và ngược lại.",
                "The cause supplement-not-completed is for cases that await a supplement, and for these only.",
                field="cause",
                state=case.state,
            )
    happened = fact(events.CaseStopped, case, stopped_at=at, cause=cause, waived=_unpaid(case))
    return replace(_ended(case, CaseState.STOPPED, happened, at), stop_cause=cause)


def amend(
    case: Case, terms: Terms, reason: str, now: datetime, *, procedure: str, field: str, channel: Channel
) -> Case:
    """Corrects what was recorded. `terms` are those of the procedure that it should have been.

    The deadline is computed again from the same start, and payments that were waited for off the clock stay off it; a
    date that the citizen was promised is not taken back.
    """
    check_state(case, "amend-case")
    check_reason(reason)
    if (procedure, channel) == (case.procedure, case.channel):
        raise refuse(
            IntakeRefusal.NOTHING_CHANGED,
            "Thông tin gửi lên giống thông tin đã ghi.",
            "What was sent is what is recorded.",
        )
    case = replace(case, procedure=procedure, field=field, channel=channel)
    if case.clock_started_at is None or case.due_at is None:
        accept_by = terms.accept_by(case.moved_at, channel)  # from a completed supplement on, if there was one
        return moved(case, fact(events.CaseAmended, case, amended_at=now), act_by=accept_by)
    deadline = _due(case, terms, case.clock_started_at)
    due = after_payments(case, terms, deadline.due_at)
    if case.extension_holds:
        due = max(due, case.due_at)
    happened = fact(
        events.CaseAmended,
        case,
        amended_at=now,
        due_at=due,
        rule_version=deadline.rule_version,
        calendar_version=deadline.calendar_version,
    )
    return moved(
        case, happened, act_by=due, due_at=due, calendar_version=deadline.calendar_version
    )  # the receipt's date, `first_due_at`, stays what the citizen was told


def complete(case: Case, outcome: Outcome, reason: str, at: datetime, now: datetime, *, lawful: bool = True) -> Case:
    """The result is decided: the clock stops. A refusal on the merits says why (Art 19.3)."""
    check_state(case, "complete-case")
    check_time("completed_at", at, case.moved_at, now)
    if lawful and outcome is Outcome.REFUSED:
        check_reason(reason)
    happened = fact(events.CaseCompleted, case, completed_at=at, outcome=outcome)
    return moved(case, happened, state=CaseState.COMPLETED, moved_at=at, act_by=None, completed_at=at, outcome=outcome)


def hand_over(case: Case, at: datetime, now: datetime) -> Case:
    """The result is handed to the citizen; not while a reported error awaits correction."""
    check_state(case, "return-case")
    if case.open_wait is not None:
        raise broken(Condition.NO_CORRECTION_OPEN)
    check_time("returned_at", at, case.corrected_at, now)
    happened = fact(events.CaseReturned, case, returned_at=at)
    return moved(case, happened, state=CaseState.RETURNED, moved_at=at, returned_at=at)


def report_error(case: Case, terms: Terms, reason: str, at: datetime, now: datetime) -> Case:
    """The result has an error: it is to be corrected within 3 working days (Art 23.1)."""
    check_state(case, "report-error")
    check_reason(reason)
    if case.open_wait is not None:
        raise broken(Condition.NO_CORRECTION_OPEN)
    check_time("reported_at", at, case.corrected_at, now)
    by = terms.correct_by(at)
    happened = fact(events.ErrorReported, case, reported_at=at, correct_by=by)
    return moved(case, happened, act_by=by, waits=started_waiting(case, Wait(IntervalKind.CORRECTION, at, by=by)))


def correct_result(case: Case, at: datetime, now: datetime) -> Case:
    """The error in the result was corrected."""
    check_state(case, "correct-result")
    wait = case.open_wait
    if wait is None:
        raise broken(Condition.CORRECTION_OPEN)
    check_time("corrected_at", at, wait.since, now)
    happened = fact(events.ResultCorrected, case, corrected_at=at)
    return moved(case, happened, act_by=None, waits=stopped_waiting(case, at))


def _ended(case: Case, state: CaseState, happened: events.CaseFact, at: datetime) -> Case:
    waits = stopped_waiting(case, at)
    return moved(case, happened, state=state, moved_at=at, act_by=None, ended_at=at, resumes=None, waits=waits)


def _unpaid(case: Case) -> int | None:
    """Đồng that a case waits for; None: it waits for none, or another system asked and did not say how much."""
    wait = case.open_wait
    return wait.amount if wait is not None and wait.kind is IntervalKind.PAYMENT else None


def _due(case: Case, terms: Terms, start: datetime) -> Deadline:
    deadline = terms.due(start)
    if deadline is None:
        raise broken(
            Condition.PROCEDURE_HAS_A_LIMIT,
            f"Thủ tục {case.procedure} chưa có thời hạn trong danh mục.",
            f"The catalogue knows no processing time of {case.procedure}.",
            field="procedure",
        )
    return deadline
