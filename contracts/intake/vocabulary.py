"""The words that intake's messages share."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

UnitCode = Annotated[str, Field(pattern=r"^(\d{2}|\d{5})$", description="province (2 digits) or commune (5 digits)")]
CommuneCode = Annotated[str, Field(pattern=r"^\d{5}$")]
ProvinceCode = Annotated[str, Field(pattern=r"^\d{2}$")]
ProcedureCode = Annotated[str, Field(pattern=r"^\d\.\d{6}(\.\d{3}\.\d{2}\.\d{2}\.H\d{2})?$")]
CaseCode = Annotated[
    str,
    Field(
        pattern=r"^H\d{2}(\.\d{2,3}){0,3}-\d{6}-\d{4,7}$",
        description="deciding agency, day (yymmdd), serial of the day: Decree 118/2025 Art 28",
    ),
]


class Channel(StrEnum):
    """How a case came in."""

    DIRECT = "direct"
    ONLINE = "online"
    POST = "post"


class UnitKind(StrEnum):
    """Kinds of administrative unit since 1 July 2025."""

    PROVINCE = "province"
    CITY = "city"
    COMMUNE = "commune"
    WARD = "ward"
    SPECIAL_ZONE = "special_zone"


class CaseState(StrEnum):
    """Where a case stands. The moves between them are the table in `contracts.intake.lifecycle`."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    IN_PROGRESS = "in_progress"
    SUPPLEMENT_REQUESTED = "supplement_requested"
    AWAITING_PAYMENT = "awaiting_payment"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"
    COMPLETED = "completed"
    RETURNED = "returned"


STATE_NAMES: dict[CaseState, tuple[str, str]] = {
    CaseState.SUBMITTED: ("mới nộp", "submitted"),
    CaseState.ACCEPTED: ("đã tiếp nhận", "accepted"),
    CaseState.DECLINED: ("không được tiếp nhận", "declined"),
    CaseState.IN_PROGRESS: ("đang xử lý", "in progress"),
    CaseState.SUPPLEMENT_REQUESTED: ("chờ bổ sung", "supplement requested"),
    CaseState.AWAITING_PAYMENT: ("chờ nộp tiền", "awaiting payment"),
    CaseState.WITHDRAWN: ("công dân rút", "withdrawn"),
    CaseState.STOPPED: ("dừng xử lý", "stopped"),
    CaseState.COMPLETED: ("đã có kết quả", "completed"),
    CaseState.RETURNED: ("đã trả kết quả", "returned"),
}
"""For people, in Vietnamese and English."""


class Outcome(StrEnum):
    """What was decided. A refusal on the merits (Decree 118/2025 Art 19.3) is a result, too."""

    GRANTED = "granted"
    REFUSED = "refused"


class StopCause(StrEnum):
    """Why the centre stopped a case."""

    SUPPLEMENT_NOT_COMPLETED = "supplement-not-completed"
    OTHER = "other"


class PaymentMethod(StrEnum):
    """How a fee was paid."""

    CASH = "cash"
    TRANSFER = "transfer"
    PORTAL = "portal"
    POS = "pos"


class LimitKind(StrEnum):
    """What has to be done by an instant that is reckoned in a unit's working time: of cases, then of complaints."""

    DUE = "due"
    ACCEPTANCE = "acceptance"
    SUPPLEMENT = "supplement"
    CORRECTION = "correction"
    ACKNOWLEDGEMENT = "acknowledgement"
    ANSWER = "answer"


LIMIT_NAMES: dict[LimitKind, tuple[str, str, str]] = {
    LimitKind.DUE: ("hạn trả kết quả", "the result", "NĐ 118/2025 Đ17.3"),
    LimitKind.ACCEPTANCE: ("hạn tiếp nhận hồ sơ trực tuyến", "accepting an online case", "NĐ 118/2025 Đ17.2"),
    LimitKind.SUPPLEMENT: ("hạn bổ sung hồ sơ", "the citizen's supplement", "NĐ 118/2025 Đ19.5"),
    LimitKind.CORRECTION: ("hạn sửa kết quả có sai sót", "correcting the result", "NĐ 118/2025 Đ23.1"),
    LimitKind.ACKNOWLEDGEMENT: ("hạn tiếp nhận phản ánh", "acknowledging a complaint", ""),
    LimitKind.ANSWER: ("hạn trả lời phản ánh", "answering a complaint", ""),
}
"""For people, in Vietnamese and English; with the article, where one gives it."""


class Urgency(StrEnum):
    """How a case that waits stands to the limit of its next step, the most urgent first.

    `due-soon`: it passes by the end of the next working day, so that this is the last one on which an apology can set
    a new date (Decree 118/2025 Art 19.6: a day before). `no-limit`: no text gives one. `ready`: the result waits to be
    picked up, which is no delay of the office.
    """

    OVERDUE = "overdue"
    DUE_SOON = "due-soon"
    IN_TIME = "in-time"
    NO_LIMIT = "no-limit"
    READY = "ready"


URGENCY_NAMES: dict[Urgency, tuple[str, str]] = {
    Urgency.OVERDUE: ("quá hạn", "overdue"),
    Urgency.DUE_SOON: ("sắp đến hạn", "due soon"),
    Urgency.IN_TIME: ("trong hạn", "in time"),
    Urgency.NO_LIMIT: ("không có hạn", "no limit"),
    Urgency.READY: ("chờ nhận kết quả", "ready for pickup"),
}
"""For people, in Vietnamese and English."""


class IntervalKind(StrEnum):
    """What a case waited for, between two instants."""

    SUPPLEMENT = "supplement"
    PAYMENT = "payment"
    CORRECTION = "correction"
