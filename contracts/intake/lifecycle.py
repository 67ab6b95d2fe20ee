"""The life of a case (Decree 118/2025/NĐ-CP) as one table: from which state, by whom, to where, on what conditions.

Intake decides by it, commands are allowed by it, tests walk it, and pages show it. Volunteers and leads are in no row:
they guide and record, and never accept, decide, refuse or set a date.
"""

from dataclasses import dataclass
from enum import StrEnum

from contracts.intake.refusals import IntakeRefusal
from contracts.intake.vocabulary import CaseState
from contracts.roles import Role


class Condition(StrEnum):
    """What has to hold besides the state. Each is refused with a code of its own, see `CONDITIONS`."""

    PROCEDURE_HAS_A_LIMIT = "procedure-has-a-limit"
    CODE_OF_DECIDING_UNIT = "code-of-deciding-unit"
    IMMEDIATE_PROCEDURE = "immediate-procedure"
    REASON_GIVEN = "reason-given"
    FIRST_SUPPLEMENT = "first-supplement"
    NOTICE_IN_TIME = "notice-in-time"
    FIRST_EXTENSION = "first-extension"
    EXTENSION_IN_TIME = "extension-in-time"
    LATER_DATE = "later-date"
    COMPLETION_OVERDUE = "completion-overdue"
    RECEIPT_GIVEN = "receipt-given"
    CORRECTION_OPEN = "correction-open"
    NO_CORRECTION_OPEN = "no-correction-open"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A condition for people: what it asks, where it stands, and with which code it refuses."""

    vi: str
    en: str
    article: str
    refusal: IntakeRefusal


CONDITIONS: dict[Condition, Meaning] = {
    Condition.PROCEDURE_HAS_A_LIMIT: Meaning(
        "Thủ tục có thời hạn giải quyết còn hiệu lực",
        "The procedure has a processing time in force",
        "NĐ 118/2025 Đ17.3",
        IntakeRefusal.NO_PROCESSING_TIME,
    ),
    Condition.CODE_OF_DECIDING_UNIT: Meaning(
        "Mã hồ sơ duy nhất, theo mã cơ quan giải quyết",
        "One code only, beginning with the deciding agency's",
        "NĐ 118/2025 Đ28",
        IntakeRefusal.CASE_CODE_TAKEN,
    ),
    Condition.IMMEDIATE_PROCEDURE: Meaning(
        "Thủ tục trả kết quả ngay hoặc trong ngày",
        "The procedure's result is given at once, or the same day",
        "NĐ 118/2025 Đ17.4",
        IntakeRefusal.NOT_IMMEDIATE,
    ),
    Condition.REASON_GIVEN: Meaning(
        "Nêu rõ lý do bằng văn bản",
        "The reason is stated in writing",
        "NĐ 118/2025 Đ19.3",
        IntakeRefusal.REASON_MISSING,
    ),
    Condition.FIRST_SUPPLEMENT: Meaning(
        "Chỉ yêu cầu bổ sung một lần, đầy đủ",
        "A supplement is requested once only, in full",
        "NĐ 118/2025 Đ11.2c, Đ16.3",
        IntakeRefusal.SUPPLEMENT_USED,
    ),
    Condition.NOTICE_IN_TIME: Meaning(
        "Sau khi tiếp nhận: trong 3 ngày làm việc kể từ ngày nhận",
        "After acceptance: within 3 working days of receipt",
        "NĐ 118/2025 Đ19.5",
        IntakeRefusal.NOTICE_TOO_LATE,
    ),
    Condition.FIRST_EXTENSION: Meaning(
        "Chỉ hẹn lại ngày trả một lần", "A new date is set once only", "NĐ 118/2025 Đ19.6", IntakeRefusal.EXTENSION_USED
    ),
    Condition.EXTENSION_IN_TIME: Meaning(
        "Xin lỗi và hẹn lại ít nhất 1 ngày trước hạn",
        "Apology and new date at least a day before the due date",
        "NĐ 118/2025 Đ19.6",
        IntakeRefusal.EXTENSION_TOO_LATE,
    ),
    Condition.LATER_DATE: Meaning(
        "Ngày hẹn mới sau hạn cũ và trong giờ làm việc",
        "The new date is after the old one, and in working time",
        "NĐ 118/2025 Đ19.6",
        IntakeRefusal.IMPOSSIBLE_TIME,
    ),
    Condition.COMPLETION_OVERDUE: Meaning(
        "Nếu đang chờ bổ sung: đã quá 15 ngày mà chưa hoàn thiện",
        "If a supplement is awaited: 15 days passed without it",
        "NĐ 118/2025 Đ19.5",
        IntakeRefusal.STILL_IN_TIME,
    ),
    Condition.RECEIPT_GIVEN: Meaning(
        "Số tiền đã nộp đúng số tiền yêu cầu",
        "The amount paid is the one asked for",
        "",
        IntakeRefusal.WRONG_AMOUNT,
    ),
    Condition.CORRECTION_OPEN: Meaning(
        "Có sai sót đang chờ sửa",
        "An error was reported and is not corrected yet",
        "NĐ 118/2025 Đ23.1",
        IntakeRefusal.NO_CORRECTION,
    ),
    Condition.NO_CORRECTION_OPEN: Meaning(
        "Không có sai sót nào đang chờ sửa",
        "No reported error awaits correction",
        "NĐ 118/2025 Đ23.1",
        IntakeRefusal.CORRECTION_AWAITED,
    ),
}


class Target(StrEnum):
    """Where a move leads that does not always lead to the same state."""

    STAYS = "stays"
    WHERE_IT_CAME_FROM = "where-it-came-from"


@dataclass(frozen=True, slots=True)
class Move:
    """A row: what it is called (the command's verb), in both languages, and when it may be made.

    No sources: it creates the case. `moves_clock`: it sets or changes the due instant.
    """

    verb: str
    vi: str
    en: str
    sources: tuple[CaseState, ...]
    target: CaseState | Target
    movers: frozenset[Role]
    conditions: tuple[Condition, ...] = ()
    article: str = ""
    moves_clock: bool = False

    @property
    def name(self) -> str:
        """The verb without its object: `accept` of `accept-case`."""
        return self.verb.removesuffix("-case")


_S = CaseState
_C = Condition
_COUNTER = frozenset({Role.RECEIVING_OFFICER, Role.CENTRE_HEAD})
_DESK = frozenset({Role.SPECIALIST, Role.LEADER})
_CITIZEN = frozenset({Role.CITIZEN})
_DECIDES = frozenset({Role.LEADER, Role.CENTRE_HEAD})
_CENTRE = frozenset({Role.CENTRE_HEAD})
_WORKED_ON = (_S.ACCEPTED, _S.IN_PROGRESS)
_DECIDED = (_S.COMPLETED, _S.RETURNED)

MOVES: tuple[Move, ...] = (
    Move("submit-case", "Nộp hồ sơ", "Hand in", (), _S.SUBMITTED,
         _CITIZEN | _COUNTER | _DESK | {Role.OPERATOR}, (), "Đ17.1"),
    Move("accept-case", "Tiếp nhận", "Accept", (_S.SUBMITTED,), _S.ACCEPTED,
         _COUNTER, (_C.PROCEDURE_HAS_A_LIMIT, _C.CODE_OF_DECIDING_UNIT), "Đ17.3", moves_clock=True),
    Move("serve-case", "Giải quyết và trả ngay", "Serve at once", (), _S.RETURNED,
         _COUNTER, (_C.IMMEDIATE_PROCEDURE, _C.CODE_OF_DECIDING_UNIT), "Đ17.4", moves_clock=True),
    Move("decline-case", "Từ chối tiếp nhận", "Decline", (_S.SUBMITTED,), _S.DECLINED,
         _COUNTER, (_C.REASON_GIVEN,), "Đ17.2"),
    Move("start-case", "Chuyển giải quyết", "Start work", (_S.ACCEPTED,), _S.IN_PROGRESS,
         _COUNTER | _DESK, (), "Đ18.2"),
    Move("request-supplement", "Yêu cầu bổ sung", "Request a supplement", (_S.SUBMITTED, *_WORKED_ON),
         _S.SUPPLEMENT_REQUESTED, _COUNTER | _DESK,
         (_C.REASON_GIVEN, _C.FIRST_SUPPLEMENT, _C.NOTICE_IN_TIME), "Đ19.5"),
    Move("complete-supplement", "Nhận bổ sung", "Take in the supplement", (_S.SUPPLEMENT_REQUESTED,),
         Target.WHERE_IT_CAME_FROM, _CITIZEN | _COUNTER, (), "Đ19.5", moves_clock=True),
    Move("request-payment", "Yêu cầu nộp tiền", "Request payment", _WORKED_ON, _S.AWAITING_PAYMENT,
         _COUNTER | {Role.SPECIALIST}, (_C.REASON_GIVEN,)),
    Move("record-payment", "Ghi nhận đã nộp tiền", "Record the payment", (_S.AWAITING_PAYMENT,),
         Target.WHERE_IT_CAME_FROM, _COUNTER | {Role.OPERATOR}, (_C.RECEIPT_GIVEN,), moves_clock=True),
    Move("extend-case", "Xin lỗi và hẹn lại", "Apologise and set a new date",
         (*_WORKED_ON, _S.AWAITING_PAYMENT), Target.STAYS, _DESK | _CENTRE,
         (_C.REASON_GIVEN, _C.FIRST_EXTENSION, _C.EXTENSION_IN_TIME, _C.LATER_DATE), "Đ19.6", moves_clock=True),
    Move("withdraw-case", "Rút hồ sơ", "Withdraw",
         (_S.SUBMITTED, *_WORKED_ON, _S.SUPPLEMENT_REQUESTED, _S.AWAITING_PAYMENT), _S.WITHDRAWN,
         _CITIZEN | _COUNTER, (), "Đ21"),
    Move("stop-case", "Dừng giải quyết", "Stop",
         (*_WORKED_ON, _S.SUPPLEMENT_REQUESTED, _S.AWAITING_PAYMENT), _S.STOPPED,
         _CENTRE, (_C.REASON_GIVEN, _C.COMPLETION_OVERDUE), "Đ19.5"),
    Move("amend-case", "Sửa thông tin đã ghi", "Amend what was recorded", (_S.SUBMITTED, *_WORKED_ON), Target.STAYS,
         _COUNTER, (_C.REASON_GIVEN,), "Đ17.3", moves_clock=True),
    Move("complete-case", "Có kết quả", "Decide the result", _WORKED_ON, _S.COMPLETED, _DECIDES, (), "Đ19.3"),
    Move("return-case", "Trả kết quả", "Hand the result over", (_S.COMPLETED,), _S.RETURNED,
         _COUNTER, (_C.NO_CORRECTION_OPEN,), "Đ22"),
    Move("report-error", "Báo kết quả có sai sót", "Report an error in the result", _DECIDED, Target.STAYS,
         _CITIZEN | _COUNTER | _DESK, (_C.REASON_GIVEN, _C.NO_CORRECTION_OPEN), "Đ23.1"),
    Move("correct-result", "Sửa kết quả", "Correct the result", _DECIDED, Target.STAYS,
         _DECIDES, (_C.CORRECTION_OPEN,), "Đ23.1"),
)  # fmt: skip

MOVE: dict[str, Move] = {move.verb: move for move in MOVES}

OPEN = frozenset({*_WORKED_ON, _S.AWAITING_PAYMENT, _S.SUPPLEMENT_REQUESTED, _S.SUBMITTED})
"""States of a case that still asks for something to be done before there is a result."""

ENDED = frozenset({_S.DECLINED, _S.WITHDRAWN, _S.STOPPED, _S.COMPLETED, _S.RETURNED})


def moves_from(state: CaseState, role: Role) -> tuple[Move, ...]:
    """What somebody in this role may do with a case in this state, its conditions aside."""
    return tuple(move for move in MOVES if state in move.sources and role in move.movers)
