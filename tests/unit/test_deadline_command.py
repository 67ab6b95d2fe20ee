"""`tiepsuc deadline`: the same answer in words and in JSON, from the shipped files or an edited copy of them."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from services.intake.cli.deadline import deadline
from services.intake.data_files import shipped_text
from services.intake.explaining import Mark, explain
from services.intake.reference import Reference

EXAMPLE = ["explain", "--procedure", "1.004222", "--unit", "31570", "--accepted", "2025-08-29T16:20+07:00"]


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "160", "TIEPSUC_LANG": None}).invoke(deadline, arguments)


def told(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_the_example_in_words() -> None:
    output = run(*EXAMPLE).output
    assert "Thứ Năm, 17:00 11/09/2025" in output
    for part in ("Ngày làm việc thứ 7: 11/09/2025", "Working day 7: 2025-09-11", "BLDS 2015 Đ147.2", "Quốc khánh"):
        assert part in output
    # The picture: National Day struck out, counted days ticked, the due day filled.
    week = next(line for line in output.splitlines() if "×1" in line)
    assert [mark in week for mark in ("×2", "✓3", "✓5")] == [True] * 3
    assert "■11" in output
    assert "▸29" in output


@pytest.mark.parametrize(("lang", "there", "absent"), [("vi", "Hạn trả", "is due"), ("en", "is due", "Hạn trả")])
def test_one_language_only(lang: str, there: str, absent: str) -> None:
    output = run(*EXAMPLE, "--lang", lang).output
    assert there in output
    assert absent not in output


def test_the_example_as_json() -> None:
    found = told(*EXAMPLE, "--now", "2025-09-10T16:00+07:00")
    assert found["due_at"] == "2025-09-11T17:00:00+07:00"
    assert found["minutes_left"] == 9 * 60
    marks = {each["day"]: each["mark"] for each in found["days"]}
    assert [day for day, mark in marks.items() if mark in {Mark.COUNTED, Mark.DUE}] == [
        f"2025-09-{day:02}" for day in (3, 4, 5, 8, 9, 10, 11)
    ]
    assert marks["2025-09-01"] == Mark.HOLIDAY
    assert found["steps"][0]["article"] == "NĐ 118/2025 Đ17.3"
    assert found["restarted"] is found["paused"] is None


def test_an_instant_without_a_zone_is_vietnams() -> None:
    assert told(*EXAMPLE[:-1], "2025-08-29T16:20")["accepted_at"] == "2025-08-29T16:20:00+07:00"
    assert told(*EXAMPLE[:-1], "2025-08-29T09:20+00:00")["accepted_at"] == "2025-08-29T16:20:00+07:00"


def test_both_readings_of_a_supplement() -> None:
    wish = [*EXAMPLE, "--supplement-from", "2025-09-03T09:00", "--supplement-to", "2025-09-05T10:30"]
    found = told(*wish)
    assert found["due_at"] == "2025-09-11T17:00:00+07:00"
    assert found["restarted"]["due_at"] == "2025-09-16T17:00:00+07:00"
    assert found["restarted"]["steps"][0]["article"] == "NĐ 118/2025 Đ19.5"
    assert found["paused"]["due_at"] == "2025-09-16T08:30:00+07:00"  # 17 h 30 min on
    output = run(*wish, "--now", "2025-09-15T17:00").output
    assert "Thứ Ba, 17:00 16/09/2025" in output
    assert "còn 8 giờ làm việc" in output


def test_the_command_and_the_function_are_the_same() -> None:
    accepted = datetime.fromisoformat(EXAMPLE[-1])
    assert told(*EXAMPLE) == json.loads(
        json.dumps(explain(Reference.shipped(), "1.004222", "31570", accepted).as_dict())
    )


def test_beyond_the_known_days_off_there_is_a_warning() -> None:
    assert told(*EXAMPLE)["warnings"] == []
    assert "2027 only" in told(*EXAMPLE[:-1], "2031-08-29T16:20+07:00")["warnings"][0]["en"]
    assert "provisional" in told(*EXAMPLE[:-1], "2027-03-01T08:00+07:00")["warnings"][0]["en"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"--procedure": "1.00422"}, "--procedure: không có thủ tục mã “1.00422”"),
        ({"--procedure": "1.00422"}, "1.004222 Đăng ký thường trú"),
        ({"--unit": "3157"}, "--unit: không có đơn vị mã “3157”"),
        ({"--unit": "99999"}, "tiepsuc deadline find"),
        ({"--accepted": "2025-08-29"}, "--accepted"),
        ({"--accepted": "29/8/2025 16:20"}, "is no instant"),
        ({"--accepted": "9999-12-30T16:20"}, "is no instant"),
        ({"--supplement-from": "2025-09-03T09:00"}, "--supplement-to: còn thiếu"),
        ({"--supplement-to": "2025-09-03T09:00"}, "--supplement-from: còn thiếu"),
        ({"--supplement-from": "2025-08-29T16:19", "--supplement-to": "2025-09-03T09:00"}, "--supplement-from: trước"),
        ({"--supplement-from": "2025-09-04T09:00", "--supplement-to": "2025-09-03T09:00"}, "--supplement-to: trước"),
        ({"--now": "soon"}, "is no instant"),
    ],
)
def test_bad_input_is_told_by_its_option(change: dict[str, str], message: str) -> None:
    wish = dict(zip(EXAMPLE[1::2], EXAMPLE[2::2], strict=True)) | change
    result = run("explain", *(part for pair in wish.items() for part in pair))
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


def test_an_edited_copy_of_the_files_is_taken_and_judged(tmp_path: Path) -> None:
    assert run(*EXAMPLE, "--data", str(tmp_path)).exit_code == 2  # none of the files there
    edited = shipped_text("calendars.toml") + '\n[unit.31570]\nsaturday = "07:30-11:30"\nsource = "x"\n'
    (tmp_path / "calendars.toml").write_text(edited, encoding="utf-8")
    assert told(*EXAMPLE, "--data", str(tmp_path))["due_at"] == "2025-09-09T17:00:00+07:00"
    (tmp_path / "calendars.toml").write_text(edited.replace('"x"', '""'), encoding="utf-8")
    result = run(*EXAMPLE, "--data", str(tmp_path))
    assert result.exit_code == 1
    assert "calendars.toml, unit.31570.source: missing" in result.output
    (tmp_path / "calendars.toml").write_bytes(b"\xff\xfe")
    assert "is no UTF-8" in run(*EXAMPLE, "--data", str(tmp_path)).output


def test_a_year_of_a_unit() -> None:
    found = told("calendar", "--unit", "31570", "--year", "2026")
    days = {each["day"]: each for each in found["days"]}
    assert len(days) == 365
    assert days["2026-01-02"]["hours"] == []
    assert days["2026-01-10"]["hours"] == [["07:00", "11:30"], ["13:30", "17:00"]]
    worked = sum(bool(each["hours"]) for each in days.values())
    output = run("calendar", "--unit", "31570", "--year", "2026").output
    assert f"{worked} ngày làm việc, {worked * 8} giờ" in output
    assert "+10" in output
    assert "×24" in output
    assert "to 2027 only" in run("calendar", "--unit", "31570", "--year", "2031").output


def test_codes_are_found_by_name_without_marks() -> None:
    assert told("find", "thuong", "tru")["procedures"] == [{"code": "1.004222", "name": "Đăng ký thường trú"}]
    assert told("find", "hồ đắc kiện")["units"] == [{"code": "31570", "name": "Xã Hồ Đắc Kiện", "province": "92"}]
    assert run("find", "không có gì như thế").exit_code == 1
