"""Forms: every one renders, says what it was given and nothing else happens, whatever stands in a name."""

import io
from dataclasses import replace
from datetime import date, datetime

import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from services.intake.documents import sets, words
from services.intake.documents.forms import Applicant, Entry, Form, Receipt, Register, StopNotice
from services.intake.documents.render import picture, render
from tests.support.forms import ACCEPTED, APPLICANT, BEFORE, DUE, FORMS, ON, RECEIPT, SUBJECT


def text_of(pdf: bytes) -> str:
    """The words on all pages, with single spaces."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


TITLES = {
    "Receipt": "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ",
    "SupplementRequest": "PHIẾU YÊU CẦU BỔ SUNG, HOÀN THIỆN HỒ SƠ",
    "Refusal": "PHIẾU TỪ CHỐI GIẢI QUYẾT HỒ SƠ",
    "Apology": "VĂN BẢN XIN LỖI VÀ ĐỀ NGHỊ GIA HẠN",
    "StopNotice": "THÔNG BÁO DỪNG GIẢI QUYẾT HỒ SƠ",
    "ControlSlip": "PHIẾU KIỂM SOÁT QUÁ TRÌNH GIẢI QUYẾT HỒ SƠ",
    "Register": "SỔ THEO DÕI HỒ SƠ",
    "PaymentSlip": "PHIẾU THU PHÍ, LỆ PHÍ",
}
SAYS = {
    "Receipt": ("17 giờ 00, thứ Năm ngày 11 tháng 9 năm 2025", "20.000 đồng", "Hai mươi nghìn đồng", "1.004222"),
    "SupplementRequest": ("Chữ ký của chủ hộ trên tờ khai", "ngày 26 tháng 9 năm 2025", "15/PYC-HĐK"),
    "Refusal": ("Không thuộc thẩm quyền", "đến Công an xã nơi có chỗ ở", "16/PTC-HĐK"),
    "Apology": ("17 giờ 00, thứ Năm ngày 18 tháng 9 năm 2025", "Chờ ý kiến", "Lê Thị Mỹ"),
    "StopNotice": ("Điều 19 khoản 5", "Tờ khai CT01", "18/TB-HĐK"),
    "ControlSlip": ("Chuyển hồ sơ giấy", "16:20 29/08/2025", "Đúng hạn"),
    "Register": ("H13.57-250829-0013", "trực tuyến", "quá hạn"),
    "PaymentSlip": ("1.255.000 đồng", "Một triệu hai trăm năm mươi lăm nghìn đồng", "31570-2025-000001"),
}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: type(form).__name__)
def test_a_form_says_what_it_was_given_under_its_version(form: Form) -> None:
    pdf = render(form, ON)
    text = text_of(pdf)
    kind = type(form).__name__
    for wanted in (TITLES[kind], "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "TT-03/2025.1", *SAYS[kind]):
        assert wanted in text
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1
    assert render(form, ON) == pdf


@pytest.mark.parametrize("form", [form for form in FORMS if not isinstance(form, StopNotice)], ids=type)
def test_before_the_new_circular_forms_follow_the_old_one(form: Form) -> None:
    text = text_of(render(form, BEFORE))
    assert "TT-01/2018.1" in text
    if type(form).__name__ == "Apology":
        assert "PHIẾU XIN LỖI VÀ HẸN LẠI NGÀY TRẢ KẾT QUẢ" in text
    else:
        assert TITLES[type(form).__name__] in text


def test_a_set_knows_its_forms_by_number_and_by_day() -> None:
    old, new = sets.in_force(date(2025, 9, 14)), sets.in_force(date(2025, 9, 15))
    assert (old.kind_of("06"), new.kind_of("07")) == (Register, Register)
    assert new.kind_of("05") is StopNotice
    for missing in (
        lambda: old.kind_of("07"),
        lambda: old.number_of(StopNotice),
        lambda: sets.in_force(date(2018, 1, 1)),
    ):
        with pytest.raises(sets.NotAvailable):
            missing()


def test_the_qr_code_leads_to_the_case() -> None:
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture(RECEIPT, ON))))
    assert [each.text for each in found] == [RECEIPT.lookup]


@pytest.mark.parametrize("on", [ON, BEFORE])
def test_where_there_is_no_page_to_look_it_up_the_receipt_does_not_promise_one(on: date) -> None:
    promise, code = "Quét để tra cứu", "Mã hồ sơ, để quét tại quầy"
    assert promise in text_of(render(RECEIPT, on))
    plain = replace(RECEIPT, lookup=RECEIPT.subject.case_code)
    text = text_of(render(plain, on))
    assert promise not in text
    assert code in text
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture(plain, on))))
    assert [each.text for each in found] == [RECEIPT.subject.case_code]


HOSTILE = (
    '#import "@preview/x:1.0.0": *',
    "*bold* _x_ $math^2$ @ref <label> `raw` \\ // /* #{ panic() }",
    '"; #read("/base.typ") "',
    "= Heading",
    "https://evil.example",
    "😀 ខ្មែរ 中文 עברית",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_in_a_name_is_markup(name: str) -> None:
    form = replace(RECEIPT, subject=replace(SUBJECT, applicant=Applicant(name, name, name)))
    pdf = render(form, ON)
    if name.isascii():
        assert text_of(pdf).count(" ".join(name.split())) >= 3
    assert not any("/Annots" in page for page in PdfReader(io.BytesIO(pdf)).pages)


def test_control_and_direction_marks_do_not_reach_the_paper() -> None:
    form = replace(RECEIPT, subject=replace(SUBJECT, applicant=Applicant("An\x00\u202egnaB\nBinh", "", "")))
    text = text_of(render(form, ON))
    assert "AngnaB Binh" in text


def test_a_name_without_end_stays_on_the_page() -> None:
    name = "Nguyễn" * 60
    pdf = render(replace(RECEIPT, subject=replace(SUBJECT, applicant=Applicant(name, name, ""))), ON)
    assert "".join(text_of(pdf).split()).replace("\u200b", "").count("Nguyễn") >= 120


def test_a_register_of_two_thousand_lines_goes_over_pages_with_its_head_on_each() -> None:
    line = Entry("", "Đăng ký thường trú", APPLICANT, "trực tiếp", ACCEPTED, DUE)
    entries = tuple(replace(line, case_code=f"H13.57-250829-{number:04}") for number in range(1, 2_001))
    register = next(form for form in FORMS if isinstance(form, Register))
    made = render(replace(register, entries=entries), ON)
    assert len(made) < 500_000  # the bus has to carry it, applicants' names and addresses included
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(made)).pages]
    assert len(pages) > 40
    assert all(APPLICANT.name in " ".join(page.split()) for page in pages)
    assert all("Mã hồ sơ" in page for page in pages)
    assert all(sum(entry.case_code in page for page in pages) == 1 for entry in entries[::97])


def test_what_is_not_known_is_left_to_the_pen() -> None:
    form: Receipt = replace(RECEIPT, subject=replace(SUBJECT, applicant=Applicant()), papers=(), charge=None)
    assert "....." in text_of(render(form, ON))


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (0, "Không đồng"),
        (5, "Năm đồng"),
        (10, "Mười đồng"),
        (15, "Mười lăm đồng"),
        (21, "Hai mươi mốt đồng"),
        (11, "Mười một đồng"),
        (101, "Một trăm lẻ một đồng"),
        (110, "Một trăm mười đồng"),
        (1_000, "Một nghìn đồng"),
        (1_005, "Một nghìn không trăm lẻ năm đồng"),
        (20_000, "Hai mươi nghìn đồng"),
        (1_250_000, "Một triệu hai trăm năm mươi nghìn đồng"),
        (1_000_000_001, "Một tỷ không trăm lẻ một đồng"),
        (2_345_678_915, "Hai tỷ ba trăm bốn mươi lăm triệu sáu trăm bảy mươi tám nghìn chín trăm mười lăm đồng"),
        (15_000_000_000_000, "Mười lăm nghìn tỷ đồng"),
    ],
)
def test_amounts_are_written_out(amount: int, said: str) -> None:
    assert words.dong_in_words(amount) == said


@pytest.mark.parametrize("amount", [-1, 10**18])
def test_an_amount_that_cannot_be_meant_is_no_amount(amount: int) -> None:
    with pytest.raises(ValueError, match="written out"):
        words.dong_in_words(amount)


def test_days_are_written_as_decrees_have_them() -> None:
    assert words.day(date(2026, 2, 3)) == "ngày 03 tháng 02 năm 2026"
    assert words.dong(1_250_000) == "1.250.000 đồng"
    with pytest.raises(ValueError, match="no zone"):
        words.instant(datetime(2025, 9, 11, 17))  # noqa: DTZ001
