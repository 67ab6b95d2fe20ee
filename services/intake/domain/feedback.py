"""The rules of ratings and complaints.

Pure: decides from values. What it says no to raises `Refused` with a stable code.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from contracts.envelope import Actor
from contracts.intake.commands.feedback import FileComplaint, RateResult
from contracts.intake.events import feedback as events
from contracts.intake.feedback import (
    COMPLAINT_MOVE,
    ComplaintMove,
    ComplaintOutcome,
    ComplaintState,
    ComplaintSubject,
    FeedbackReason,
    Satisfaction,
)
from contracts.intake.refusals import AssistanceRefusal
from contracts.refusals import CommonRefusal, refuse
from contracts.roles import Role
from services.intake.domain.limits import ComplaintLimits, RatingLimits
from services.intake.domain.linked import LinkedCase
from services.worktime.calendar import Calendar
from services.worktime.clock import ZONE


@dataclass(frozen=True, slots=True)
class Rating:
    """How content somebody is with a case's result. `rated_at`: first; `changed_at`: last."""

    id: UUID
    case_id: UUID
    receiving_unit: str
    deciding_unit: str
    province: str
    procedure: str
    field: str
    answer: Satisfaction
    reason: FeedbackReason | None
    rated_at: datetime
    changed_at: datetime
    version: int = 1

    def changeable_until(self, limits: RatingLimits) -> datetime:
        return self.rated_at + timedelta(days=limits.changeable_days)


def rate(
    rating_id: UUID, case: LinkedCase, before: Rating | None, wish: RateResult, now: datetime, limits: RatingLimits
) -> Rating:
    """The rating as it is now. Refused: no result yet, or given too long ago to be changed."""
    if not case.has_result:
        raise refuse(
            AssistanceRefusal.NO_RESULT_YET,
            "Hồ sơ chưa có kết quả; hãy đánh giá sau khi nhận kết quả.",
            "The case has no result yet; rate it once there is one.",
            field="case_code",
        )
    if wish.reason is not None and wish.answer is not Satisfaction.DISSATISFIED:
        raise refuse(
            CommonRefusal.INVALID,
            "Chỉ ghi lý do khi không hài lòng.",
            "A reason goes with `dissatisfied` only.",
            field="reason",
        )
    if before is None:
        return Rating(
            rating_id,
            case.id,
            case.receiving_unit,
            case.deciding_unit,
            case.province,
            case.procedure,
            case.field,
            wish.answer,
            wish.reason,
            now,
            now,
        )
    if now > before.changeable_until(limits):
        raise refuse(
            AssistanceRefusal.TOO_LATE_TO_CHANGE,
            f"Đánh giá chỉ đổi được trong {limits.changeable_days} ngày.",
            f"A rating can be changed within {limits.changeable_days} days only.",
            field="case_code",
        )
    return replace(before, answer=wish.answer, reason=wish.reason, changed_at=now, version=before.version + 1)


def rated(rating: Rating) -> events.RatingRecorded:
    return events.RatingRecorded(
        rating_id=rating.id,
        case_id=rating.case_id,
        receiving_unit=rating.receiving_unit,
        deciding_unit=rating.deciding_unit,
        procedure=rating.procedure,
        field=rating.field,
        answer=rating.answer,
        reason=rating.reason,
        rated_at=rating.changed_at,
    )


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint as it stands. `ended_at`: closed or withdrawn.

    `acknowledge_days`, `answer_days`: the working days that it was given; a change of theirs is for later complaints.
    """

    id: UUID
    unit: str
    province: str
    subject: ComplaintSubject
    reason: FeedbackReason
    case_id: UUID | None
    procedure: str | None
    field: str | None
    filed_by: str
    about_actor: str | None
    filed_at: datetime
    acknowledge_by: datetime
    answer_by: datetime
    acknowledge_days: int
    answer_days: int
    state: ComplaintState = ComplaintState.FILED
    acknowledged_at: datetime | None = None
    answered_at: datetime | None = None
    outcome: ComplaintOutcome | None = None
    ended_at: datetime | None = None
    version: int = 1

    def overdue(self, now: datetime) -> bool:
        """Whether its next step is late."""
        match self.state:
            case ComplaintState.FILED:
                return now > self.acknowledge_by
            case ComplaintState.ACKNOWLEDGED:
                return now > self.answer_by
            case _:
                return False


Step = tuple[Complaint, events.ComplaintFact]


def check_wish(wish: FileComplaint) -> None:
    """Refused: a case without its code, anything else without its unit, or both."""
    about_case = wish.subject is ComplaintSubject.CASE
    if about_case != (wish.case_code is not None) or about_case == (wish.unit is not None):
        raise refuse(
            CommonRefusal.INVALID,
            "Về hồ sơ: ghi mã hồ sơ, không ghi đơn vị. Về đơn vị hay thái độ: chỉ ghi đơn vị.",
            "About a case: give its code and no unit. About a unit or conduct: give the unit only.",
            field="case_code" if about_case else "unit",
        )


def file(
    wish: FileComplaint, actor: Actor, place: tuple[str, str], case: LinkedCase | None, calendar: Calendar,
    now: datetime, limits: ComplaintLimits,
) -> Step:  # fmt: skip
    """A new complaint at a place (unit, province); its limits end at the close of a working day of the unit."""
    complaint = Complaint(
        wish.complaint_id,
        *place,
        wish.subject,
        wish.reason,
        case.id if case else None,
        case.procedure if case else None,
        case.field if case else None,
        actor.id,
        wish.about_actor,
        now,
        close_after(calendar, now, limits.acknowledge_days),
        close_after(calendar, now, limits.answer_days),
        limits.acknowledge_days,
        limits.answer_days,
    )
    return complaint, complaint_fact(
        events.ComplaintFiled,
        complaint,
        filed_at=now,
        acknowledge_by=complaint.acknowledge_by,
        answer_by=complaint.answer_by,
    )


def acknowledge(complaint: Complaint, actor: Actor, now: datetime) -> Step:
    after = replace(_moved(complaint, "acknowledge-complaint", actor), acknowledged_at=now)
    return after, complaint_fact(events.ComplaintAcknowledged, after, acknowledged_at=now)


def answer(complaint: Complaint, actor: Actor, outcome: ComplaintOutcome, now: datetime) -> Step:
    after = replace(_moved(complaint, "answer-complaint", actor), answered_at=now, outcome=outcome)
    return after, complaint_fact(events.ComplaintAnswered, after, answered_at=now, outcome=outcome)


def close(complaint: Complaint, actor: Actor, now: datetime) -> Step:
    """By a head, or by whoever filed it and is content with the answer."""
    after = replace(_moved(complaint, "close-complaint", actor), ended_at=now)
    return after, complaint_fact(events.ComplaintClosed, after, closed_at=now, outcome=after.outcome)


def withdraw(complaint: Complaint, actor: Actor, now: datetime) -> Step:
    after = replace(_moved(complaint, "withdraw-complaint", actor), ended_at=now)
    return after, complaint_fact(events.ComplaintWithdrawn, after, withdrawn_at=now)


def close_after(calendar: Calendar, start: datetime, days: int) -> datetime:
    """The close of the so-many-th working day after the day of `start`."""
    day = start.astimezone(ZONE).date()
    for _ in range(days):
        day = calendar.next_working_day(day)
    return calendar.close_of(day)


def _moved(complaint: Complaint, verb: str, actor: Actor) -> Complaint:
    move = COMPLAINT_MOVE[verb]
    if complaint.state not in move.sources:
        raise refuse(
            AssistanceRefusal.WRONG_STATE,
            f"Phản ánh đang “{_STATE_VI[complaint.state]}”; cần “{_names_vi(move)}”.",
            f"The complaint is {complaint.state}; it must be {' or '.join(sorted(move.sources))}.",
            field="complaint_id",
            state=complaint.state,
        )
    if actor.role is Role.CITIZEN and actor.id != complaint.filed_by:
        raise refuse(
            AssistanceRefusal.NOT_YOURS,
            "Phản ánh này do người khác gửi.",
            "Somebody else filed this complaint.",
            field="complaint_id",
        )
    if move.not_by_its_object and actor.id == complaint.about_actor:
        raise refuse(
            AssistanceRefusal.CONFLICT_OF_INTEREST,
            "Phản ánh nói về chính bạn; người khác phải xử lý.",
            "The complaint is about yourself; somebody else has to deal with it.",
            field="complaint_id",
        )
    return replace(complaint, state=move.target, version=complaint.version + 1)


_STATE_VI = {
    ComplaintState.FILED: "mới gửi",
    ComplaintState.ACKNOWLEDGED: "đã tiếp nhận",
    ComplaintState.ANSWERED: "đã trả lời",
    ComplaintState.CLOSED: "đã đóng",
    ComplaintState.WITHDRAWN: "đã rút",
}


def _names_vi(move: ComplaintMove) -> str:
    return "” hoặc “".join(_STATE_VI[state] for state in sorted(move.sources))


Fact = TypeVar("Fact", bound=events.ComplaintFact)


def complaint_fact(kind: type[Fact], complaint: Complaint, **facts: Any) -> Fact:
    """An event of a complaint."""
    return kind(
        complaint_id=complaint.id,
        unit=complaint.unit,
        subject=complaint.subject,
        reason=complaint.reason,
        case_id=complaint.case_id,
        procedure=complaint.procedure,
        field=complaint.field,
        **facts,
    )
