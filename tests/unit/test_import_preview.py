"""Looking at a log without a stack: what it would be taken for, and a mapping to begin with."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from services.intake.cli.importing.command import import_log
from services.intake.cli.importing.mapping import parse
from tests.support.workbooks import HEAD, case, workbook
from tests.unit.test_import_mapping import HEAD as CSV_HEAD
from tests.unit.test_import_mapping import MAPPING

PERSON = "Nguyễn Văn Ví Dụ"


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    mapping, log = tmp_path / "m.toml", tmp_path / "log.csv"
    mapping.write_text(MAPPING.replace("[constants]", 'applicant_name = "Người nộp"\n[constants]'), encoding="utf-8")
    lines = [f"1;c{n};31570;p;direct;{n}/7/2025 8:00;{n}/7/2025 8:00;;Đang xử lý;{PERSON}" for n in range(1, 40)]
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
    done = CliRunner().invoke(import_log, ["--mapping", mapping, "--dry-run", log])
    assert "31 dòng đọc được, 8 dòng không" in done.output
    assert "c1" in done.output
    assert PERSON not in done.output + str(told), "whose cases they are is shown to nobody"
    assert sorted(each.name for each in Path(log).parent.iterdir()) == ["log.csv", "m.toml"]


def test_brackets_of_a_file_are_shown_as_they_are(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    columns = "case_code,unit,deciding_unit,procedure,channel,submitted_at,accepted_at,completed_at,returned_at"
    log.write_text(f"{columns}\nc,31570,31570,[/b],[red]direct,,,,\n")
    done = CliRunner().invoke(import_log, ["--dry-run", str(log)])
    assert done.exit_code == 0, done.output
    assert "[/b]" in done.output
    assert "[red]direct" in done.output


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
    log.write_text(f"{head}\n1;c;31570;p;Trực tuyến;1/7/2025 8:00;1/7/2025 8:00;Đang xử lý;\n", encoding=encoding)
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
