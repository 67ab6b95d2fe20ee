"""Words for what a case's log and audit hold and for what people said of it, and instants as people write them."""

from contracts.intake.assistance import AgeBand, Need, TaskGroup, VisitOutcome, VisitPlace
from contracts.intake.feedback import (
    COMPLAINT_MOVES,
    ComplaintOutcome,
    ComplaintState,
    ComplaintSubject,
    FeedbackReason,
    Satisfaction,
)
from contracts.intake.lifecycle import MOVES
from contracts.intake.vocabulary import LIMIT_NAMES, STATE_NAMES, CaseState, LimitKind, Outcome, StopCause
from contracts.roles import ROLE_NAMES, Role
from services.worktime.clock import written

STEPS: dict[str, tuple[str, str, str]] = {
    "submitted": ("Nộp hồ sơ", "handed in", "submitted_at"),
    "accepted": ("Tiếp nhận", "accepted", "accepted_at"),
    "declined": ("Từ chối tiếp nhận", "not accepted", "declined_at"),
    "started": ("Chuyển giải quyết", "passed on", "started_at"),
    "supplement-requested": ("Yêu cầu bổ sung", "supplement asked for", "requested_at"),
    "supplement-completed": ("Nhận bổ sung", "supplement complete", "completed_at"),
    "payment-requested": ("Yêu cầu nộp tiền", "payment asked for", "requested_at"),
    "payment-recorded": ("Đã nộp tiền", "paid", "paid_at"),
    "extended": ("Xin lỗi và hẹn lại", "new date, with an apology", "extended_at"),
    "deadline-moved": ("Hạn dời theo lịch mới", "moved by a new calendar", "moved_at"),
    "limit-moved": ("Hạn của bước dời theo lịch mới", "a step's limit moved by a new calendar", "moved_at"),
    "withdrawn": ("Rút hồ sơ", "withdrawn", "withdrawn_at"),
    "stopped": ("Dừng giải quyết", "stopped", "stopped_at"),
    "amended": ("Sửa thông tin đã ghi", "amended", "amended_at"),
    "completed": ("Có kết quả", "result decided", "completed_at"),
    "returned": ("Trả kết quả", "result handed over", "returned_at"),
    "error-reported": ("Báo kết quả có sai sót", "error reported", "reported_at"),
    "result-corrected": ("Sửa kết quả", "result corrected", "corrected_at"),
}
"""Each kind of event of a case: in Vietnamese, in English, and which of its facts says when."""

SATISFACTION = {
    Satisfaction.SATISFIED: "hài lòng / satisfied",
    Satisfaction.NEUTRAL: "bình thường / neutral",
    Satisfaction.DISSATISFIED: "không hài lòng / dissatisfied",
}
REASONS = {
    FeedbackReason.SLOW: "chậm / slow",
    FeedbackReason.ASKED_AGAIN: "yêu cầu nhiều lần / asked again",
    FeedbackReason.PAPERS_LOST: "thất lạc giấy tờ / papers lost",
    FeedbackReason.WRONG_FEE: "thu sai phí / wrong fee",
    FeedbackReason.WRONG_RESULT: "kết quả sai / wrong result",
    FeedbackReason.ATTITUDE: "thái độ / attitude",
    FeedbackReason.SYSTEM: "hệ thống lỗi / system",
    FeedbackReason.ACCESS: "khó tiếp cận / access",
    FeedbackReason.DATA_MISUSED: "lạm dụng dữ liệu / data misused",
    FeedbackReason.OTHER: "khác / other",
}
SUBJECTS = {
    ComplaintSubject.CASE: "hồ sơ / case",
    ComplaintSubject.UNIT: "đơn vị / unit",
    ComplaintSubject.CONDUCT: "cách ứng xử / conduct",
}
COMPLAINTS = {
    ComplaintState.FILED: "mới gửi / filed",
    ComplaintState.ACKNOWLEDGED: "đã tiếp nhận / acknowledged",
    ComplaintState.ANSWERED: "đã trả lời / answered",
    ComplaintState.CLOSED: "đã đóng / closed",
    ComplaintState.WITHDRAWN: "đã rút / withdrawn",
}
CONCLUSIONS = {
    ComplaintOutcome.UPHELD: "đúng / upheld",
    ComplaintOutcome.PARTLY_UPHELD: "đúng một phần / partly upheld",
    ComplaintOutcome.NOT_UPHELD: "không đúng / not upheld",
}

VISITS: dict[str, str] = {
    AgeBand.UNDER_18: "dưới 18 / under 18",
    AgeBand.FROM_18_TO_59: "18–59",
    AgeBand.FROM_60_TO_74: "60–74",
    AgeBand.FROM_75: "từ 75 / 75 and over",
    AgeBand.UNKNOWN: "không rõ / unknown",
    TaskGroup.SUPPORT_OFFICIALS: "hỗ trợ cán bộ / support of officials",
    TaskGroup.ONLINE_SERVICES: "dịch vụ công trực tuyến / online services",
    TaskGroup.DIGITAL_SKILLS: "kỹ năng số / digital skills",
    Need.ELDERLY: "cao tuổi / elderly",
    Need.DISABLED: "khuyết tật / disabled",
    Need.PREGNANT: "mang thai / pregnant",
    Need.ETHNIC_MINORITY: "dân tộc thiểu số / ethnic minority",
    VisitOutcome.DONE: "xong / done",
    VisitOutcome.REFERRED: "chuyển nơi khác / referred",
    VisitOutcome.NOT_DONE: "chưa xong / not done",
    VisitPlace.CENTRE: "trung tâm / centre",
    VisitPlace.HOME: "tại nhà / home",
    VisitPlace.MOBILE_POINT: "điểm lưu động / mobile point",
}
"""What visits had in common, but for languages, which go by their code."""
OUTCOMES = {
    Outcome.GRANTED: "đồng ý giải quyết / granted",
    Outcome.REFUSED: "từ chối giải quyết / refused",
}
CAUSES = {
    StopCause.SUPPLEMENT_NOT_COMPLETED: "không bổ sung trong hạn / supplement not completed",
    StopCause.OTHER: "lý do khác / another cause",
}

_ACTIONS = {move.verb: move.vi for move in MOVES}
_ACTIONS |= {move.verb: f"{move.vi} (phản ánh)" for move in COMPLAINT_MOVES}
_ACTIONS |= {
    "import-cases": "Nhập từ sổ",
    "case-form": "In mẫu",
    "move-deadline": "Dời hạn theo lịch mới",
    "begin-attachment": "Bắt đầu gửi tệp",
    "finish-attachment": "Nhận xong tệp",
    "remove-attachment": "Gỡ tệp",
    "list-attachments": "Xem tên các tệp",
    "attachment-piece": "Xem tệp",
    "print-register": "In sổ theo dõi",
    "print-fee-slip": "In phiếu thu",
    "waive-fee": "Miễn khoản thu",
    "rate-result": "Đánh giá kết quả",
    "record-visit": "Ghi lượt hỗ trợ",
    "amend-visit": "Sửa lượt hỗ trợ",
    "revoke-visit": "Hủy lượt hỗ trợ",
    "draft-reference": "Soạn dự thảo danh mục",
    "publish-reference": "Công bố danh mục",
    "withdraw-draft": "Hủy dự thảo danh mục",
    "register-person": "Ghi dữ liệu cá nhân",
    "reveal-person": "Xem dữ liệu cá nhân",
    "find-people": "Tìm người",
    "correct-person": "Sửa dữ liệu cá nhân",
    "erase-person": "Xóa dữ liệu cá nhân",
    "rotate-master-key": "Đổi khóa chủ",
}


def action(verb: str) -> str:
    """What was done, with its verb: `Tiếp nhận / accept-case`."""
    return f"{_ACTIONS[verb]} / {verb}" if verb in _ACTIONS else verb


def state(name: str) -> str:
    """A state in Vietnamese; itself, where it is none of a case."""
    return STATE_NAMES[CaseState(name)][0] if name in set(CaseState) else name


def role(name: str) -> str:
    """A role in Vietnamese; itself, where it is unknown."""
    return ROLE_NAMES[Role(name)][0] if name in set(Role) else name


def reason(vi: str, en: str) -> str:
    """Why something was done, in both languages; a note that somebody wrote, which ends both, is told once."""
    (what_vi, mark, note_vi), (what_en, _, note_en) = vi.partition(": "), en.partition(": ")
    return f"{what_vi} / {what_en}: {note_vi}" if mark and note_vi == note_en else f"{vi} / {en}"


def limit(kind: LimitKind) -> str:
    """A limit, with the article that gives it."""
    vi, en, article = LIMIT_NAMES[kind]
    return f"{vi} / {en} ({article})" if article else f"{vi} / {en}"


clock = written
"""An instant as it is read in Vietnam, the same in every view."""
