"""Names of columns as people write them: the same whatever their case, spaces, marks and Vietnamese accents."""

import unicodedata

SYNONYMS: dict[str, tuple[str, ...]] = {
    "case_code": ("Mã hồ sơ", "Số hồ sơ", "Mã số hồ sơ", "Số biên nhận", "Case code", "Case number", "Dossier code"),
    "unit": ("Mã đơn vị tiếp nhận", "Mã đơn vị", "Mã xã", "Đơn vị tiếp nhận", "Unit", "Unit code", "Receiving unit"),
    "deciding_unit": ("Mã đơn vị giải quyết", "Mã đơn vị xử lý", "Đơn vị giải quyết", "Deciding unit"),
    "procedure": ("Mã thủ tục", "Mã TTHC", "Mã thủ tục hành chính", "Procedure", "Procedure code"),
    "channel": ("Kênh tiếp nhận", "Hình thức tiếp nhận", "Hình thức nộp", "Kênh nộp", "Nguồn hồ sơ", "Channel"),
    "submitted_at": ("Ngày nộp", "Ngày nộp hồ sơ", "Thời gian nộp", "Ngày gửi", "Submitted", "Date submitted"),
    "accepted_at": ("Ngày tiếp nhận", "Thời gian tiếp nhận", "Ngày nhận", "Accepted", "Date accepted"),
    "completed_at": (
        "Ngày xử lý xong", "Ngày hoàn thành", "Ngày giải quyết xong", "Ngày kết thúc xử lý", "Ngày có kết quả",
        "Completed", "Date completed",
    ),
    "returned_at": ("Ngày trả kết quả", "Ngày trả", "Thời gian trả kết quả", "Returned", "Date returned"),
    "declined_at": ("Ngày từ chối", "Ngày không tiếp nhận", "Declined", "Refused"),
    "supplement_requested_at": ("Ngày yêu cầu bổ sung", "Supplement requested"),
    "supplement_completed_at": ("Ngày bổ sung", "Ngày hoàn thành bổ sung", "Supplement completed"),
    "payment_requested_at": ("Ngày yêu cầu nghĩa vụ tài chính", "Ngày thông báo phí", "Payment requested"),
    "paid_at": ("Ngày nộp phí", "Ngày thanh toán", "Ngày nộp lệ phí", "Paid"),
    "withdrawn_at": ("Ngày rút", "Ngày rút hồ sơ", "Withdrawn"),
    "stopped_at": ("Ngày dừng xử lý", "Ngày dừng giải quyết", "Stopped"),
    "new_due_at": ("Ngày hẹn trả mới", "Ngày hẹn lại", "Hạn mới", "New due date"),
    "started_at": ("Ngày bắt đầu xử lý", "Ngày chuyển xử lý", "Started"),
    "reason": ("Lý do", "Reason"),
    "applicant_name": ("Người nộp", "Họ tên người nộp", "Chủ hồ sơ", "Tên người nộp", "Applicant"),
    "applicant_id_number": ("Số CCCD", "CCCD", "Số định danh", "Số giấy tờ", "CMND/CCCD", "Identity number"),
    "applicant_phone": ("Số điện thoại", "Điện thoại", "SĐT", "Phone"),
}  # fmt: skip
"""What exports call the fields of a case log: words of the trade, guesses where no export was at hand."""

CHANNEL_WORDS = {
    "Trực tuyến": "online",
    "Trực tiếp": "direct",
    "BCCI": "post",
    "Bưu chính": "post",
    "Bưu chính công ích": "post",
}
STATUS_NAMES = ("Trạng thái", "Tình trạng", "Trạng thái hồ sơ", "Tình trạng hồ sơ", "Status")


def fold(name: str) -> str:
    """What of a name counts: its letters, without accents, and its digits."""
    plain = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    return "".join(each for each in plain.casefold() if each.isalnum())
