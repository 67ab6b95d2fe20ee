"""What a row of a case log tells of a case, and what of it is new. Pure.

A row states instants, not moves: those that are not known yet become the moves of a living case, in their order. What
another system did too late or too often is taken over as it was.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.free_text import control_in, secret_in
from contracts.intake.commands.importing import LogRow
from contracts.intake.events.cases import CaseAmended
from contracts.intake.people import PersonDetails
from contracts.intake.refusals import IntakeRefusal
from contracts.intake.vocabulary import CaseState, Channel, IntervalKind, Outcome, StopCause
from contracts.refusals import CommonRefusal, Refused, refuse
from services.intake.domain import moves
from services.intake.domain.cases import EARLIEST, Case, case_code_taken, fact, moved
from services.intake.domain.terms import Terms
from services.worktime.clock import ZONE

_MAIN = ("submitted_at", "accepted_at", "declined_at", "withdrawn_at", "stopped_at", "completed_at", "returned_at")
_BETWEEN = (
    "started_at",
    "supplement_requested_at",
    "supplement_completed_at",
    "payment_requested_at",
    "paid_at",
)
_ENDS = frozenset({"declined_at", "withdrawn_at", "stopped_at", "completed_at", "returned_at"})
_FOLLOWS = {
    "accepted_at": "submitted_at",
    "completed_at": "accepted_at",
    "returned_at": "completed_at",
    "declined_at": "submitted_at",
    "withdrawn_at": "submitted_at",
    "stopped_at": "submitted_at",
    "started_at": "accepted_at",
    "supplement_requested_at": "submitted_at",
    "supplement_completed_at": "supplement_requested_at",
    "payment_requested_at": "accepted_at",
    "paid_at": "payment_requested_at",
    "new_due_at": "accepted_at",
}

_WORDS = ("reason", "applicant_name", "applicant_id_number", "applicant_phone")
_LONGEST = {"reason": 1_000}
_LONGEST_OTHERWISE = 300

TermsOf = Callable[[Case, datetime], Terms]


@dataclass(frozen=True, slots=True)
class ToldStep:
    """A step that a row tells of: the column, and the instant in it."""

    column: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """A row, read: `steps` stand in the order in which they have to be taken."""

    row: LogRow
    channel: Channel
    steps: tuple[ToldStep, ...]

    @property
    def submitted_at(self) -> datetime:
        return self.steps[0].at


def read(row: LogRow) -> Told:
    """The steps of a row. Refused: no instant, a step without the one before it, a password in a reason, a text that
    cannot be kept."""
    for column in _WORDS:
        _check_words(column, getattr(row, column))
    if row.reason and secret_in(row.reason):
        raise refuse(
            CommonRefusal.SECRET_NOT_ACCEPTED,
            "Không nhận mã xác thực hay mật khẩu trong lý do.",
            "One-time codes and passwords are not accepted in a reason.",
            field="reason",
        )
    instants = {column: at for column in (*_MAIN, *_BETWEEN, "new_due_at") if (at := parse_instant(row, column))}
    for later in instants:
        if (earlier := _FOLLOWS.get(later)) and earlier not in instants:
            raise _gap(earlier, later)
    if "submitted_at" not in instants:
        raise _gap("submitted_at", "case_code")
    steps = [ToldStep(column, instants[column]) for column in _MAIN if column in instants]
    for column in _BETWEEN:
        if column in instants:
            steps.insert(_place(steps, column, instants[column]), ToldStep(column, instants[column]))
    if new_due_at := instants.get("new_due_at"):
        # Last of all while a new date can be set: not once the papers were asked for, if they did not come.
        until = _ENDS if "supplement_completed_at" in instants else _ENDS | {"supplement_requested_at"}
        place = next((i for i, step in enumerate(steps) if step.column in until), len(steps))
        steps.insert(place, ToldStep("new_due_at", new_due_at))
    return Told(row, _channel(row.channel), tuple(steps))


def names_somebody(row: LogRow) -> bool:
    """Whether a row says whose case it is."""
    return bool(row.applicant_name or row.applicant_id_number or row.applicant_phone)


def applicant_of(row: LogRow) -> PersonDetails:
    """Whose case it is, as the row says."""
    return PersonDetails(
        full_name=row.applicant_name, id_number=row.applicant_id_number or None, phone=row.applicant_phone or None
    )


def continued(case: Case, told: Told, terms_of: TermsOf, now: datetime) -> Case:
    """The case after the steps that it did not know; the same if it knew them all. Refused: a step cannot be."""
    known = instants(case)
    for step in told.steps:
        if step.column not in known:
            case = _take(case, step, terms_of, now)
    return case


def attributed(case: Case, person: UUID, now: datetime) -> Case:
    """A case of which nobody had said whose it is, once somebody does. Its event names nobody."""
    return moved(case, fact(CaseAmended, case, amended_at=now), applicant=person)


def check_same(case: Case, told: Told) -> None:
    """Refused: a row tells another story of a case than is known of it."""
    row, known = told.row, instants(case)
    same = (case.receiving_unit, case.deciding_unit, case.procedure, case.channel) == (
        row.unit,
        row.deciding_unit,
        row.procedure,
        told.channel,
    )
    if not same or any(known.get(step.column, step.at) != step.at for step in told.steps):
        raise case_code_taken(row.case_code)


def instants(case: Case) -> dict[str, datetime]:
    """What is known of a case, by the column that would tell it; an interval that ended with the case has an end."""
    known: dict[str, datetime | None] = {
        "submitted_at": case.submitted_at if case.version else None,
        "accepted_at": case.accepted_at,
        "started_at": case.started_at,
        "completed_at": case.completed_at,
        "returned_at": case.returned_at,
        "new_due_at": case.new_due_at,
    }
    if case.ended_at:
        known[f"{case.state}_at"] = case.ended_at
    for kind, since, until in (
        (IntervalKind.SUPPLEMENT, "supplement_requested_at", "supplement_completed_at"),
        (IntervalKind.PAYMENT, "payment_requested_at", "paid_at"),
    ):
        for wait in case.waited(kind)[:1] if case.waits else ():
            known |= {since: wait.since, until: wait.until}
    return {column: at for column, at in known.items() if at is not None}


def _take(case: Case, step: ToldStep, terms_of: TermsOf, now: datetime) -> Case:  # noqa: PLR0911, PLR0912 - a table
    at = step.at

    def terms() -> Terms:
        return terms_of(case, at if step.column != "new_due_at" else case.moved_at)

    try:
        match step.column:
            case "submitted_at":
                return moves.submit(case, terms(), now)
            case "accepted_at":
                return moves.accept(case, terms(), case.case_code or "", at, now)
            case "started_at":
                return moves.start(case, at, now)
            case "supplement_requested_at":
                return moves.request_supplement(case, terms(), "", at, now, lawful=False)
            case "supplement_completed_at":
                return moves.complete_supplement(case, terms(), at, now)
            case "payment_requested_at":
                return moves.request_payment(case, None, "", at, now, lawful=False)
            case "paid_at":
                amount = case.open_wait.amount if case.open_wait else None
                return moves.record_payment(case, terms(), amount, at, now)
            case "new_due_at":
                if at == case.due_at or _was_replaced(at, case):
                    return case
                return moves.extend(case, terms(), at, "", case.moved_at, now, lawful=False)
            case "declined_at":
                return moves.decline(case, "", at, now, lawful=False)
            case "withdrawn_at":
                return moves.withdraw(case, at, now)
            case "stopped_at":
                awaited = case.state is CaseState.SUPPLEMENT_REQUESTED
                cause = StopCause.SUPPLEMENT_NOT_COMPLETED if awaited else StopCause.OTHER
                return moves.stop(case, cause, "", at, now, lawful=False)
            case "completed_at":
                return moves.complete(case, Outcome.GRANTED, "", at, now)
            case _:
                return moves.hand_over(case, at, now)
    except Refused as refused:
        # A move names its own field; the row has another name for it.
        raise Refused(refused.refusal.model_copy(update={"field": step.column})) from refused


def _was_replaced(new_due_at: datetime, case: Case) -> bool:
    """A date announced for a deadline that has moved beyond it: the clock started anew, or stood for a payment."""
    return case.due_at is not None and case.due_at != case.first_due_at and new_due_at < case.due_at


def _place(steps: list[ToldStep], column: str, at: datetime) -> int:
    """Before the first main step that is later; at the same instant an ending comes last."""
    least = next(i for i, step in enumerate(steps) if step.column == _FOLLOWS[column]) + 1
    for place in range(least, len(steps)):
        other = steps[place]
        if other.at > at or (other.at == at and other.column in _ENDS):
            return place
    return len(steps)


def parse_instant(row: LogRow, column: str) -> datetime | None:
    """An instant of a log row. Refused: not ISO 8601, or without an offset."""
    text: str = getattr(row, column)
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None and at.year >= EARLIEST.year:  # what lies before all cases is refused later on
            at = at.astimezone(ZONE)  # in one zone, so that instants compare without reckoning
    except (ValueError, OverflowError):
        at = None
    if at is None or at.tzinfo is None:
        raise refuse(
            CommonRefusal.INVALID,
            f"“{text}” không phải thời điểm ISO 8601 có múi giờ, ví dụ 2025-07-01T08:30+07:00.",
            f"“{text}” is not an ISO 8601 instant with an offset, such as 2025-07-01T08:30+07:00.",
            field=column,
        )
    return at


def _check_words(column: str, text: str) -> None:
    """Refused: longer than what commands may carry, or with a control character. It repeats nothing."""
    longest = _LONGEST.get(column, _LONGEST_OTHERWISE)
    if len(text) > longest:
        raise refuse(
            CommonRefusal.INVALID, f"Dài quá {longest} ký tự.", f"Longer than {longest} characters.", field=column
        )
    if (control := control_in(text)) is not None:
        raise refuse(
            CommonRefusal.INVALID,
            f"Có ký tự điều khiển {control}; hãy xóa đi.",
            f"There is the control character {control}; take it out.",
            field=column,
        )


def _gap(earlier: str, later: str) -> Refused:
    return refuse(
        IntakeRefusal.IMPOSSIBLE_TIME,
        f"Có {later} nhưng thiếu {earlier}.",
        f"There is {later} but no {earlier}.",
        field=earlier,
    )


def _channel(text: str) -> Channel:
    try:
        return Channel(text)
    except ValueError:
        allowed = ", ".join(Channel)
        raise refuse(
            CommonRefusal.INVALID,
            f"Kênh “{text}” không hợp lệ; chỉ dùng {allowed}.",
            f"“{text}” is no channel; use {allowed}.",
            field="channel",
        ) from None
