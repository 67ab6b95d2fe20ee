"""Instants of moves that leave a case in its state stand in order, too."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contracts.refusals import Refused
from services.intake.domain import moves
from tests.unit.test_life_cycle import NOW, WHY, at, completed, supplement_requested, terms


def refusal(move: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        move()
    return refused.value.refusal.code


def test_a_result_is_not_handed_over_while_its_error_was_being_corrected() -> None:
    """Nor recorded so afterwards."""
    case = moves.correct_result(moves.report_error(completed(), terms(), WHY, at(4), NOW), at(8), NOW)
    assert refusal(lambda: moves.hand_over(case, at(7), NOW)) == "impossible-time"
    assert moves.hand_over(case, at(8), NOW).returned_at == at(8)


def test_one_error_is_reported_after_the_other_was_corrected() -> None:
    case = moves.correct_result(moves.report_error(completed(), terms(), WHY, at(4), NOW), at(8), NOW)
    assert refusal(lambda: moves.report_error(case, terms(), WHY, at(7), NOW)) == "impossible-time"
    again = moves.report_error(case, terms(), WHY, at(9), NOW)
    assert [(wait.since, wait.until) for wait in again.waits] == [(at(4), at(8)), (at(9), None)]


def test_an_apology_is_about_the_deadline_that_runs() -> None:
    """Not dated before the citizen's papers started it anew."""
    case = moves.complete_supplement(supplement_requested(), terms(), at(7, 9), NOW)  # due 16 July
    assert refusal(lambda: moves.extend(case, terms(), at(22, 17), WHY, at(3), NOW)) == "impossible-time"
    extended = moves.extend(case, terms(), at(22, 17), WHY, at(7, 9), NOW)
    assert (extended.extended_at, extended.new_due_at, extended.due_at) == (at(7, 9), at(22, 17), at(22, 17))
