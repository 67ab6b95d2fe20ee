"""Which form says what of a case. Pure: what is known of the case and its surroundings goes in, a form comes out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from contracts.intake.vocabulary import CaseState, Channel
from services.intake.documents.forms import (
    NOBODY,
    Applicant,
    Charge,
    ControlSlip,
    Entry,
    Handover,
    Money,
    Note,
    Office,
    Paper,
    PaymentSlip,
    Receipt,
    Register,
    Subject,
)
from services.intake.domain.cases import Case
from services.intake.domain.fees import METHOD_WORDS, Fee, Method
from services.worktime.clock import ZONE
from services.worktime.deadline import Deadline

_KINDS = ("Xã ", "Phường ", "Đặc khu ", "Thành phố ", "Tỉnh ")
_CHANNELS = {Channel.DIRECT: "trực tiếp", Channel.ONLINE: "trực tuyến", Channel.POST: "bưu chính"}
_APPLICANT, _RECEIVING, _DECIDING = "Người nộp hồ sơ", "Bộ phận tiếp nhận và trả kết quả", "Bộ phận giải quyết"
_MOST_NOTES = 3


@dataclass(frozen=True, slots=True)
class Known:
    """What a form says beside the case itself: the names its codes stand for, whose it is, and what was handed in."""

    unit_name: str
    procedure_name: str
    applicant: Applicant = NOBODY
    papers: tuple[Paper, ...] = ()
    received_by: str = ""


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


def control_slip(case: Case, known: Known, on: date) -> ControlSlip | None:
    """Form 06 (before 15 September 2025: 05); none before the case is accepted."""
    if case.accepted_at is None or case.due_at is None:
        return None
    steps = [
        Handover(case.submitted_at, _APPLICANT, _RECEIVING, Note("Nộp hồ sơ", "The case is handed in")),
        Handover(case.accepted_at, _RECEIVING, _DECIDING, Note("Tiếp nhận, chuyển hồ sơ", "Accepted and passed on")),
        Handover(
            case.completed_at,
            _DECIDING,
            _RECEIVING,
            Note("Có kết quả giải quyết", "The result is there"),
            _outcome(case),
        ),
        Handover(case.returned_at, _RECEIVING, _APPLICANT, Note("Trả kết quả", "The result is handed over")),
    ]
    office = office_of(known.unit_name)
    return ControlSlip(office, subject_of(case, known), case.accepted_at, case.due_at, tuple(steps), on)


def _outcome(case: Case) -> str:
    if case.completed_at is None or case.due_at is None:
        return ""
    if case.completed_at == case.due_at:
        return "Đúng hạn"
    return "Trước hạn" if case.completed_at < case.due_at else "Quá hạn"


def register(
    unit_name: str, first: date, last: date, cases: Iterable[Case], names: dict[str, str], on: date
) -> Register:
    """The register of accepted cases; `names` are those of procedures, by code."""
    entries = tuple(
        Entry(
            case.case_code or "",
            names.get(case.procedure, case.procedure),
            "",
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
        Note(*METHOD_WORDS[fee.method or Method.CASH]),
        fee.paid_at,
        fee.reference,
    )


def day_of(case: Case) -> date | None:
    """The day of a receipt's issue, which decides on its form set."""
    return case.accepted_at.astimezone(ZONE).date() if case.accepted_at else None
