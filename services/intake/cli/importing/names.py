"""Names of columns as people write them: the same whatever their case, spaces, marks and Vietnamese accents."""

import re
import unicodedata

SYNONYMS: dict[str, tuple[str, ...]] = {
    "case_code": (
        "Mã hồ sơ", "Số hồ sơ", "Mã số hồ sơ", "Số biên nhận", "Mã biên nhận", "Mã số biên nhận", "Số biên nhận hồ sơ",
        "Case code", "Case number", "Dossier code",
    ),
    "unit": (
        "Mã đơn vị tiếp nhận", "Mã đơn vị", "Mã xã", "Đơn vị tiếp nhận", "Đơn vị tiếp nhận hồ sơ", "Đơn vị nhận",
        "Cơ quan tiếp nhận", "Nơi tiếp nhận", "Unit", "Unit code", "Receiving unit",
    ),
    "deciding_unit": (
        "Mã đơn vị giải quyết", "Mã đơn vị xử lý", "Đơn vị giải quyết", "Đơn vị xử lý", "Đơn vị thụ lý",
        "Cơ quan giải quyết", "Cơ quan xử lý", "Cơ quan thực hiện", "Deciding unit",
    ),
    "procedure": (
        "Mã thủ tục", "Mã TTHC", "Mã thủ tục hành chính", "Mã số thủ tục", "Mã số TTHC", "Ký hiệu thủ tục",
        "Thủ tục hành chính", "TTHC", "Thủ tục", "Tên thủ tục hành chính", "Tên TTHC", "Tên thủ tục", "Procedure code",
        "Procedure",
    ),
    "channel": (
        "Kênh tiếp nhận", "Hình thức tiếp nhận", "Hình thức nộp", "Hình thức nộp hồ sơ", "Phương thức nộp",
        "Cách thức nộp", "Kênh nộp", "Kênh", "Hình thức", "Nguồn hồ sơ", "Channel",
    ),
    "submitted_at": (
        "Ngày nộp", "Ngày nộp hồ sơ", "Thời gian nộp", "Thời gian nộp hồ sơ", "Ngày gửi", "Ngày gửi hồ sơ",
        "Ngày đăng ký", "Submitted", "Date submitted",
    ),
    "accepted_at": (
        "Ngày tiếp nhận", "Ngày tiếp nhận hồ sơ", "Thời gian tiếp nhận", "Thời điểm tiếp nhận", "Ngày nhận hồ sơ",
        "Ngày nhận", "Accepted", "Date accepted",
    ),
    "completed_at": (
        "Ngày xử lý xong", "Ngày hoàn thành", "Ngày hoàn thành xử lý", "Ngày giải quyết xong", "Ngày kết thúc xử lý",
        "Ngày có kết quả", "Ngày hoàn tất", "Ngày kết thúc", "Thời gian hoàn thành", "Completed", "Date completed",
    ),
    "returned_at": (
        "Ngày trả kết quả", "Ngày trả kết quả thực tế", "Ngày thực trả", "Ngày trả thực tế", "Thời gian trả kết quả",
        "Ngày trả", "Returned", "Date returned",
    ),
    "declined_at": ("Ngày từ chối", "Ngày không tiếp nhận", "Declined", "Refused"),
    "supplement_requested_at": ("Ngày yêu cầu bổ sung", "Ngày yêu cầu bổ sung hồ sơ", "Supplement requested"),
    "supplement_completed_at": ("Ngày bổ sung", "Ngày hoàn thành bổ sung", "Ngày nộp bổ sung", "Supplement completed"),
    "payment_requested_at": (
        "Ngày yêu cầu nghĩa vụ tài chính", "Ngày thông báo phí", "Ngày yêu cầu thanh toán", "Payment requested",
    ),
    "paid_at": ("Ngày nộp phí", "Ngày thanh toán", "Ngày nộp lệ phí", "Ngày nộp phí, lệ phí", "Paid"),
    "withdrawn_at": ("Ngày rút", "Ngày rút hồ sơ", "Withdrawn"),
    "stopped_at": ("Ngày dừng xử lý", "Ngày dừng giải quyết", "Ngày dừng", "Stopped"),
    "new_due_at": ("Ngày hẹn trả mới", "Ngày hẹn lại", "Ngày gia hạn đến", "Hạn mới", "New due date"),
    "started_at": ("Ngày bắt đầu xử lý", "Ngày chuyển xử lý", "Ngày chuyển giải quyết", "Started"),
    "reason": ("Lý do", "Reason"),
    "applicant_name": (
        "Người nộp", "Họ tên người nộp", "Họ và tên người nộp", "Tên người nộp", "Người nộp hồ sơ", "Chủ hồ sơ",
        "Tên chủ hồ sơ", "Họ tên chủ hồ sơ", "Cá nhân, tổ chức nộp hồ sơ", "Họ và tên", "Họ tên", "Applicant",
    ),
    "applicant_id_number": (
        "Số CCCD", "CCCD", "Số định danh", "Số định danh cá nhân", "Căn cước", "Số căn cước", "Số căn cước công dân",
        "CMND/CCCD", "Số CMND/CCCD", "Số giấy tờ", "Số giấy tờ tùy thân", "Identity number",
    ),
    "applicant_phone": ("Số điện thoại", "Số điện thoại người nộp", "Điện thoại", "SĐT", "Di động", "Phone"),
}  # fmt: skip
"""What exports call the fields of a case log, the likeliest first: words of the trade, guesses where no export was at
hand. The day that a citizen was promised ("Ngày hẹn trả") is none of them: intake computes it."""

CHANNEL_WORDS = {
    "Trực tuyến": "online",
    "Nộp trực tuyến": "online",
    "Qua mạng": "online",
    "Trực tiếp": "direct",
    "Nộp trực tiếp": "direct",
    "Tại quầy": "direct",
    "BCCI": "post",
    "Bưu chính": "post",
    "Bưu chính công ích": "post",
    "Qua bưu điện": "post",
}
STATUS_NAMES = (
    "Trạng thái", "Tình trạng", "Trạng thái hồ sơ", "Tình trạng hồ sơ", "Trạng thái xử lý", "Tình trạng xử lý",
    "Tình trạng giải quyết", "Status",
)  # fmt: skip
_TURNS = (
    ("withdrawn_at", re.compile(r"\brut\b|withdrawn")),
    ("declined_at", re.compile(r"\btu choi\b|\bkhong (duoc )?tiep nhan\b|\btra lai ho so\b|declined")),
    ("stopped_at", re.compile(r"(?<!tam )\bdung (xu ly|giai quyet)\b|\bhuy\b|stopped")),
    ("supplement_requested_at", re.compile(r"^(?!.*\bda bo sung\b).*\bbo sung\b")),
    (
        "payment_requested_at",
        re.compile(r"\b(cho|yeu cau|thong bao)\b.*\b(thanh toan|nop (le )?phi|nghia vu tai chinh)\b"),
    ),
)


def turn_of(word: str) -> str | None:
    """The instant that a word of a status column speaks of, where the dates of an ordinary case do not tell it."""
    plain = _without_accents(word)
    return next((field for field, pattern in _TURNS if pattern.search(plain)), None)


def fold(name: str) -> str:
    """What of a name counts: its letters, without accents, and its digits."""
    return "".join(each for each in _without_accents(name) if each.isalnum())


def _without_accents(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D")).casefold()
    return "".join(each for each in plain if not unicodedata.combining(each))
