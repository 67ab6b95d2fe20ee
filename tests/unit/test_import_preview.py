"""Looking at a log without a stack: what it would be taken for, and a mapping to begin with."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from services.intake.cli.importing.command import import_log
from services.intake.cli.importing.lines import COLUMNS
from services.intake.cli.importing.mapping import parse
from tests.support.workbooks import HEAD, case, workbook
from tests.unit.test_import_mapping import HEAD as CSV_HEAD
from tests.unit.test_import_mapping import MAPPING

PERSON = "Nguyễn Văn Ví Dụ"


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    mapping, log = tmp_path / "m.toml", tmp_path / "log.csv"
    mapping.write_text(MAPPING.replace("[constants]", 'applicant_name = "Người nộp"\n[constants]'), encoding="utf-8")
    lines = [
        f"1;H13.57-250701-{n:04};31570;1.004222;direct;{n}/7/2025 8:00;{n}/7/2025 8:00;;Đang xử lý;{PERSON}"
        for n in range(1, 40)
    ]
    log.write_text("\n".join([f"{CSV_HEAD};Người nộp", *lines]), encoding="utf-8")
    return str(mapping), str(log)


def test_a_dry_run_counts_shows_and_sends_nothing(files: tuple[str, str]) -> None:
    mapping, log = files
    done = CliRunner().invoke(import_log, ["--mapping", mapping, "--dry-run", "--lang", "en", "--json", log])
    assert done.exit_code == 3, done.output
    told = json.loads(done.stdout)
    assert (told["good"], told["bad"], len(told["rows"])) == (31, 8, 10)
    (problem,) = told["problems"]
    assert (problem["column"], problem["lines"], problem["first"]) == ("submitted_at", 8, 33)
    done = CliRunner(env={"COLUMNS": "200"}).invoke(import_log, ["--mapping", mapping, "--dry-run", log])
    assert "31 dòng đọc được, 8 dòng không" in done.output
    assert "H13.57-250701-0001" in done.output
    assert PERSON not in done.output + str(told), "whose cases they are is shown to nobody"
    assert sorted(each.name for each in Path(log).parent.iterdir()) == ["log.csv", "m.toml"]


def test_brackets_of_a_file_are_shown_as_they_are(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    columns = "case_code,unit,deciding_unit,procedure,channel,submitted_at,accepted_at,completed_at,returned_at"
    log.write_text(f"{columns}\nH13.57-250701-0001,31570,[red]u,[/b],direct,2025-07-01T08:00+07:00,,,\n")
    done = CliRunner().invoke(import_log, ["--dry-run", str(log)])
    assert done.exit_code == 3, done.output
    assert "[/b]" in done.output
    assert "[red]u" in done.output


def test_a_file_of_bad_lines_only_fills_no_page(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    columns = "case_code,unit,deciding_unit,procedure,channel,submitted_at,accepted_at,completed_at,returned_at"
    log.write_text("\n".join([columns, *("x," * (n % 60 + 10) for n in range(1_000))]))
    told = json.loads(CliRunner().invoke(import_log, ["--dry-run", "--json", str(log)]).stdout)
    assert sum(each["lines"] for each in told["problems"]) == told["bad"] == 1_000
    assert len(told["problems"]) <= 21


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_suggested_mapping_is_one_once_its_questions_are_answered(tmp_path: Path, encoding: str) -> None:
    log = tmp_path / "log.csv"
    head = "Danh sách\n\n" + "STT;Số hồ sơ;Mã xã;Mã TTHC;Hình thức nộp;Ngày nộp;Ngày tiếp nhận;Trạng thái;Ghi chú"
    log.write_text(
        f"{head}\n1;H13.57-250701-0001;31570;1.004222;Trực tuyến;1/7/2025 8:00;1/7/2025 8:00;Đang xử lý;\n",
        encoding=encoding,
    )
    text = CliRunner().invoke(import_log, ["--suggest-mapping", str(log)]).stdout
    assert 'deciding_unit = "?"' in text
    file = tmp_path / "m.toml"
    file.write_text(text, encoding="utf-8")
    unanswered = CliRunner().invoke(import_log, ["--mapping", str(file), "--dry-run", str(log)])
    assert unanswered.exit_code == 1
    assert "still to be filled in, “?”: deciding_unit" in unanswered.output
    text = text.replace('"?"', '"31570"')
    mapping = parse(text)
    assert mapping.columns["case_code"] == ["Số hồ sơ"]
    assert (mapping.ignore, mapping.header_row) == (["STT", "Ghi chú"], 3)
    assert mapping.status is not None
    assert list(mapping.status.words) == ["Đang xử lý"]
    file.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(import_log, ["--mapping", str(file), "--dry-run", "--json", str(log)])
    assert json.loads(done.stdout)["rows"][0]["channel"] == "online"


def test_a_workbook_is_suggested_for_too_and_a_file_without_known_names_is_not(tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", [["DANH SÁCH"], HEAD, case(1, None, None, "Đã xử lý xong")])
    mapping = parse(CliRunner().invoke(import_log, ["--suggest-mapping", str(file)]).stdout.replace('"?"', '"31570"'))
    assert mapping.columns["returned_at"] == ["Ngày trả kết quả"]
    other = tmp_path / "b.csv"
    other.write_text("a,b\n1,2\n")
    done = CliRunner().invoke(import_log, ["--suggest-mapping", str(other)])
    assert done.exit_code == 1
    assert "no line looks like a header" in done.output


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("submitted_at", "hôm qua"),
        ("accepted_at", "2025-07-01 08:00"),
        ("completed_at", "2025-07-01T09:00:00+07:00"),
        ("channel", "đò"),
    ],
    ids=["garbage", "no-offset", "gap", "no-channel"],
)
def test_a_dry_run_without_a_mapping_judges_what_a_row_tells(tmp_path: Path, column: str, text: str) -> None:
    log = tmp_path / "log.csv"
    good = dict(
        zip(
            COLUMNS,
            ["H13.57-250701-0001", "31570", "31570", "1.004222", "direct", "2025-07-01T08:00+07:00", "", "", ""],
            strict=True,
        )
    )
    rows = [good, good | {column: text}]
    log.write_text("\n".join([",".join(COLUMNS), *(",".join(row.values()) for row in rows)]), encoding="utf-8")
    done = CliRunner().invoke(import_log, ["--dry-run", "--json", str(log)])
    assert done.exit_code == 3, done.output
    told = json.loads(done.stdout)
    (problem,) = told["problems"]
    assert (told["good"], told["bad"], problem["first"]) == (1, 1, 3)
    assert problem["column"] == ("accepted_at" if column == "completed_at" else column)


AT = "2025-07-01T08:00+07:00"
REFUSED = [
    ("unit", "99999", "there is no", "unknown"),
    ("procedure", "9.999999", "“9.999999”", "unknown"),
    ("case_code", "H13.58-250701-0001", "does not begin", "unknown"),
    ("case_code", "c", "is no case code", "bad"),
    ("accepted_at", "2025-07-01T07:00+07:00", "before the step", "bad"),
    ("accepted_at", "9999-01-01T07:00+07:00", "in the future", "bad"),
]


def shipped_log(tmp_path: Path, mapped: bool) -> list[str]:
    """A good line, one that is wrong in each way, and a good one; read as it is, or through a mapping."""
    good = dict(
        zip(COLUMNS, ["H13.57-250701-0001", "31570", "31570", "1.004222", "direct", AT, "", "", ""], strict=True)
    )
    rows = [good, *(good | {column: text} for column, text, *_ in REFUSED), good]
    head = [name.upper() if mapped else name for name in COLUMNS]
    log, mapping = tmp_path / "log.csv", tmp_path / "m.toml"
    log.write_text("\n".join([",".join(head), *(",".join(row.values()) for row in rows)]), encoding="utf-8")
    mapping.write_text("[columns]\n" + "\n".join(f'{name} = "{name.upper()}"' for name in COLUMNS), encoding="utf-8")
    return ["--dry-run", "--lang", "en", *(["--mapping", str(mapping)] if mapped else []), str(log)]


@pytest.mark.parametrize("mapped", [False, True])
def test_a_dry_run_judges_by_the_shipped_data_and_tells_what_they_do_not_know(tmp_path: Path, mapped: bool) -> None:
    asked = shipped_log(tmp_path, mapped)
    done = CliRunner().invoke(import_log, [*asked, "--json"])
    assert done.exit_code == 3, done.output
    told = json.loads(done.stdout)
    assert (told["good"], told["bad"], told["unknown"]) == (2, 3, 3)
    listed = {
        each["first"]: (each, kind)
        for kind, name in (("bad", "problems"), ("unknown", "unknowns"))
        for each in told[name]
    }
    for line, (column, _, words, kind) in enumerate(REFUSED, 3):
        each, found = listed[line]
        assert (each["column"].lower(), each["lines"], found) == (column, 1, kind)
        assert words.lower() in each["reason"].lower()
    shown = " ".join(CliRunner().invoke(import_log, asked).output.split())
    assert "what the installation has published decides" in shown
    assert "3 lines are unknown in the shipped data" in shown


def test_a_log_that_the_shipped_data_know_is_good(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text(f"{','.join(COLUMNS)}\nH13.57-250701-0001,31570,31570,1.004222,direct,{AT},{AT},,\n")
    done = CliRunner().invoke(import_log, ["--dry-run", "--json", str(log)])
    assert (done.exit_code, json.loads(done.stdout)["good"]) == (0, 1), done.output


def test_a_log_of_unknown_procedures_only_names_some_and_counts_all(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    rows = [f"H13.57-250701-{n:04},31570,31570,9.{n:06},direct,{AT},,," for n in range(100)]
    log.write_text("\n".join([",".join(COLUMNS), *rows]))
    told = json.loads(CliRunner().invoke(import_log, ["--dry-run", "--json", str(log)]).stdout)
    assert (told["good"], told["bad"], told["unknown"]) == (0, 0, 100)
    assert sum(each["lines"] for each in told["unknowns"]) == 100
    assert len(told["unknowns"]) == 21
    assert len(told["rows"]) == 10, "how they would be read is shown all the same"


HEADINGS = [
    "STT", "Mã hồ sơ", "Lĩnh vực", "Thủ tục hành chính", "Người nộp hồ sơ", "Số CMND/CCCD", "Số điện thoại", "Địa chỉ",
    "Hình thức nộp hồ sơ", "Ngày tiếp nhận hồ sơ", "Ngày hẹn trả kết quả", "Ngày hoàn thành", "Ngày thực trả",
    "Đơn vị xử lý", "Trạng thái hồ sơ", "Ghi chú",
]  # fmt: skip
STATES = ["Đang xử lý", "Đã trả kết quả", "Công dân rút hồ sơ", "Từ chối tiếp nhận", "Chờ bổ sung", "Tạm dừng xử lý"]


def test_the_headings_of_a_province_are_understood(tmp_path: Path) -> None:
    procedures = ["Đăng ký khai sinh", "1.004222.000.00.00.H13", "2.000815 - Chứng thực bản sao", "Thủ tục lạ"]
    rows: list[list[Any]] = [["ỦY BAN NHÂN DÂN TỈNH"], ["BÁO CÁO CHI TIẾT HỒ SƠ"], [], HEADINGS]
    rows += [
        [
            number + 1, f"H13.57-250701-{number:04}", "Hộ tịch", procedures[number % 4], "Nguyễn Văn Ví Dụ", "", "", "",
            "Nộp trực tuyến", "01/07/2025 08:00", "02/07/2025 17:00", "01/07/2025 10:00", "", "31570",
            STATES[number % 6], "",
        ]
        for number in range(12)
    ]  # fmt: skip
    log = workbook(tmp_path / "a.xlsx", rows)
    text = CliRunner().invoke(import_log, ["--suggest-mapping", str(log)]).stdout
    hints = [line for line in text.splitlines() if "field =" in line]
    assert [line.split(" = ")[0].strip('"') for line in hints] == [STATES[2], STATES[3], STATES[4]], text
    assert [field for line in hints for field in re.findall(r'field = "(\w+)"', line)] == [
        "withdrawn_at",
        "declined_at",
        "supplement_requested_at",
    ]
    assert all('from = "Ngày hoàn thành"' in line for line in hints)
    assert '# "Thủ tục lạ" = "?"' in text
    mapping = parse(text.replace('unit = "?"', 'unit = "31570"'))
    assert {field: heads[0] for field, heads in mapping.columns.items()} == {
        "case_code": "Mã hồ sơ",
        "procedure": "Thủ tục hành chính",
        "applicant_name": "Người nộp hồ sơ",
        "applicant_id_number": "Số CMND/CCCD",
        "applicant_phone": "Số điện thoại",
        "channel": "Hình thức nộp hồ sơ",
        "submitted_at": "Ngày tiếp nhận hồ sơ",
        "accepted_at": "Ngày tiếp nhận hồ sơ",
        "completed_at": "Ngày hoàn thành",
        "returned_at": "Ngày thực trả",
        "deciding_unit": "Đơn vị xử lý",
    }
    assert mapping.values["procedure"] == {
        procedures[0]: "1.001193",
        procedures[1]: "1.004222",
        procedures[2]: "2.000815",
    }
    assert mapping.ignore == ["STT", "Lĩnh vực", "Địa chỉ", "Ngày hẹn trả kết quả", "Ghi chú"]
    file = tmp_path / "m.toml"
    file.write_text(text.replace('unit = "?"', 'unit = "31570"'), encoding="utf-8")
    done = CliRunner().invoke(import_log, ["--mapping", str(file), "--dry-run", "--json", str(log)])
    told = json.loads(done.stdout)
    assert (told["good"], told["bad"], told["unknown"]) == (9, 0, 3)
    assert [row["procedure"] for row in told["rows"][:4]] == ["1.001193", "1.004222", "2.000815", "Thủ tục lạ"]


def test_a_code_is_taken_rather_than_a_name_wherever_it_stands(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    for head in ("Tên thủ tục;Mã TTHC", "Mã TTHC;Tên thủ tục"):
        log.write_text(f"Mã hồ sơ;{head};Ngày nộp\nc;1.001193;1.001193;1/7/2025\n", encoding="utf-8")
        text = CliRunner().invoke(import_log, ["--suggest-mapping", str(log)]).stdout
        assert 'procedure = "Mã TTHC"' in text
        assert 'ignore = ["Tên thủ tục"]' in text
        assert "values.procedure" not in text
