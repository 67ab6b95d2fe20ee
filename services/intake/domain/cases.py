"""The rules of a case: from submission to the result handed over, and what a line of a case log means.

Pure: decides from values. A rule that says no raises `Refused` with a stable code.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from contracts.intake.commands.importing import LogRow
from contracts.intake.events.cases import CaseAccepted, CaseCompleted, CaseFact, CaseReturned, CaseSubmitted
from contracts.intake.refusals import IntakeRefusal
from contracts.intake.vocabulary import CaseState, Channel
from contracts.refusals import CommonRefusal, Refused, refuse
from services.worktime.deadline import Deadline

_EARLIEST = datetime(1945, 9, 2, tzinfo=UTC)
"""Other programs write 0001-01-01 for "none"; that is before what a zone or a database can tell."""

Instants = tuple[datetime | None, datetime | None, datetime | None, datetime | None]


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it stands. `version` counts its events."""

    id: UUID
    receiving_unit: str
    deciding_unit: str
    province: str
    procedure: str
    field: str
    channel: Channel
    submitted_at: datetime
    version: int = 1
    state: CaseState = CaseState.SUBMITTED
    case_code: str | None = None
    accepted_at: datetime | None = None
    due_at: datetime | None = None
    rule_version: str | None = None
    calendar_version: str | None = None
    completed_at: datetime | None = None
    returned_at: datetime | None = None

    @property
    def instants(self) -> Instants:
        """Submitted, accepted, completed, returned."""
        return (self.submitted_at, self.accepted_at, self.completed_at, self.returned_at)


def submit(case: Case, now: datetime) -> Case:
    """A new case. Refused: submitted in the future."""
    _check_time("submitted_at", case.submitted_at, None, now)
    return case


def accept(case: Case, code: str, at: datetime, due: Callable[[datetime], Deadline], now: datetime) -> Case:
    """Accepts the complete, valid case: its clock starts (Decree 118/2025 Art 17.3)."""
    _check_state(case, CaseState.SUBMITTED)
    _check_time("accepted_at", at, case.submitted_at, now)
    deadline = due(at)
    return replace(
        case,
        version=case.version + 1,
        state=CaseState.ACCEPTED,
        case_code=code,
        accepted_at=at,
        due_at=deadline.due_at,
        rule_version=deadline.rule_version,
        calendar_version=deadline.calendar_version,
    )


def complete(case: Case, at: datetime, now: datetime) -> Case:
    """The result is decided: the clock stops."""
    _check_state(case, CaseState.ACCEPTED)
    _check_time("completed_at", at, case.accepted_at, now)
    return replace(case, version=case.version + 1, state=CaseState.COMPLETED, completed_at=at)


def hand_over(case: Case, at: datetime, now: datetime) -> Case:
    """The result is handed to the citizen."""
    _check_state(case, CaseState.COMPLETED)
    _check_time("returned_at", at, case.completed_at, now)
    return replace(case, version=case.version + 1, state=CaseState.RETURNED, returned_at=at)


def events_after(case: Case, version: int) -> Iterator[tuple[int, CaseFact]]:
    """The events that lead a case from `version` to where it stands, each with its own version."""
    facts = (_submitted, _accepted, _completed, _returned)
    for number in range(version + 1, case.version + 1):
        yield number, facts[number - 1](case)


def _submitted(case: Case) -> CaseFact:
    return _fact(CaseSubmitted, case, submitted_at=case.submitted_at)


def _accepted(case: Case) -> CaseFact:
    return _fact(
        CaseAccepted,
        case,
        case_code=case.case_code,
        accepted_at=case.accepted_at,
        due_at=case.due_at,
        rule_version=case.rule_version,
        calendar_version=case.calendar_version,
    )


def _completed(case: Case) -> CaseFact:
    return _fact(CaseCompleted, case, completed_at=case.completed_at)


def _returned(case: Case) -> CaseFact:
    return _fact(CaseReturned, case, returned_at=case.returned_at)


def _fact(kind: type[CaseFact], case: Case, **facts: Any) -> CaseFact:
    """Built without validation: an import makes thousands, from values that have been judged already."""
    return kind.model_construct(
        case_id=case.id,
        receiving_unit=case.receiving_unit,
        deciding_unit=case.deciding_unit,
        procedure=case.procedure,
        field=case.field,
        channel=case.channel,
        **facts,
    )


_STATE_VI = {
    CaseState.SUBMITTED: "mới nộp",
    CaseState.ACCEPTED: "đã tiếp nhận",
    CaseState.COMPLETED: "đã xử lý xong",
    CaseState.RETURNED: "đã trả kết quả",
}


def _check_state(case: Case, wanted: CaseState) -> None:
    if case.state is not wanted:
        raise refuse(
            IntakeRefusal.WRONG_STATE,
            f"Hồ sơ đang ở trạng thái “{_STATE_VI[case.state]}”, cần “{_STATE_VI[wanted]}”.",
            f"The case is {case.state}; it must be {wanted}.",
            state=case.state,
        )


def _check_time(column: str, at: datetime, earliest: datetime | None, now: datetime) -> None:
    if at < _EARLIEST:
        raise refuse(
            IntakeRefusal.IMPOSSIBLE_TIME,
            f"{column} {at.isoformat()} không thể là thời điểm của một hồ sơ.",
            f"{column} {at.isoformat()} cannot be an instant of a case.",
            field=column,
        )
    if earliest is not None and at < earliest:
        raise refuse(
            IntakeRefusal.IMPOSSIBLE_TIME,
            f"{column} {at.isoformat()} trước bước liền trước ({earliest.isoformat()}).",
            f"{column} {at.isoformat()} is before the step it follows ({earliest.isoformat()}).",
            field=column,
        )
    if at > now:
        raise refuse(
            IntakeRefusal.IMPOSSIBLE_TIME,
            f"{column} {at.isoformat()} nằm trong tương lai.",
            f"{column} {at.isoformat()} is in the future.",
            field=column,
        )


def parse_instant(row: LogRow, column: str) -> datetime | None:
    """An instant of a log row. Refused: not ISO 8601, or without an offset."""
    text: str = getattr(row, column)
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise refuse(
            CommonRefusal.INVALID,
            f"“{text}” không phải thời điểm ISO 8601 có múi giờ, ví dụ 2025-07-01T08:30+07:00.",
            f"“{text}” is not an ISO 8601 instant with an offset, such as 2025-07-01T08:30+07:00.",
            field=column,
        )
    return at


def check_no_gap(row: LogRow) -> None:
    """Refused: a later step is recorded without the one before it."""
    for earlier, later in (
        ("submitted_at", "accepted_at"),
        ("accepted_at", "completed_at"),
        ("completed_at", "returned_at"),
    ):
        if getattr(row, later) and not getattr(row, earlier):
            raise refuse(
                IntakeRefusal.IMPOSSIBLE_TIME,
                f"Có {later} nhưng thiếu {earlier}.",
                f"There is {later} but no {earlier}.",
                field=earlier,
            )
    if not row.accepted_at:
        raise refuse(
            IntakeRefusal.IMPOSSIBLE_TIME,
            "Thiếu accepted_at: sổ hồ sơ chỉ ghi hồ sơ đã tiếp nhận.",
            "accepted_at is missing: a case log records accepted cases.",
            field="accepted_at",
        )


def check_continues(known: Case, told: Case) -> None:
    """Refused: a row tells another story of a case than is known of it."""
    same = (known.receiving_unit, known.deciding_unit, known.procedure, known.channel) == (
        told.receiving_unit,
        told.deciding_unit,
        told.procedure,
        told.channel,
    )
    pairs = zip(known.instants, told.instants, strict=True)
    if not same or any(before is not None and after is not None and before != after for before, after in pairs):
        raise case_code_taken(str(told.case_code))


def case_code_taken(code: str) -> Refused:
    """The refusal of a case code that stands for another case."""
    return refuse(
        IntakeRefusal.CASE_CODE_TAKEN,
        f"Mã hồ sơ {code} đã dùng cho hồ sơ khác, hoặc ghi khác với lần trước.",
        f"The case code {code} belongs to another case, or says otherwise than before.",
        field="case_code",
    )
