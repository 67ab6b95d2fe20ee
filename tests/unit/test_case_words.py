"""What a case's history and audit are told in: words for every kind of step, and whatever people wrote, as it is."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click
import pytest
from rich.console import Console

from contracts.intake.catalogue import ReferenceKind
from contracts.intake.feedback import (
    ComplaintOutcome,
    ComplaintState,
    ComplaintSubject,
    FeedbackReason,
    Satisfaction,
)
from contracts.intake.lifecycle import MOVES
from contracts.intake.messages import CALLS, EVENTS
from contracts.intake.queries.cases import CaseHistoryView, CaseStep
from contracts.roles import ROLE_NAMES, Role
from services.intake.cli.looking import story
from services.intake.cli.options import Case
from services.intake.cli.words import (
    COMPLAINTS,
    CONCLUSIONS,
    REASONS,
    SATISFACTION,
    STEPS,
    SUBJECTS,
    action,
    role,
    state,
)
from services.intake.reference import chain_of

CASE = UUID(int=5)
RECORDED = datetime(2025, 8, 1, 2, tzinfo=UTC)


def told(**step: Any) -> str:
    values: dict[str, Any] = {"version": 1, "kind": "accepted", "recorded_at": RECORDED, "facts": {}} | step
    console = Console(width=200)
    with console.capture() as capture:
        console.print(story(CaseHistoryView(case_id=CASE, steps=[CaseStep(**values)])))
    return capture.get()


def test_every_event_of_a_case_has_words_and_a_fact_that_says_when() -> None:
    kinds = {spec.fact: spec.data.model_fields for spec in EVENTS if spec.entity == "case"}
    assert STEPS.keys() == kinds.keys()
    assert [kind for kind, (_, _, when) in STEPS.items() if when not in kinds[kind]] == []


def test_a_step_is_shown_at_its_own_time_and_an_import_also_at_its() -> None:
    late = told(facts={"accepted_at": "2025-07-01T07:34:00+07:00"})
    assert "07:34 01/07/2025" in late
    assert "ghi lúc / recorded 09:00 01/08/2025" in late
    assert "recorded" not in told(facts={"accepted_at": RECORDED.isoformat()})


def test_a_new_date_is_shown_with_the_old_one_and_what_people_wrote_is_no_markup() -> None:
    dates = {"old_due_at": "2025-07-10T17:00:00+07:00", "due_at": "2025-07-11T17:00:00+07:00"}
    shown = told(kind="extended", facts=dates, reason="Chờ [/bold] xác minh")
    assert "17:00 10/07/2025 → 17:00 11/07/2025" in shown
    assert "Chờ [/bold] xác minh" in shown


PAPERS = (
    "begin-attachment", "finish-attachment", "remove-attachment", "list-attachments", "attachment-piece", "case-form",
    "print-register", "print-fee-slip",
)  # fmt: skip
SAID = (
    "rate-result", "file-complaint", "acknowledge-complaint", "answer-complaint", "close-complaint",
    "withdraw-complaint", "record-visit", "amend-visit", "revoke-visit",
)  # fmt: skip
PEOPLE = ("reveal-person", "find-people", "correct-person", "erase-person", "rotate-master-key")
DOCUMENTS = ("draft-reference", "publish-reference", "withdraw-draft")


@pytest.mark.parametrize("text", ["procedures", " Procedures "])
def test_the_audit_of_reference_data_is_asked_for_by_its_kind(text: str) -> None:
    assert Case(or_id=True).convert(text, None, None) == str(chain_of(ReferenceKind.PROCEDURES))
    with pytest.raises(click.BadParameter):
        Case().convert(text, None, None)
    assert len({chain_of(kind) for kind in ReferenceKind}) == len(ReferenceKind)


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (SATISFACTION, Satisfaction),
        (REASONS, FeedbackReason),
        (SUBJECTS, ComplaintSubject),
        (COMPLAINTS, ComplaintState),
        (CONCLUSIONS, ComplaintOutcome),
    ],
)
def test_ratings_and_complaints_have_words(words: dict[Any, str], values: Any) -> None:
    assert words.keys() == set(values)


def test_moves_states_and_roles_have_words_and_what_is_unknown_stays() -> None:
    assert ROLE_NAMES.keys() == set(Role)
    assert all(action(move.verb) == f"{move.vi} / {move.verb}" for move in MOVES)
    audited = {call.verb for call in CALLS if call.changes and call.verb in {*PAPERS, *SAID, *DOCUMENTS, *PEOPLE}}
    assert audited == {*PAPERS, *SAID, *DOCUMENTS, *PEOPLE}
    assert all(action(verb).endswith(f" / {verb}") for verb in {*audited, "waive-fee", "register-person"})
    assert (action("x"), state("x"), role("x"), state("")) == ("x", "x", "x", "")
    assert (state("accepted"), role("leader")) == ("đã tiếp nhận", "lãnh đạo")
