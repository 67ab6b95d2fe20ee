"""Fees of cases: asked for once, then paid or waived, never both."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from contracts.intake.refusals import IntakeRefusal
from contracts.intake.vocabulary import CaseState, PaymentMethod
from contracts.refusals import CommonRefusal, refuse
from services.worktime.clock import iso, written

_LARGEST = 10_000_000_000

METHOD_WORDS = {
    PaymentMethod.CASH: ("tiền mặt", "cash"),
    PaymentMethod.TRANSFER: ("chuyển khoản", "bank transfer"),
    PaymentMethod.PORTAL: ("Cổng Dịch vụ công", "service portal"),
    PaymentMethod.POS: ("thẻ", "card"),
}


WAIVED_WITH_ITS_CASE = {
    CaseState.WITHDRAWN: "Hồ sơ đã rút / the case was withdrawn",
    CaseState.STOPPED: "Hồ sơ dừng giải quyết / the case was stopped",
    CaseState.DECLINED: "Hồ sơ không được tiếp nhận / the case was declined",
}
"""Why a fee is waived that was open when its case came to this end."""
PAID_ELSEWHERE = "Hệ thống khác ghi là không còn chờ nộp / another system says that it is not awaited any more"
"""Why a fee is waived that another system's log says is settled: there is no slip of ours for it."""


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee in đồng. `unit` is who takes it: its slips are numbered through."""

    id: UUID
    case_id: UUID
    unit: str
    amount_vnd: int
    reason: str
    asked_at: datetime
    asked_by: str
    paid_at: datetime | None = None
    method: PaymentMethod | None = None
    reference: str = ""
    receipt_year: int | None = None
    receipt_serial: int | None = None
    recorded_by: str | None = None
    waived_at: datetime | None = None
    waived_by: str | None = None
    waive_reason: str | None = None

    @property
    def settled(self) -> bool:
        """Whether it is paid or waived."""
        return self.paid_at is not None or self.waived_at is not None

    @property
    def receipt_number(self) -> str | None:
        """E.g. `31570-2025-000012`; none before it is paid."""
        if self.receipt_serial is None:
            return None
        return f"{self.unit}-{self.receipt_year}-{self.receipt_serial:06}"


def ask(fee: Fee) -> Fee:
    """A new fee. Refused: an amount that cannot be meant, or no reason."""
    if not 0 < fee.amount_vnd <= _LARGEST:
        raise refuse(
            CommonRefusal.INVALID,
            f"Số tiền {fee.amount_vnd} đồng không hợp lệ; phải từ 1 đến {_LARGEST} đồng.",
            f"An amount of {fee.amount_vnd} đồng makes no sense; 1 to {_LARGEST} does.",
            field="amount_vnd",
        )
    if not fee.reason.strip():
        raise refuse(
            CommonRefusal.INVALID,
            "Phải ghi khoản thu là phí, lệ phí gì.",
            "Say what the fee is for.",
            field="reason",
        )
    return fee


def pay(fee: Fee, at: datetime, method: PaymentMethod, reference: str, actor: str, year: int, serial: int) -> Fee:
    """The fee, paid. Refused: see `check_open`; paid before it was asked for."""
    check_open(fee)
    if at < fee.asked_at:
        raise refuse(
            IntakeRefusal.IMPOSSIBLE_TIME,
            f"Thời điểm nộp {written(at, seconds=True)} trước khi có yêu cầu ({written(fee.asked_at, seconds=True)}).",
            f"Paid at {iso(at)}, before it was asked for ({iso(fee.asked_at)}).",
            field="paid_at",
        )
    return replace(
        fee,
        paid_at=at,
        method=method,
        reference=reference,
        recorded_by=actor,
        receipt_year=year,
        receipt_serial=serial,
    )


def waive(fee: Fee, at: datetime, reason: str, actor: str) -> Fee:
    """The fee, waived. Refused: see `check_open`; no reason."""
    check_open(fee)
    if not reason.strip():
        raise refuse(CommonRefusal.INVALID, "Phải ghi lý do miễn.", "Say why it is waived.", field="reason")
    return replace(fee, waived_at=at, waived_by=actor, waive_reason=reason)


def check_open(fee: Fee) -> None:
    """Refused: paid or waived already."""
    if fee.settled:
        done = (f"đã nộp, phiếu {fee.receipt_number}", f"paid: slip {fee.receipt_number}")
        vi, en = done if fee.paid_at else ("đã được miễn", "waived")
        raise refuse(IntakeRefusal.FEE_SETTLED, f"Khoản này {vi}.", f"This fee is {en}.", field="fee_id")
