"""One of each form, with values such as a commune has."""

from datetime import date, datetime

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
from services.worktime.clock import ZONE

ON = date(2025, 9, 15)
BEFORE = date(2025, 8, 29)
ACCEPTED = datetime(2025, 8, 29, 16, 20, tzinfo=ZONE)
DUE = datetime(2025, 9, 11, 17, 0, tzinfo=ZONE)
LATER = datetime(2025, 9, 18, 17, 0, tzinfo=ZONE)
OFFICE = Office(
    "Ủy ban nhân dân xã Hồ Đắc Kiện",
    "Trung tâm Phục vụ hành chính công",
    "Hồ Đắc Kiện",
    "ấp Đắc Lực, xã Hồ Đắc Kiện, thành phố Cần Thơ",
)
APPLICANT = Applicant("Nguyễn Thị Ngọc Ánh", "Số 12, ấp Đắc Lực, xã Hồ Đắc Kiện", "0900 000 000")
SUBJECT = Subject("H13.57-250829-0012", "Đăng ký thường trú", "1.004222", APPLICANT)
RECEIPT = Receipt(
    OFFICE,
    SUBJECT,
    (Paper("Tờ khai thay đổi thông tin cư trú (CT01)", 1), Paper("Giấy tờ chứng minh chỗ ở hợp pháp", 0, 1)),
    ACCEPTED,
    DUE,
    (
        Note("7 ngày làm việc, không tính ngày tiếp nhận", "7 working days, not counting the day of acceptance", "x"),
        Note("Nghỉ 01/09, 02/09/2025: Quốc khánh", "Off on 1 and 2 September: National Day", "BLLĐ Đ112"),
    ),
    "https://dichvucong.example/tra-cuu?ma=H13.57-250829-0012",
    Charge(Money(20_000), "lệ phí đăng ký cư trú", paid=True),
    OFFICE.name,
    "Trần Văn Bình",
)
FORMS: tuple[Form, ...] = (
    RECEIPT,
    SupplementRequest(
        OFFICE,
        SUBJECT,
        (
            Wanted("Bản sao giấy chứng nhận quyền sử dụng đất", "Bản đã nộp bị mờ, không đọc được số thửa"),
            Wanted("Chữ ký của chủ hộ trên tờ khai", "Chưa ký"),
        ),
        DUE,
        date(2025, 9, 26),
        "15/PYC-HĐK",
        "Trần Văn Bình",
    ),
    Refusal(
        OFFICE,
        SUBJECT,
        ("Không thuộc thẩm quyền giải quyết của xã", "Giấy tờ chứng minh chỗ ở đã hết hiệu lực"),
        DUE,
        on_merits=True,
        instead="Nộp lại giấy tờ còn hiệu lực, hoặc đến Công an xã nơi có chỗ ở.",
        number="16/PTC-HĐK",
    ),
    Apology(OFFICE, SUBJECT, ACCEPTED, DUE, LATER, "Chờ ý kiến của cơ quan phối hợp.", DUE, "17/XL-HĐK", "Lê Thị Mỹ"),
    StopNotice(
        OFFICE,
        SUBJECT,
        ACCEPTED,
        LATER,
        "Hồ sơ không được hoàn thiện trong 15 ngày kể từ ngày có yêu cầu bổ sung.",
        "Nghị định 118/2025/NĐ-CP, Điều 19 khoản 5",
        ("Tờ khai CT01 (01 bản chính)",),
        "18/TB-HĐK",
    ),
    ControlSlip(
        OFFICE,
        SUBJECT,
        ACCEPTED,
        DUE,
        (
            Handover(ACCEPTED, "Người nộp hồ sơ", "Bộ phận tiếp nhận", Note("Tiếp nhận hồ sơ", "The case is accepted")),
            Handover(None, "Bộ phận tiếp nhận", "Chuyên viên", Note("Chuyển hồ sơ giấy", "Paper is moved")),
            Handover(DUE, "Chuyên viên", "Bộ phận trả kết quả", Note("Có kết quả", "The result is there"), "Đúng hạn"),
        ),
        ON,
    ),
    Register(
        OFFICE,
        date(2025, 8, 1),
        date(2025, 8, 31),
        (
            Entry("H13.57-250829-0012", "Đăng ký thường trú", APPLICANT, "trực tuyến", ACCEPTED, DUE, DUE),
            Entry("H13.57-250829-0013", "Đăng ký khai sinh", NOBODY, "trực tiếp", ACCEPTED, DUE, None, None, "quá hạn"),
        ),
        ON,
    ),
    PaymentSlip(
        OFFICE,
        SUBJECT,
        "31570-2025-000001",
        Money(1_255_000),
        "Lệ phí đăng ký cư trú",
        Note("tiền mặt", "cash"),
        DUE,
        "",
        "Trần Văn Bình",
    ),
)
