"""One-time codes and passwords are told from what only speaks of them."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from contracts.free_text import SECRET_ERROR, FreeText, SecretKind, secret_in

CODES = [
    "OTP 483920",
    "otp: 4839",
    "Mã OTP của bà là 483920",
    "mã xác thực là 12345678",
    "MÃ XÁC THỰC VNEID: 483920",
    "ma xac minh 4839",
    "Mã xác nhận Zalo gửi về máy: 483 920",
    "mã số xác thực của ông ấy là 483-920",
    "Your verification code is 483920",
    "483920 is your verification code",
    "483920 là mã OTP",
    "483920 - mã xác thực",
    "security code=4839",
    "one-time password 483920",
    "mã kích hoạt 483920",
    "ＯＴＰ ４８３９２０",
    "483920",
    "  483920 ",
    "đã nhập OTP (483920) giúp bà",
    "O\u200bTP 483920",
]
PASSWORDS = [
    "mật khẩu: Abc@123",
    "Mật khẩu là hoasen2025",
    "mat khau hoasen99",
    "MẬT KHẨU CỦA BÀ LÀ 12345678",
    "mk: 123456",
    "mk=hoasen",
    "password: hunter2",
    "Password is correcthorse",
    "pass hoasen#1",
    "pwd = x",
    "mật khẩu mới Abc12345",
    "mật khẩu VNeID là 0912345678",
    "mật khẩu: hoasen",
    "mật khẩu là hoasenvang.",
    "mã PIN 1234",
    "PIN: 123456",
    "pin 483920",
    "mật khẩu wifi “hoasen88”",
    "tài khoản 0912345678, mật khẩu Hoa$en",
]
INNOCENT = [
    "",
    "Bà quên mật khẩu, đã hướng dẫn lấy lại",
    "quên mật khẩu",
    "Quên mật khẩu VNeID mức 2, hẹn công an xã",
    "quên mật khẩu 0912345678",
    "Mật khẩu là gì thì bà không nhớ",
    "mật khẩu: quên",
    "mật khẩu: đã đổi",
    "mật khẩu là cần thiết cho mọi tài khoản",
    "mật khẩu cấp 2 bị khóa",
    "mật khẩu 2 lớp",
    "đổi mật khẩu ngày 01/07/2025",
    "không nhận được OTP",
    "Không nhận được mã OTP trong năm 2025",
    "OTP gửi tới số 0912345678",
    "OTP gửi tới 0912 345 678",
    "OTP không về ngày 01/07/2025",
    "OTP hết hạn sau 30 giây",
    "gọi 1022 để hỏi OTP",
    "OTP không về thì gọi tổng đài 1022",
    "mã xác thực của hồ sơ H13.57-250701-0001",
    "xác nhận hồ sơ H13.57-250701-0001",
    "CCCD 079123456789, điện thoại 0912345678",
    "CMND 123456789",
    "hẹn trả ngày 11/09/2025 lúc 17:00",
    "pin điện thoại hết",
    "pin 5000 mAh",
    "thôn 3, xã Hồ Đắc Kiện",
    "1234",
    "950000 dân",
    "Biên lai số 483920",
    "Compass, passport B1234567",
    "hộ chiếu mật khẩu không liên quan",
    "dạy 1200 người nhập OTP",
    "the password was forgotten",
    "đặt lại mật khẩu cho ông Nguyễn Văn Ví Dụ",
    "quên mật khẩu (vi.du@example.vn)",
]


@pytest.mark.parametrize("text", CODES)
def test_a_one_time_code_is_found(text: str) -> None:
    assert secret_in(text) is SecretKind.ONE_TIME_CODE


@pytest.mark.parametrize("text", PASSWORDS)
def test_a_password_is_found(text: str) -> None:
    assert secret_in(text) is SecretKind.PASSWORD


@pytest.mark.parametrize("text", INNOCENT)
def test_what_only_speaks_of_a_secret_or_holds_other_numbers_passes(text: str) -> None:
    assert secret_in(text) is None
    assert TypeAdapter(FreeText).validate_python(text) == text


@given(
    word=st.sampled_from(["OTP", "mã OTP", "Mã xác thực", "mã xác minh", "MA XAC NHAN", "verification code"]),
    link=st.sampled_from([" ", ": ", " là ", " của tôi là ", "=", " - ", " is "]),
    code=st.text("0123456789", min_size=4, max_size=8),
    before=st.sampled_from(["", "Bà đọc ", "Giúp ông A.\n"]),
    after=st.sampled_from(["", ".", " nhé", ", xong"]),
)
def test_every_code_after_its_word_is_found_and_not_repeated(
    word: str, link: str, code: str, before: str, after: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(FreeText).validate_python(f"{before}{word}{link}{code}{after}")
    (error,) = caught.value.errors(include_input=False)
    assert error["type"] == SECRET_ERROR
    assert code not in str(error)


@given(
    word=st.sampled_from(["mật khẩu", "Mật Khẩu", "MAT KHAU", "password", "pwd", "pass", "mk"]),
    link=st.sampled_from([": ", " là ", "=", " "]),
    secret=st.text(string.ascii_letters + string.digits, min_size=8, max_size=20).filter(
        lambda text: any(each.isdigit() for each in text) and not text.isdigit() and not text.lower().startswith("h")
    ),
)
def test_every_password_after_its_word_is_found(word: str, link: str, secret: str) -> None:
    assert secret_in(f"đã đặt {word}{link}{secret} cho bà") is SecretKind.PASSWORD


@pytest.mark.parametrize("piece", ["otp", "otp a ", "mat khau ", "mk: quen ", "a", "- ", "12 "])
def test_a_long_text_is_judged_in_time(piece: str) -> None:
    """Before the test's own time is over, that is: patterns that try every way to split a text would not come back."""
    assert secret_in(piece * (4000 // len(piece))) is None


@given(st.from_regex(r"0[35789]\d{8}|\d{12}|H13\.57-2507[0-3]\d-\d{4}|[0-3]\d/[01]\d/20\d\d", fullmatch=True))
def test_numbers_of_other_things_pass_beside_the_words(number: str) -> None:
    for words in ("không có OTP, số {}", "quên mật khẩu {}", "{} quên mật khẩu", "{}: không nhận được OTP"):
        assert secret_in(words.format(number)) is None


@pytest.mark.parametrize("control", ["\0", "\x07", "\x0b", "\x1b", "\x7f", "\x9f"])
def test_a_control_character_is_refused_by_its_number(control: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(FreeText).validate_python(f"Nguyễn{control}An")
    error = caught.value.errors()[0]
    assert (error["type"], error["ctx"]["number"]) == ("control_character", f"U+{ord(control):04X}")


def test_tabs_and_line_ends_are_no_control_characters() -> None:
    text = "một\r\nhai\tba\u00a0bốn"
    assert TypeAdapter(FreeText).validate_python(text) == text
