"""How cases look in a terminal: in parts by urgency, each instant in one form, each code with its name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from rich.console import Console

from contracts.intake.assistance import AgeBand, Need, TaskGroup, VisitOutcome, VisitPlace
from contracts.intake.catalogue import KIND_NAMES, ReferenceKind
from contracts.intake.lifecycle import ENDED, MOVES
from contracts.intake.queries.cases import CaseHistoryView, CaseStep, CaseView, DeadlineStep, ListedCase
from contracts.intake.queries.recompute import ComplaintMove, DeadlineMove, RecomputeRun
from contracts.intake.vocabulary import (
    LIMIT_NAMES,
    URGENCY_NAMES,
    CaseState,
    LimitKind,
    Outcome,
    StopCause,
    Urgency,
)
from services.intake.cli.catalogue_views import moved_line, show_run
from services.intake.cli.looking import instants, moves, sections, story
from services.intake.cli.words import CAUSES, OUTCOMES, VISITS, clock, reason
from services.intake.domain.urgency import urgency
from services.intake.reference import Reference
from services.worktime.clock import ZONE, iso, written

CALENDAR = Reference.shipped().calendar
FRIDAY = datetime(2025, 7, 4, 9, tzinfo=ZONE)


def at(day: int, hour: int = 17, minute: int = 0) -> datetime:
    return datetime(2025, 7, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("act_by", "expected"),
    [
        (at(4, 8, 59), Urgency.OVERDUE),
        (at(4, 9), Urgency.DUE_SOON),
        (at(4), Urgency.DUE_SOON),
        (at(7), Urgency.DUE_SOON),  # Monday: an apology cannot be sent on the Sunday before
        (at(8, 7), Urgency.IN_TIME),
    ],
)
def test_how_a_case_stands_to_its_limit(act_by: datetime, expected: Urgency) -> None:
    for state in (CaseState.SUBMITTED, CaseState.IN_PROGRESS, CaseState.RETURNED):
        assert urgency(state, act_by.astimezone(UTC), FRIDAY, CALENDAR) is expected


def test_what_has_no_limit_waits_for_work_or_for_pickup_or_for_nobody() -> None:
    found = {state: urgency(state, None, FRIDAY, CALENDAR) for state in CaseState}
    assert {state for state, each in found.items() if each is None} == ENDED - {CaseState.COMPLETED}
    assert found[CaseState.COMPLETED] is Urgency.READY
    assert found[CaseState.SUBMITTED] is Urgency.NO_LIMIT


def listed(number: int, kind: Urgency | None, queue_at: datetime, *, limit: bool = True) -> ListedCase:
    values: dict[str, Any] = {
        "case_id": UUID(int=number),
        "case_code": f"H13.57-250701-{number:04d}",
        "receiving_unit": "31570",
        "deciding_unit": "31570",
        "procedure": "1.004222",
        "field": "cu-tru",
        "channel": "direct",
        "state": "supplement_requested" if limit else "completed",
        "version": 2,
        "submitted_at": at(1),
        "act_by": queue_at if limit else None,
        "queue_at": queue_at,
        "urgency": kind,
    }
    return ListedCase.model_validate(values)


def printed(*parts: Any, width: int = 80) -> str:
    console = Console(width=width)
    with console.capture() as capture:
        for part in parts:
            console.print(part)
    return capture.get()


def test_a_list_is_shown_in_parts_that_say_how_urgent_they_are() -> None:
    cases = [
        listed(1, Urgency.OVERDUE, at(2)),
        listed(2, Urgency.OVERDUE, at(3)),
        listed(3, Urgency.DUE_SOON, at(7)),
        listed(4, Urgency.IN_TIME, at(16)),
        listed(5, Urgency.READY, at(1), limit=False),
        listed(6, None, at(1), limit=False),
    ]
    shown = printed(*sections(cases))
    lines = [line.rstrip() for line in shown.splitlines() if line.strip()]
    assert lines[0] == "quá hạn / overdue"
    heads = [line for line in lines if not line.startswith(("H13", "mã"))]
    assert heads == [
        "quá hạn / overdue",
        "sắp đến hạn / due soon",
        "trong hạn / in time",
        "chờ nhận kết quả / ready for pickup",
        "đã xong / done",
    ]
    rows = [line for line in lines if line.startswith("H13")]
    assert [row[14:18] for row in rows] == [f"{number:04d}" for number in range(1, 7)]
    assert len({row.index("1.004222") for row in rows}) == 1  # columns stand under each other
    assert shown.count("mã / code") == 1
    assert "17:00 02/07/2025" in rows[0]
    assert rows[4].endswith("từ 17:00 01/07/2025")


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_verbs_are_shown_whole_in_a_narrow_terminal(lang: str) -> None:
    shown = CliRunner().invoke(moves, ["--lang", lang], env={"COLUMNS": "80"}).output
    assert [move.verb for move in MOVES if move.verb not in shown] == []
    assert "…" not in shown


def test_every_value_has_words() -> None:
    assert LIMIT_NAMES.keys() == set(LimitKind)
    assert URGENCY_NAMES.keys() == set(Urgency)
    assert KIND_NAMES.keys() == set(ReferenceKind)
    assert OUTCOMES.keys() == set(Outcome)
    assert CAUSES.keys() == set(StopCause)
    assert VISITS.keys() == {*AgeBand, *TaskGroup, *Need, *VisitOutcome, *VisitPlace}


def test_an_instant_has_one_form_and_vietnams_time() -> None:
    instant = datetime(2026, 11, 24, 16, 52, 7, tzinfo=UTC)
    assert written(instant) == clock(instant) == "23:52 24/11/2026"
    assert (written(instant, seconds=True), written(instant, "en")) == ("23:52:07 24/11/2026", "2026-11-24 23:52")
    assert iso(instant) == "2026-11-24T23:52:07+07:00"
    last = datetime.max.replace(tzinfo=UTC)
    assert iso(last).endswith("+00:00")  # Vietnam's time has no such year; what is refused is told as it came
    with pytest.raises(ValueError, match="no zone"):
        written(datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_note_that_ends_both_languages_is_told_once() -> None:
    assert reason("Lịch đổi (bản 2): Nghỉ bù: 2/1", "Changed (version 2): Nghỉ bù: 2/1") == (
        "Lịch đổi (bản 2) / Changed (version 2): Nghỉ bù: 2/1"
    )
    assert reason("Vì A", "For A") == "Vì A / For A"


def test_what_moved_is_told_with_its_limit_and_whether_it_had_passed() -> None:
    case = DeadlineMove(
        case_id=UUID(int=1),
        case_code="H13.57-250701-0001",
        old_due_at=at(2).astimezone(UTC),
        due_at=at(3),
        calendar_version="v",
        was_overdue=True,
    )
    assert moved_line(case) == (
        "H13.57-250701-0001: 17:00 02/07/2025 → 17:00 03/07/2025, "
        "hạn trả kết quả / the result (NĐ 118/2025 Đ17.3), đã quá hạn / had passed"
    )
    complaint = ComplaintMove(
        complaint_id=UUID(int=2), unit="31570", limit=LimitKind.ANSWER, old_by=at(2), by=at(3), calendar_version="v"
    )
    assert moved_line(complaint).endswith("(31570): 17:00 02/07/2025 → 17:00 03/07/2025, "
                                          "hạn trả lời phản ánh / answering a complaint")  # fmt: skip
    run = RecomputeRun.model_validate(
        {"id": UUID(int=3), "reason_vi": "", "reason_en": "", "requested_by": "x", "requested_at": at(1)}
        | {"looked": 9, "moved": 3, "limits": [{"limit": "due", "moved": 3, "overdue": 2}]}
    )
    console = Console(width=200)
    with console.capture() as capture:
        show_run(run, console)
    assert "3, 2 đã quá hạn khi công bố / had passed when published" in capture.get()


def viewed(**more: Any) -> dict[str, tuple[datetime | None, str]]:
    law = DeadlineStep(kind="due", at=at(10), note_vi="", note_en="", article="NĐ 118/2025 Đ17.3")
    values: dict[str, Any] = {
        "case_id": UUID(int=1),
        "receiving_unit": "31570",
        "deciding_unit": "31570",
        "procedure": "1.004222",
        "channel": "direct",
        "state": "in_progress",
        "version": 3,
        "submitted_at": at(1),
        "due_at": at(10),
        "first_due_at": at(10),
        "due_at_paused": at(10),
        "act_by": at(10),
        "deadline_steps": [law],
    }
    shown = instants(CaseView.model_validate(values | more))
    return {label.strip().split(" / ")[0]: (when, why) for label, when, why in shown if when is not None}


def test_both_readings_are_told_with_their_article_after_an_apology() -> None:
    assert viewed() == {"Hạn trả": (at(10), "NĐ 118/2025 Đ17.3")}
    apology = DeadlineStep(kind="due", at=at(15), note_vi="", note_en="", article="NĐ 118/2025 Đ19.6")
    dates = {"due_at": at(15), "new_due_at": at(15), "due_at_paused": at(15), "act_by": at(15), "extended_at": at(3)}
    shown = viewed(deadline_steps=[apology], **dates)
    assert shown["Hạn trả"] == (at(15), "NĐ 118/2025 Đ19.6")
    assert shown["trên giấy hẹn"] == (at(10), "NĐ 118/2025 Đ17.3")
    assert shown["hẹn lại lúc"] == (at(3), "NĐ 118/2025 Đ19.6")
    when, why = shown["cách đọc QĐ 766"]
    assert when == at(15)
    assert why == "QĐ 766/QĐ-TTg mục 2.1, tính từ lần hẹn lại / from the new date on"


def test_a_history_names_the_limit_that_moved_why_and_that_it_had_passed() -> None:
    facts: dict[str, Any] = {
        "limit": "acceptance",
        "moved_at": at(7).isoformat(),
        "old_by": at(2).isoformat(),
        "by": at(3).isoformat(),
        "reason_vi": "Lịch đổi: Nghỉ bù",
        "reason_en": "Changed: Nghỉ bù",
        "was_overdue": True,
    }
    moved = CaseStep(version=2, kind="limit-moved", recorded_at=at(7), facts=facts)
    stopped = CaseStep(version=3, kind="stopped", recorded_at=at(8), facts={"cause": "supplement-not-completed"})
    shown = printed(story(CaseHistoryView(case_id=UUID(int=1), steps=[moved, stopped])), width=200)
    for words in (
        "hạn tiếp nhận hồ sơ trực tuyến / accepting an online case (NĐ 118/2025 Đ17.2)",
        "17:00 02/07/2025 → 17:00 03/07/2025",
        "đã quá hạn khi lịch được công bố",
        "Lịch đổi / Changed: Nghỉ bù",
        "không bổ sung trong hạn / supplement not completed",
    ):
        assert words in shown
