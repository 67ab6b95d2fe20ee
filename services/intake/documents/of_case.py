"""Which form says what of a case. Pure: what is known of the case and its surroundings goes in, a form comes out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from contracts.intake.vocabulary import CaseState, Channel, IntervalKind, Outcome, PaymentMethod
from services.intake.documents.forms import (
    NOBODY,
    Apology,
    Applicant,
    Charge,
    ControlSlip,
    Entry,
    Form,
    Handover,
    Money,
    Note,
    Office,
    Paper,
    PaymentSlip,
    Receipt,
    Refusal,
    Register,
    StopNotice,
    Subject,
    SupplementRequest,
    Wanted,
)
from services.intake.domain.cases import Case
from services.intake.domain.fees import METHOD_WORDS, Fee
from services.worktime.clock import ZONE
from services.worktime.deadline import Deadline

_KINDS = ("Xã ", "Phường ", "Đặc khu ", "Thành phố ", "Tỉnh ")
_CHANNELS = {Channel.DIRECT: "trực tiếp", Channel.ONLINE: "trực tuyến", Channel.POST: "bưu chính"}
_APPLICANT, _RECEIVING, _DECIDING = "Người nộp hồ sơ", "Bộ phận tiếp nhận và trả kết quả", "Bộ phận giải quyết"
_MOST_NOTES = 3
_STOPS = {
    CaseState.STOPPED: ("stopped", "NĐ 118/2025 Đ19.5", ""),
    CaseState.WITHDRAWN: ("withdrawn", "NĐ 118/2025 Đ21", "Người nộp hồ sơ đề nghị rút hồ sơ."),
}
_WAITS = {
    IntervalKind.SUPPLEMENT: (
        Note("Yêu cầu bổ sung", "A supplement is asked for", "NĐ 118/2025 Đ19.5"),
        Note("Nhận bổ sung, tính lại thời hạn", "The supplement is in, the time starts anew", "NĐ 118/2025 Đ19.5"),
    ),
    IntervalKind.PAYMENT: (
        Note("Yêu cầu nộp tiền", "A payment is asked for"),
        Note("Đã nộp tiền", "The payment is in"),
    ),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What a form says beside the case itself: the names its codes stand for, whose it is, and what was handed in."""

    unit_name: str
    procedure_name: str
    applicant: Applicant = NOBODY
    papers: tuple[Paper, ...] = ()
    received_by: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a move said in words, and the facts of its event."""

    reason: str
    items: tuple[str, ...]
    facts: Mapping[str, Any]


_NOTHING = Said("", (), {})


@dataclass(frozen=True, slots=True)
class Story:
    """A case, what is known around it, and what its moves said, by the kind of event (`supplement-requested`)."""

    case: Case
    known: Known
    said: Mapping[str, Said]

    @property
    def office(self) -> Office:
        return office_of(self.known.unit_name)

    @property
    def subject(self) -> Subject:
        return subject_of(self.case, self.known)

    def reason(self, kind: str) -> str:
        return self.said[kind].reason if kind in self.said else ""


def office_of(unit_name: str) -> Office:
    """The centre of a commune, as the head of a form has it."""
    place = next((unit_name.removeprefix(kind) for kind in _KINDS if unit_name.startswith(kind)), unit_name)
    authority = f"Ủy ban nhân dân {unit_name[0].lower()}{unit_name[1:]}"
    return Office(authority, "Trung tâm Phục vụ hành chính công", place)


def subject_of(case: Case, known: Known) -> Subject:
    return Subject(case.case_code or "", known.procedure_name, case.procedure, known.applicant)


def receipt(case: Case, known: Known, deadline: Deadline, fees: Sequence[Fee], lookup: str) -> Receipt | None:
    """Form 01; none before the case is accepted."""
    if case.accepted_at is None or case.due_at is None:
        return None
    office = office_of(known.unit_name)
    due = [fee for fee in fees if fee.waived_at is None]
    charge = (
        Charge(
            Money(sum(fee.amount_vnd for fee in due)), "; ".join(fee.reason for fee in due), all(f.paid_at for f in due)
        )
        if due
        else None
    )
    return Receipt(
        office,
        subject_of(case, known),
        known.papers,
        case.accepted_at,
        case.due_at,
        tuple(_notes(deadline)),
        lookup,
        charge,
        office.name,
        known.received_by,
    )


def _notes(deadline: Deadline) -> Iterable[Note]:
    """How the date came about, in a few lines: the count of days, and what was stepped over."""
    days = [step for step in deadline.steps if step.kind == "working_day"]
    if days:
        yield Note(
            f"{len(days)} ngày làm việc, không tính ngày tiếp nhận",
            f"{len(days)} working days, not counting the day of acceptance",
            "NĐ 118/2025 Đ17.3; BLDS Đ147",
        )
    others = [step for step in deadline.steps if step.kind not in {"working_day", "accepted", "due", "first_day"}]
    for step in others[:_MOST_NOTES]:
        yield Note(step.note_vi, step.note_en, step.article)
    if len(others) > _MOST_NOTES:
        yield Note(f"và {len(others) - _MOST_NOTES} ngày nghỉ khác", f"and {len(others) - _MOST_NOTES} more days off")


def supplement_request(story: Story, _: date) -> SupplementRequest | None:
    """Form 02; none before something was asked for."""
    wait = next(iter(story.case.waited(IntervalKind.SUPPLEMENT)), None)
    if wait is None or wait.by is None:
        return None
    said = story.said.get("supplement-requested", _NOTHING)
    wanted = tuple(Wanted(item, said.reason) for item in said.items) or (Wanted(said.reason, ""),)
    return SupplementRequest(story.office, story.subject, wanted, wait.since, wait.by.astimezone(ZONE).date())


def refusal(story: Story, _: date) -> Refusal | None:
    """Form 03: of a case that was not accepted, or whose result is a refusal."""
    case = story.case
    if case.state is CaseState.DECLINED and case.ended_at:
        return Refusal(story.office, story.subject, (story.reason("declined"),), case.ended_at)
    if case.outcome is Outcome.REFUSED and case.completed_at:
        return Refusal(story.office, story.subject, (story.reason("completed"),), case.completed_at, on_merits=True)
    return None


def apology(story: Story, _: date) -> Apology | None:
    """Form 04; none where no new date was set."""
    case, said = story.case, story.said.get("extended")
    if said is None or case.extended_at is None or case.accepted_at is None:
        return None
    old, new = (datetime.fromisoformat(said.facts[name]) for name in ("old_due_at", "due_at"))
    return Apology(story.office, story.subject, case.accepted_at, old, new, said.reason, case.extended_at)


def stop_notice(story: Story, _: date) -> StopNotice | None:
    """Form 05: of a case that the centre stopped or the citizen took back."""
    case = story.case
    if case.state not in _STOPS or case.ended_at is None:
        return None
    kind, basis, usual = _STOPS[case.state]
    reason = story.reason(kind) or usual
    return StopNotice(story.office, story.subject, case.accepted_at, case.ended_at, reason, basis)


def control_slip(story: Story, on: date) -> ControlSlip | None:
    """Form 06 (before 15 September 2025: 05); none before the case is accepted."""
    case = story.case
    if case.accepted_at is None or case.due_at is None:
        return None
    steps = [
        Handover(case.submitted_at, _APPLICANT, _RECEIVING, Note("Nộp hồ sơ", "The case is handed in")),
        Handover(case.accepted_at, _RECEIVING, _DECIDING, Note("Tiếp nhận, chuyển hồ sơ", "Accepted and passed on")),
        *sorted((*_waits(case), *_new_date(case)), key=lambda step: step.at or case.submitted_at),
    ]
    if case.state in _STOPS:
        steps.append(Handover(case.ended_at, _DECIDING, _APPLICANT, Note("Dừng giải quyết", "The case ended")))
    else:
        done = Note("Có kết quả giải quyết", "The result is there")
        steps.append(Handover(case.completed_at, _DECIDING, _RECEIVING, done, _outcome(case)))
        given = Note("Trả kết quả", "The result is handed over")
        steps.append(Handover(case.returned_at, _RECEIVING, _APPLICANT, given))
    return ControlSlip(story.office, story.subject, case.accepted_at, case.due_at, tuple(steps), on)


def _waits(case: Case) -> Iterable[Handover]:
    for wait in case.waits:
        if wait.kind in _WAITS:
            asked, got = _WAITS[wait.kind]
            yield Handover(wait.since, _DECIDING, _APPLICANT, asked)
            if wait.until and wait.until != case.ended_at:
                yield Handover(wait.until, _APPLICANT, _DECIDING, got)


def _new_date(case: Case) -> Iterable[Handover]:
    if case.extended_at:
        said = Note("Xin lỗi và hẹn lại ngày trả", "An apology and a new date", "NĐ 118/2025 Đ19.6")
        yield Handover(case.extended_at, _DECIDING, _APPLICANT, said)


def _outcome(case: Case) -> str:
    if case.completed_at is None or case.due_at is None:
        return ""
    if case.completed_at == case.due_at:
        return "Đúng hạn"
    return "Trước hạn" if case.completed_at < case.due_at else "Quá hạn"


def register(
    unit_name: str,
    first: date,
    last: date,
    cases: Iterable[Case],
    names: Mapping[str, str],
    applicants: Mapping[UUID, Applicant],
    on: date,
) -> Register:
    """The register of accepted cases; `names` are those of procedures, by code, `applicants` by whose case it is.

    Whom `applicants` lacks is left to the pen.
    """
    entries = tuple(
        Entry(
            case.case_code or "",
            names.get(case.procedure, case.procedure),
            applicants.get(case.applicant, NOBODY) if case.applicant else NOBODY,
            _CHANNELS[case.channel],
            case.accepted_at,
            case.due_at,
            case.completed_at,
            case.returned_at,
            _outcome(case) if case.state in {CaseState.COMPLETED, CaseState.RETURNED} else "",
        )
        for case in cases
        if case.accepted_at and case.due_at
    )
    return Register(office_of(unit_name), first, last, entries, on)


def payment_slip(case: Case, known: Known, fee: Fee) -> PaymentSlip | None:
    """The slip for a fee; none before it is paid."""
    if fee.paid_at is None or fee.receipt_number is None:
        return None
    return PaymentSlip(
        office_of(known.unit_name),
        subject_of(case, known),
        fee.receipt_number,
        Money(fee.amount_vnd),
        fee.reason,
        Note(*METHOD_WORDS[fee.method or PaymentMethod.CASH]),
        fee.paid_at,
        fee.reference,
    )


MAKERS: dict[type[Form], Callable[[Story, date], Form | None]] = {
    SupplementRequest: supplement_request,
    Refusal: refusal,
    Apology: apology,
    StopNotice: stop_notice,
    ControlSlip: control_slip,
}
"""Forms that follow from a case's story alone; a receipt needs its deadline and fees as well."""


def days_of_issue(story: Story, today: date) -> dict[type[Form], date]:
    """The day of issue of each form that a case has, which decides on its set; printed again it stays the same.

    A control slip is of today.
    """
    case = story.case
    asked = case.waited(IntervalKind.SUPPLEMENT)
    refused_at = case.ended_at if case.state is CaseState.DECLINED else case.completed_at
    instants: dict[type[Form], datetime | None] = {
        Receipt: case.accepted_at,
        SupplementRequest: asked[0].since if asked else None,
        Refusal: refused_at,
        Apology: case.extended_at,
        StopNotice: case.ended_at,
    }
    return {kind: at.astimezone(ZONE).date() for kind, at in instants.items() if at} | {ControlSlip: today}
