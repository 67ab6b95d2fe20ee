"""`tiepsuc roster`: what it prints, what it refuses and how it ends. It needs no stack."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from contracts.scheduling.roster import HARD, Assignment, RosterProblem, RosterSolution
from services.scheduling.cli import solving
from services.scheduling.cli.bench import best_known
from services.scheduling.cli.picture import short_names
from services.scheduling.cli.roster import roster
from services.scheduling.domain.evaluation import solution
from tests.support.rosters import plan, problem
from tests.unit.test_roster_public_format import TEXT

SAMPLE = Path(__file__).parents[2] / "deploy/samples/roster/commune-week.json"
SMALL = problem(
    people=("an", "binh"),
    demands=[{"day": 0, "shift": "d", "minimum": 1, "target": 2, "under_weight": 30}],
    unavailable=[{"person": "binh", "day": 0}],
)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(roster, [str(each) for each in arguments], env={"COLUMNS": "100"})


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A problem and its roster, as files."""
    return kept(tmp_path, SMALL, plan(an="d"))


def kept(folder: Path, asked: RosterProblem, assignments: list[Assignment], bound: int = 0) -> tuple[Path, Path]:
    first, second = folder / "problem.json", folder / "roster.json"
    first.write_text(asked.model_dump_json(), encoding="utf-8")
    second.write_text(solution(asked, assignments, bound, 1.0, 0).model_dump_json(), encoding="utf-8")
    return first, second


def edited(file: Path, **values: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **values}), encoding="utf-8")


# --- solve ----------------------------------------------------------------------------------------------------


def test_a_problem_is_solved_into_a_file_that_passes_the_check(tmp_path: Path) -> None:
    asked, _ = kept(tmp_path, SMALL, [])
    told = run("solve", asked, "-o", tmp_path / "best.json", "--time-limit", "20", "--workers", "2", "--lang", "vi")
    assert told.exit_code == 0, told.output
    assert "chi phí 30, tối ưu, 1 lượt trực" in told.stdout
    assert "tốt nhất 30  cận dưới" in told.stderr
    found = RosterSolution.model_validate_json((tmp_path / "best.json").read_bytes())
    assert (found.cost, found.assignments) == (30, tuple(plan(an="d")))
    assert run("check", asked, tmp_path / "best.json").exit_code == 0


def test_ctrl_c_ends_with_the_best_so_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(solving._Line, "print", pressed)
    told = run("solve", SAMPLE, "-o", tmp_path / "best.json", "--time-limit", "60", "--workers", "1")
    assert told.exit_code == 0, told.output
    assert run("check", SAMPLE, tmp_path / "best.json").stdout.count("chi phí / cost") == 1
    assert [each.name for each in tmp_path.iterdir()] == ["best.json"]


def test_where_the_file_cannot_go_is_said_before_the_search(tmp_path: Path) -> None:
    told = run("solve", SAMPLE, "-o", tmp_path / "none" / "best.json")
    assert told.exit_code == 1
    assert "không có thư mục / no folder" in told.stderr


def test_hard_rules_that_cannot_be_kept_are_told(tmp_path: Path) -> None:
    asked, best = kept(tmp_path, problem(demands=[{"day": 0, "shift": "d", "minimum": 2, "target": 2}]), [])
    told = run("solve", asked, "-o", best, "--time-limit", "5", "--workers", "1")
    assert told.exit_code == 0
    assert "1 vi phạm bắt buộc: tiepsuc roster check" in told.stderr
    assert run("check", asked, best).exit_code == 1


# --- what is refused ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"id": "a",\n  "days": }', "dòng/line 2, cột/column 11: không phải JSON / no JSON"),
        ("\ufeff[]", "phải là { } / "),
        ("[" * 100_000, "nested too deeply"),
        (SMALL.model_dump_json().replace('"minutes":480', '"minutes":"x"'), "shifts.0.minutes: phải là số nguyên / "),
        (SMALL.model_dump_json().replace('"minutes":480', '"minutes":0'), "shifts.0.minutes: phải từ 1 trở lên / "),
        (SMALL.model_dump_json().replace('"days":7', '"dayz":7'), "  days: thiếu trường này / Field required"),
        (SMALL.model_dump_json().replace('"days":7', '"dayz":7'), "  dayz: không có trường này / "),
        (SMALL.model_dump_json().replace("2026-03-02", "2/3"), "start: phải là ngày, ví dụ 2026-03-02 / "),
        (SMALL.model_dump_json().replace('"minimum":1', '"minimum":5'), "demands.0: cần minimum ≤ target ≤ maximum / "),
        (SMALL.model_dump_json().replace('"person":"binh"', '"person":"x"'), "  unavailable.0.person: không có “x” / "),
    ],
)
def test_a_bad_problem_is_refused_by_the_place_of_its_fault(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "problem.json").write_text(content, encoding="utf-8")
    result = run("solve", tmp_path / "problem.json", "-o", tmp_path / "best.json")
    assert result.exit_code == 1
    assert told in result.stderr
    assert not (tmp_path / "best.json").exists()


def test_what_is_no_utf8_is_refused_by_line(tmp_path: Path) -> None:
    (tmp_path / "problem.json").write_bytes(b'{\n"id": "\xff"}')
    result = run("solve", tmp_path / "problem.json", "-o", tmp_path / "best.json")
    assert (result.exit_code, "dòng/line 2: không phải UTF-8" in result.stderr) == (1, True)


def test_a_roster_of_something_else_is_refused(files: tuple[Path, Path]) -> None:
    asked, found = files
    edited(found, problem="other")
    told = run("check", asked, found)
    assert told.exit_code == 1
    assert "là lịch của “other”, không phải của “test”" in told.stderr
    edited(found, problem="test", assignments=[{"person": "x", "day": 0, "shift": "d"}])
    assert "assignments.0.person: không có người “x”" in run("show", asked, found).stderr


# --- check, show ----------------------------------------------------------------------------------------------


def test_a_true_roster_passes(files: tuple[Path, Path]) -> None:
    told = run("check", *files)
    assert (told.exit_code, told.stdout) == (0, "✓ chi phí / cost 30\n")
    assert json.loads(run("check", "--json", *files).stdout)["ok"] is True


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"cost": 29}, "✗ cost: tệp ghi 29, chấm lại 30 / the file says 29, the judge 30"),
        ({"hard": 1}, "✗ hard: tệp ghi 1, chấm lại 0"),
        ({"status": "optimal"}, "✗ status: tệp ghi optimal, chấm lại feasible"),
        ({"score": {}}, "✗ score.under_target: tệp ghi 0, chấm lại 30"),
        ({"gap": 0.5}, "✗ gap: 0.5 ≠ 1.0"),
        ({"bound": 31}, "✗ bound: cao hơn chi phí / is above the cost: 31 > 30"),
        ({"matches": []}, "✗ matches: không có trong tệp / not in the file: T2 02/03 · d: ít người hơn mong muốn"),
        ({"assignments": []}, "✗ T2 02/03 · d: thiếu so với mức tối thiểu"),
    ],
)
def test_a_file_that_says_otherwise_fails(files: tuple[Path, Path], values: dict[str, Any], told: str) -> None:
    edited(files[1], **values)
    result = run("check", *files)
    assert result.exit_code == 1
    assert told in result.stdout
    assert json.loads(run("check", "--json", *files).stdout)["ok"] is False


def test_hard_rules_broken_fail_though_the_file_says_so(tmp_path: Path) -> None:
    told = run("check", "--lang", "en", *kept(tmp_path, SMALL, plan(an="d", binh="d")))
    assert told.exit_code == 1
    assert told.stdout == "✗ binh · Mo 02/03 · d: works while unavailable, hard\n✗ cost (1 hard + 0)\n"


def test_the_picture_shows_people_cover_and_cost(files: tuple[Path, Path]) -> None:
    lines = [line.split() for line in run("show", *files).stdout.splitlines()]
    assert ["an", "d", "·", "·", "·", "·", "·", "·"] in lines
    assert ["binh", "×", "·", "·", "·", "·", "·", "·"] in lines
    assert ["d", "1/2", "·", "·", "·", "·", "·", "·"] in lines
    assert ["tổng", "/", "total", "1", "30"] in lines
    edited(files[1], assignments=[])
    assert "0/2!" in run("show", *files).stdout


def test_a_long_horizon_is_drawn_in_weeks(tmp_path: Path) -> None:
    told = run("show", *kept(tmp_path, problem(28), plan(an="d")))
    weeks = [line.split() for line in told.stdout.splitlines() if "T2" in line]
    assert weeks == [["T2", "T3", "T4", "T5", "T6", "T7", "CN"]] * 4


def test_short_names_tell_shifts_apart() -> None:
    assert short_names(["morning", "afternoon"]) == {"morning": "m", "afternoon": "a"}
    assert short_names(["ca-1", "ca-2", "c"]) == {"ca-1": "ca-1", "ca-2": "ca-2", "c": "c"}


# --- why ------------------------------------------------------------------------------------------------------


def test_why_not_names_the_rule(files: tuple[Path, Path]) -> None:
    told = run("why", *files, "--person", "binh", "--day", "2026-03-02", "--shift", "d").stdout
    assert told.startswith("binh → T2 02/03 · d: không được / blocked, ")
    assert "✗ binh · T2 02/03 · d: làm khi không thể có mặt / works while unavailable" in told
    assert "✓ hết / mended: T2 02/03 · d: ít người hơn mong muốn" in told
    assert run("why", *files, "--person", "an", "--day", "0", "--lang", "en").stdout == "an, Mo 02/03: is on d\n"


def test_why_short_names_what_lacks_and_who_could_come(files: tuple[Path, Path]) -> None:
    lines = run("why", *files, "--shift", "d", "--day", "0", "--lang", "vi").stdout.splitlines()
    assert lines[0] == "T2 02/03 · d: ít người hơn mong muốn, +30"
    assert lines[1] == f"binh → T2 02/03 · d: không được, +{HARD - 30:,}"
    found = json.loads(run("why", *files, "--shift", "d", "--day", "0", "--json").stdout)
    assert [match["rule"] for match in found["lacking"]] == ["under_target"]
    assert [(each["person"], each["blocked"]) for each in found["candidates"]] == [("binh", True)]
    assert "không thiếu người / is not short" in run("why", *files, "--shift", "d", "--day", "3").stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--day", "0"), "cần --person hoặc --shift"),
        (("--day", "7", "--shift", "d"), "“7” ngoài kỳ xếp lịch"),
        (("--day", "2026-03-01", "--shift", "d"), "ngoài kỳ xếp lịch"),
        (("--day", "mai", "--shift", "d"), "“mai” không phải ngày, ví dụ 2026-03-02, hay số từ 0"),
        (("--day", "0", "--person", "x"), "không có người “x”"),
        (("--day", "0", "--shift", "x"), "không có ca “x”"),
    ],
)
def test_a_question_about_nothing_is_wrong_usage(
    files: tuple[Path, Path], arguments: tuple[str, ...], told: str
) -> None:
    result = run("why", *files, *arguments)
    assert result.exit_code == 2
    assert told in result.stderr


# --- schema, convert, bench, the sample -----------------------------------------------------------------------


def test_the_schema_takes_the_sample() -> None:
    schema = json.loads(run("schema").stdout)
    sample = json.loads(SAMPLE.read_text(encoding="utf-8"))
    jsonschema.validate(sample, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**sample, "dayz": 1}, schema)
    assert "assignments" in json.loads(run("schema", "roster").stdout)["properties"]


def test_the_sample_is_what_its_description_says() -> None:
    asked = RosterProblem.model_validate_json(SAMPLE.read_bytes())
    assert len(asked.people) == 12
    assert sum(person.minor for person in asked.people) == 2
    assert {skill for person in asked.people for skill in person.skills} == {"lead", "km"}


def test_a_public_instance_is_converted(tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text(TEXT, encoding="utf-8")
    told = run("convert", tmp_path / "own.txt", "-o", tmp_path / "own.json")
    assert (told.exit_code, told.stdout) == (0, f"{tmp_path}/own.json: 2 người / people x 7 ngày / days\n")
    found = RosterProblem.model_validate_json((tmp_path / "own.json").read_bytes())
    assert found == RosterProblem.model_validate_json(run("convert", tmp_path / "own.txt").stdout)
    (tmp_path / "own.txt").write_text(TEXT.replace("0,E,1", "0,X,1"), encoding="utf-8")
    refused = run("convert", tmp_path / "own.txt", "-o", tmp_path / "new.json")
    assert refused.exit_code == 1
    assert "own.txt, line 24: không có ca “X” / there is no shift" in refused.stderr
    assert not (tmp_path / "new.json").exists()


def test_a_folder_is_measured(tmp_path: Path) -> None:
    (tmp_path / "Instance2.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "README.md").write_text("| instance | best known (x) |\n|---|---|\n| 2 | 50 |\n", encoding="utf-8")
    told = run("bench", tmp_path, "--time-limit", "2", "--seeds", "2", "--workers", "1")
    assert told.exit_code == 0, told.output
    row = next(line.split() for line in told.stdout.splitlines() if "Instance2" in line)
    assert row[:4] == ["Instance2", "2", "x", "7"]
    assert row[4] == row[5] == "100"
    assert row[-2:] == ["50", "+100.0%"]


def test_no_folder_or_no_instances_is_no_failure(tmp_path: Path) -> None:
    for folder, word in ((tmp_path / "none", "không có thư mục"), (tmp_path, "không có tệp .txt")):
        told = run("bench", folder)
        assert told.exit_code == 0
        assert word in told.stdout


def test_the_best_known_are_read_from_the_table_with_these_columns() -> None:
    text = """
| command | what |
|---|---|
| x | 1 |

| instance | people x days | best known (= optimum) | other |
|---|---|---|---|
| 1 | 8 x 14 | 607 | 1 |
| Ort-2 | 8 x 14 | 1,950 | 1 |
| 3 | 8 x 14 | – | 1 |

| 4 | 8 x 14 | 9 |
"""
    assert best_known(text) == {"1": 607, "ort-2": 1950}
    assert best_known("") == {}
