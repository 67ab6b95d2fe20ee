"""What a row of a case log tells: lives made by moves, written as rows, are read back as they were."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.intake.commands.importing import LogRow
from contracts.intake.events.cases import PaymentRecorded
from contracts.intake.vocabulary import CaseState, Channel, IntervalKind, Outcome, StopCause
from contracts.refusals import Refused
from services.chassis.ids import stable_id
from services.intake.domain import moves, told
from services.intake.domain.cases import Case
from services.intake.domain.terms import Terms
from services.intake.reference import Reference
from services.worktime.clock import ZONE

REFERENCE = Reference.shipped()
START = datetime(2025, 7, 1, 8, tzinfo=ZONE)
NOW = datetime(2026, 6, 1, 8, tzinfo=ZONE)
CODE = "H13.57-250701-0001"
PROCEDURES = ("1.004222", "1.001193", "1.012812")
BACK = {"supplement": "supplement_completed", "payment": "paid"}


def terms_of(case: Case, at: datetime) -> Terms:
    """As of land cases where the wait for a payment is off the clock, for one of the procedures."""
    terms = REFERENCE.terms_of(case, at)
    return replace(terms, payment_off_clock=case.procedure == "1.012812")


def blank(procedure: str, channel: Channel) -> Case:
    return REFERENCE.new_case(stable_id("told"), "31570", "31570", procedure, channel, START, CODE)


@st.composite
def lives(draw: st.DrawFn) -> list[Case]:
    """A case after each move of a life that a log can tell: at most one supplement, one payment, one new date."""
    at = START
    procedure, channel = draw(st.sampled_from(PROCEDURES)), draw(st.sampled_from(Channel))
    case = blank(procedure, channel)
    path = [moves.submit(case, terms_of(case, at), NOW)]
    for _ in range(draw(st.integers(0, 9))):
        case = path[-1]
        done = {wait.kind for wait in case.waits} | ({"extended"} if case.extended_at else set())
        choices = [name for name in _CHOICES[case.state] if name not in done]
        if not choices:
            break
        at += timedelta(minutes=draw(st.integers(1, 9_000)))  # past closing hours and deadlines, as histories are
        path.append(_moved(case, draw(st.sampled_from(choices)), at, draw(st.integers(1, 20))))
    return path


_CHOICES: dict[CaseState, tuple[str, ...]] = {
    CaseState.SUBMITTED: ("accept", "accept", "accept", "supplement", "decline", "withdraw"),
    CaseState.ACCEPTED: ("start", "supplement", "payment", "extended", "complete", "withdraw", "stop"),
    CaseState.IN_PROGRESS: ("supplement", "payment", "extended", "complete", "complete", "withdraw", "stop"),
    CaseState.SUPPLEMENT_REQUESTED: ("back", "back", "back", "withdraw", "stop"),
    CaseState.AWAITING_PAYMENT: ("back", "back", "back", "withdraw", "stop"),
    CaseState.COMPLETED: ("return",),
    CaseState.DECLINED: (),
    CaseState.WITHDRAWN: (),
    CaseState.STOPPED: (),
    CaseState.RETURNED: (),
}


def _moved(case: Case, move: str, at: datetime, days: int) -> Case:  # noqa: PLR0911 - a table
    terms = terms_of(case, at)
    match move:
        case "accept":
            return moves.accept(case, terms, CODE, at, NOW)
        case "start":
            return moves.start(case, at, NOW)
        case "supplement":
            return moves.request_supplement(case, terms, "", at, NOW, lawful=False)
        case "payment":
            return moves.request_payment(case, None, "", at, NOW, lawful=False)
        case "back" if case.state is CaseState.SUPPLEMENT_REQUESTED:
            return moves.complete_supplement(case, terms, at, NOW)
        case "back":
            return moves.record_payment(case, terms, None, at, NOW)
        case "extended":
            assert case.due_at
            new = case.due_at + timedelta(days=days)
            return moves.extend(case, terms, new, "", case.moved_at, NOW, lawful=False)
        case "decline":
            return moves.decline(case, "", at, NOW, lawful=False)
        case "withdraw":
            return moves.withdraw(case, at, NOW)
        case "stop":
            awaited = case.state is CaseState.SUPPLEMENT_REQUESTED
            cause = StopCause.SUPPLEMENT_NOT_COMPLETED if awaited else StopCause.OTHER
            return moves.stop(case, cause, "", at, NOW, lawful=False)
        case "complete":
            return moves.complete(case, Outcome.GRANTED, "", at, NOW)
        case _:
            return moves.hand_over(case, at, NOW)


def row_of(case: Case, **more: str) -> LogRow:
    """What an export would write of a case."""
    texts: dict[str, Any] = dict.fromkeys(LogRow.model_fields, "") | {
        "line": 2,
        "case_code": CODE,
        "unit": case.receiving_unit,
        "deciding_unit": case.deciding_unit,
        "procedure": case.procedure,
        "channel": str(case.channel),
    }
    instants: dict[str, datetime | None] = {
        "submitted_at": case.submitted_at,
        "accepted_at": case.accepted_at,
        "started_at": case.started_at,
        "completed_at": case.completed_at,
        "returned_at": case.returned_at,
        "new_due_at": case.new_due_at,
    }
    if case.state in (CaseState.DECLINED, CaseState.WITHDRAWN, CaseState.STOPPED):
        instants[f"{case.state}_at"] = case.ended_at
    for wait in case.waits:
        name = {"supplement": "supplement", "payment": "payment"}[wait.kind]
        instants[f"{name}_requested_at"] = wait.since
        if wait.until != case.ended_at:
            instants[f"{BACK[name]}_at"] = wait.until
    return LogRow(**(texts | {name: at.isoformat() if at else "" for name, at in instants.items()} | more))


def imported(*rows: LogRow) -> Case:
    """The case that rows make, one after the other."""
    first = rows[0]
    case = replace(blank(first.procedure, Channel(first.channel)), submitted_at=told.read(first).submitted_at)
    for row in rows:
        read = told.read(row)
        if case.version:
            told.check_same(case, read)
        case = told.continued(case, read, terms_of, NOW)
    return case


def extended_late(path: list[Case]) -> bool:
    """Whether a new date, if there was one, was the last word on the deadline. A row does not say when it was set."""
    case = path[-1]
    step = next((each for each in path if each.extended_at), None)
    return step is None or (step.due_at == case.due_at and step.clock_started_at == case.clock_started_at)


def seen(case: Case) -> Case:
    """Without when an apology was sent: no log tells it."""
    return replace(case, extended_at=None, news=())


@settings(deadline=None)
@given(lives())
def test_a_life_written_as_a_row_is_read_back_as_it_was(path: list[Case]) -> None:
    case, read = path[-1], imported(row_of(path[-1]))
    if extended_late(path):
        assert seen(read) == seen(case)
        assert Counter(map(_undated, read.news)) == Counter(map(_undated, case.news))
    else:
        assert read.state is case.state
        assert [w.since for w in read.waits] == [w.since for w in case.waits]


def _undated(fact: Any) -> Any:
    """No row tells when a new date was announced, nor what was decided about a payment's due instant before it was."""
    unknown = {key: None for key in ("extended_at", "old_due_at") if hasattr(fact, key)}
    if isinstance(fact, PaymentRecorded):
        unknown["due_at"] = None
    return fact.model_copy(update=unknown)


@settings(deadline=None)
@given(lives(), st.data())
def test_a_story_told_in_two_rows_is_the_story_told_at_once(path: list[Case], data: st.DataObject) -> None:
    earlier = data.draw(st.sampled_from(path))
    whole = row_of(path[-1])
    twice, once = imported(row_of(earlier), whole), imported(whole)
    if extended_late(path):
        assert seen(twice) == seen(once)
    assert twice.state is once.state
    if not path[-1].extended_at:
        assert twice.news == once.news == path[-1].news


@settings(deadline=None)
@given(lives(), st.data())
def test_a_row_that_is_known_adds_nothing(path: list[Case], data: st.DataObject) -> None:
    """Nor does one that knows less: whichever of two files comes first, the case becomes the same."""
    earlier = row_of(data.draw(st.sampled_from(path)))
    whole = row_of(path[-1])
    case = imported(earlier, whole)
    assert imported(earlier, whole, whole, earlier, whole) == case
    assert len(imported(whole, earlier).news) == len(imported(whole).news)


@settings(deadline=None)
@given(lives(), st.data())
def test_contradictions_are_refused(path: list[Case], data: st.DataObject) -> None:
    case = path[-1]
    row = row_of(case)
    column = data.draw(st.sampled_from(("unit", "deciding_unit", "procedure", "channel", "all instants")))
    if column == "all instants":  # a day later: their order, and what holds between them, stays
        day = timedelta(days=1)
        other = row.model_copy(update={s.column: (s.at + day).isoformat() for s in told.read(row).steps})
    else:
        wrong = {"unit": "00004", "deciding_unit": "92", "procedure": "1.004194", "channel": "post"}[column]
        other = row.model_copy(update={column: wrong if getattr(row, column) != wrong else "direct"})
    with pytest.raises(Refused) as refused:
        imported(row, other)
    assert refused.value.refusal.code == "case-code-taken"


@settings(deadline=None)
@given(lives())
def test_what_is_read_off_a_case_is_what_its_row_tells(path: list[Case]) -> None:
    for case in path:
        row = row_of(case)
        written = {step.column: step.at for step in told.read(row).steps}
        assert told.instants(case).items() >= written.items()


def test_a_new_date_that_the_papers_replaced_does_not_stand_against_the_row() -> None:
    """Extended, then completed by the citizen, which gives a later date: the same file again is no contradiction."""
    case = moves.accept(imported(row_of(blank("1.004222", Channel.DIRECT))), _terms(), CODE, _at(1, 9), NOW)
    case = moves.extend(case, _terms(), _at(14, 17), "", _at(1, 10), NOW, lawful=False)
    early = row_of(case)
    case = moves.request_supplement(case, _terms(), "", _at(2), NOW, lawful=False)
    case = moves.complete_supplement(case, _terms(), _at(15), NOW)
    row = row_of(case)
    assert row.new_due_at
    twice, once = imported(early, row, row), imported(row, row)
    assert twice.due_at == once.due_at == case.due_at == _at(24, 17)
    assert (twice.new_due_at, once.new_due_at) == (_at(14, 17), None)


def test_the_time_off_the_clock_after_a_new_date_does_not_stand_against_the_row() -> None:
    case = blank("1.012812", Channel.DIRECT)
    case = moves.submit(case, terms_of(case, START), NOW)
    case = moves.accept(case, terms_of(case, START), CODE, _at(1, 9), NOW)
    case = moves.extend(case, terms_of(case, START), _at(1, 17, month=8), "", _at(1, 9), NOW, lawful=False)
    early = row_of(case)
    case = moves.request_payment(case, None, "", _at(7), NOW, lawful=False)
    case = moves.record_payment(case, terms_of(case, START), None, _at(9), NOW)
    row = row_of(case)
    assert imported(early, row, row).due_at == case.due_at == _at(5, 17, month=8)
    assert case.waited(IntervalKind.PAYMENT)


def _at(day: int, hour: int = 8, *, month: int = 7) -> datetime:
    return datetime(2025, month, day, hour, tzinfo=ZONE)


def _terms() -> Terms:
    return REFERENCE.terms("1.004222", "31570", REFERENCE.rules.on(START.date()), START.date())


def test_papers_that_came_are_known_after_the_case_was_taken_back() -> None:
    """The same row again is nothing new."""
    row = row_of(blank("1.004222", Channel.DIRECT)).model_copy(
        update={
            "accepted_at": _at(1, 9).isoformat(),
            "supplement_requested_at": _at(2).isoformat(),
            "supplement_completed_at": _at(4).isoformat(),
            "withdrawn_at": _at(7).isoformat(),
        }
    )
    case = imported(row, row)
    assert (case.state, case.version) == (CaseState.WITHDRAWN, 5)


def test_a_new_date_is_taken_from_a_row_while_papers_are_awaited() -> None:
    row = row_of(blank("1.004222", Channel.DIRECT)).model_copy(
        update={
            "accepted_at": _at(1, 9).isoformat(),
            "new_due_at": _at(15, 17).isoformat(),
            "supplement_requested_at": _at(2).isoformat(),
        }
    )
    case = imported(row, row)
    assert (case.state, case.due_at, case.version) == (CaseState.SUPPLEMENT_REQUESTED, _at(15, 17), 4)
