"""What holds of a case after an apology set a new date: the steps, and both readings of its clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from contracts.intake.vocabulary import Channel
from services.intake.domain import clock, moves
from services.intake.domain.cases import Case
from services.intake.domain.terms import Terms
from services.intake.reference import Reference
from services.worktime.clock import ZONE
from services.worktime.steps import Step

REFERENCE = Reference.shipped()
NOW = datetime(2025, 12, 1, 9, tzinfo=ZONE)
WHY = "Chờ xác minh."
NEW = datetime(2025, 7, 15, 17, tzinfo=ZONE)
"""The new date; before it was Thursday 10 July, 17:00."""


def at(day: int, hour: int = 9) -> datetime:
    return datetime(2025, 7, day, hour, tzinfo=ZONE)


def accepted() -> Case:
    case = REFERENCE.new_case(UUID(int=7), "31570", "31570", "1.004222", Channel.DIRECT, at(1))
    case = moves.submit(case, terms(), NOW)
    return moves.accept(case, terms(), "H13.57-250701-0001", at(1), NOW)


def terms(*, off_clock: bool = False) -> Terms:
    on = at(1).date()
    return replace(REFERENCE.terms("1.004222", "31570", REFERENCE.rules.on(on), on), payment_off_clock=off_clock)


def extended(case: Case | None = None, when: datetime | None = None) -> Case:
    return moves.extend(case or accepted(), terms(), NEW, WHY, when or at(3), NOW)


def steps(case: Case, given: Terms | None = None) -> tuple[Step, ...]:
    deadline = REFERENCE.deadline_of(case)
    assert deadline is not None
    found = clock.steps(case, given or terms(), deadline)
    assert found[-1].at == case.due_at
    return found


def test_the_steps_go_on_to_the_new_date_with_the_article() -> None:
    before, *_, old, apology, new = steps(extended())
    assert before.kind == "accepted"
    assert (old.kind, old.at) == ("due", at(10, 17))
    assert (apology.kind, apology.at, apology.article) == ("extended", at(3), "NĐ 118/2025 Đ19.6")
    assert (new.kind, new.at, new.article) == ("due", NEW, "NĐ 118/2025 Đ19.6")


def test_without_an_extension_the_steps_are_the_deadlines() -> None:
    deadline = REFERENCE.deadline_of(accepted())
    assert deadline is not None
    assert steps(accepted()) == deadline.steps


def test_both_readings_go_on_from_the_new_date() -> None:
    read = clock.readings(extended(), terms(), NOW)
    assert (read.restarted, read.paused) == (NEW, NEW)


def test_only_what_was_waited_for_after_the_apology_pauses_the_new_date() -> None:
    """A payment asked for on Wednesday the 2nd, an apology on Thursday at 9, paid on Friday at 9: one working day."""
    waiting = extended(moves.request_payment(accepted(), 1, WHY, at(2), NOW))
    paid = moves.record_payment(waiting, terms(), 1, at(4), NOW)
    assert (paid.due_at, clock.readings(paid, terms(), NOW).paused) == (NEW, at(16, 17))
    over = moves.record_payment(moves.request_payment(accepted(), 1, WHY, at(2), NOW), terms(), 1, at(3), NOW)
    assert clock.readings(extended(over, at(4)), terms(), NOW).paused == NEW
    before = clock.readings(over, terms(), NOW).paused
    assert before == at(11, 17)  # without an apology it is the whole wait


def test_a_supplement_after_the_apology_starts_the_clock_anew_by_law_and_pauses_it_by_the_decision() -> None:
    waiting = moves.request_supplement(extended(), terms(), WHY, at(4), NOW)
    case = moves.complete_supplement(waiting, terms(), at(7), NOW)
    read = clock.readings(case, terms(), NOW)
    assert read.restarted == case.due_at == at(16, 17)
    assert read.paused == at(16, 17)  # the new date and one working day
    first, *_, last = steps(case)
    assert (first.kind, first.article) == ("restarted", "NĐ 118/2025 Đ19.5")
    assert (last.at, last.article) == (at(16, 17), "NĐ 118/2025 Đ17.3")


def test_a_payment_off_the_clock_is_a_step_before_or_after_the_apology() -> None:
    off = terms(off_clock=True)
    case = moves.record_payment(moves.request_payment(accepted(), 1, WHY, at(2), NOW), off, 1, at(3), NOW)
    assert case.due_at == at(11, 17)
    assert [(step.kind, step.at) for step in steps(case, off)][-3:] == [
        ("due", at(10, 17)),
        ("paused", at(3)),
        ("due", at(11, 17)),
    ]
    then = extended(case, at(4))
    assert [step.kind for step in steps(then, off)][-4:] == ["due", "paused", "extended", "due"]
    again = moves.record_payment(moves.request_payment(then, 1, WHY, at(7), NOW), off, 1, at(8), NOW)
    assert again.due_at == at(16, 17)
    assert [step.kind for step in steps(again, off)][-5:] == ["paused", "extended", "due", "paused", "due"]


def test_a_date_that_todays_data_do_not_give_any_more_stands_as_the_last_step() -> None:
    told = replace(accepted(), due_at=at(9, 17))
    last = steps(told)[-1]
    assert (last.kind, last.at, last.article) == ("due", at(9, 17), "")
