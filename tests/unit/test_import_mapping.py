"""A mapping: what it says of columns, words, dates and codes, and how a wrong one is told."""

from pathlib import Path

import pytest

from deploy.samples import generate
from services.intake.cli.importing.case_log import BadFile, BadLine, GoodLine, read
from services.intake.cli.importing.mapping import Mapping, load, parse
from services.intake.cli.importing.names import fold

SAMPLE = Path(generate.__file__).with_name("igate.mapping.toml")
MAPPING = """
zone = "Asia/Ho_Chi_Minh"
dates = ["%d/%m/%Y %H:%M", "%d/%m/%Y", "excel", "iso"]
ignore = ["STT"]
[columns]
case_code = ["Số hồ sơ", "Mã hồ sơ"]
unit = "Xã"
procedure = "TTHC"
channel = "Kênh"
submitted_at = "Nộp"
accepted_at = "Nhận"
completed_at = "Kết thúc"
[constants]
deciding_unit = "31570"
[defaults]
channel = "direct"
[times]
accepted_at = "07:30"
[digits]
unit = 5
[values.channel]
"Trực tuyến" = "online"
[status]
column = "Trạng thái"
[status.words]
"Đang xử lý" = {}
"Đã rút" = { field = "withdrawn_at", from = "Kết thúc", reason = "công dân rút" }
"""
HEAD = "STT;MÃ  HỒ SƠ;Xã;tthc;Kenh;Nộp;Nhận;Kết thúc;Trạng thái"


def rows(tmp_path: Path, *lines: str, mapping: Mapping | None = None) -> list[GoodLine | BadLine]:
    file = tmp_path / "log.csv"
    file.write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")
    return list(read(file, mapping or parse(MAPPING)))


def one(tmp_path: Path, line: str, mapping: Mapping | None = None) -> GoodLine:
    (found,) = rows(tmp_path, line, mapping=mapping)
    assert isinstance(found, GoodLine), found
    return found


def test_columns_constants_words_codes_and_dates_are_mapped(tmp_path: Path) -> None:
    row = one(tmp_path, "1;H13.57-250701-0001;4;2.000815;truc TUYEN;01/07/2025 08:00;01/07/2025;;").row
    assert (row.case_code, row.unit, row.deciding_unit, row.channel) == (
        "H13.57-250701-0001",
        "00004",
        "31570",
        "online",
    )
    assert row.submitted_at == "2025-07-01T08:00:00+07:00"
    assert row.accepted_at == "2025-07-01T07:30:00+07:00", "a bare date gets the mapping's time of day"
    assert (row.completed_at, row.returned_at) == ("", "")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("45839.354166666664", "2025-07-01T08:30:00+07:00"),
        ("2025-07-01T08:30:00+00:00", "2025-07-01T08:30:00+00:00"),
        ("2025-07-01 08:30", "2025-07-01T08:30:00+07:00"),
        ("1/7/2025 8:30", "2025-07-01T08:30:00+07:00"),
    ],
)
def test_instants_come_in_every_writing_that_the_mapping_names(tmp_path: Path, text: str, instant: str) -> None:
    assert one(tmp_path, f"1;c;31570;p;direct;{text};{text};;").row.submitted_at == instant


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("07-2025", "none of the forms"),
        ("31/02/2025 08:00", "none of the forms"),
        ("01/07/2025", "no time of day"),
        ("45839", "no time of day"),
        ("9999999", "none of the forms"),
        ("0.5", "no date of Excel's"),
    ],
)
def test_a_bad_instant_costs_its_row_and_names_column_and_reason(tmp_path: Path, text: str, reason: str) -> None:
    bad, good = rows(
        tmp_path, f"1;c;31570;p;direct;{text};;;", "2;d;31570;p;direct;01/07/2025 08:00;01/07/2025 08:00;;"
    )
    assert isinstance(bad, BadLine)
    assert (bad.rejected.line, bad.rejected.column) == (2, "submitted_at")
    assert reason in bad.rejected.message_en
    assert isinstance(good, GoodLine)


def test_a_status_changes_what_a_date_means(tmp_path: Path) -> None:
    line = "1;c;31570;p;direct;01/07/2025 08:00;01/07/2025 08:10;02/07/2025 09:00;{}"
    row = one(tmp_path, line.format("ĐÃ RÚT")).row
    assert (row.withdrawn_at, row.completed_at, row.reason) == ("2025-07-02T09:00:00+07:00", "", "công dân rút")
    row = one(tmp_path, line.format("Đang xử lý")).row
    assert (row.withdrawn_at, row.completed_at) == ("", "2025-07-02T09:00:00+07:00")
    for status, text in (("Lạ", "02/07/2025 09:00"), ("Đã rút", "")):
        (bad,) = rows(tmp_path, f"1;c;31570;p;direct;01/07/2025 08:00;01/07/2025 08:10;{text};{status}")
        assert isinstance(bad, BadLine)
        assert bad.rejected.column == "Trạng thái"


def test_everything_wrong_in_a_mapping_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "m.toml"
    file.write_text(
        'colour = "red"\ndates = ["%Q", "%H:%M"]\nzone = "Asia/Atlantis"\nencoding = "latin-1"\n'
        '[columns]\ncase_kode = "x"\ncase_code = []\n[times]\nunit = "07:00"\naccepted_at = "25:00"\n'
        '[status]\ncolumn = "s"\n[status.words]\nx = { field = "paid_at" }\n',
        encoding="utf-8",
    )
    with pytest.raises(BadFile) as told:
        load(file)
    text = str(told.value)
    assert str(file) in text
    for part in (
        "colour: không có khóa này",
        "dates.0",
        "dates.1",
        "zone: ",
        "encoding",
        "columns.case_kode",
        "columns.case_code",
        "times.unit",
        "times.accepted_at",
        "status.words.x",
    ):
        assert part in text, part


def test_fields_that_nothing_fills_are_told(tmp_path: Path) -> None:
    file = tmp_path / "m.toml"
    file.write_text('dates = ["excel"]\n[columns]\ncase_code = "a"\nunit = "b"\n[constants]\nunit = "1"\n')
    with pytest.raises(BadFile) as told:
        load(file)
    for part in ("deciding_unit, procedure, channel, submitted_at, accepted_at", "constant: unit", "zone"):
        assert part in str(told.value)
    assert "completed_at" not in str(told.value), "an export may tell of cases that are accepted only"


@pytest.mark.parametrize("content", [b"a = ", b"\xff", b"[columns]\na = 'b'\n[columns]\n"])
def test_a_file_that_is_no_toml_is_told_by_its_place(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "m.toml"
    file.write_bytes(content)
    with pytest.raises(BadFile, match=r"m\.toml"):
        load(file)
    with pytest.raises(BadFile, match="cannot open"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (HEAD.replace("Nhận", "Xong"), r"missing: Nhận; .*unknown: Xong"),
        (f"{HEAD};Mới", "unknown: Mới"),
        (f"{HEAD};nhan", "doubled"),
        (HEAD.replace("Trạng thái", "STT"), "missing: Trạng thái"),
    ],
)
def test_a_header_that_the_mapping_does_not_fit_is_refused_by_name(tmp_path: Path, head: str, reason: str) -> None:
    file = tmp_path / "log.csv"
    file.write_text(head + "\n", encoding="utf-8")
    with pytest.raises(BadFile, match=reason):
        list(read(file, parse(MAPPING)))


def test_names_are_the_same_whatever_their_accents() -> None:
    assert fold("  Đơn vị  TIẾP-NHẬN ") == fold("don vi tiep nhan") == "donvitiepnhan"


def test_the_sample_mapping_is_one_and_names_every_key() -> None:
    mapping = load(SAMPLE).mapping
    text = SAMPLE.read_text(encoding="utf-8")
    assert [key for key in Mapping.model_fields if f"{key} =" not in text and f"[{key}" not in text] == []
    assert mapping.status is not None
