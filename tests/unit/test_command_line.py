"""What the command says to whoever calls it wrongly: in words, in both languages, with what to do, and code 2."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from services.operations.cli import main, tiepsuc

MONTH = ("--from", "2025-07-01", "--to", "2025-07-29")
LETTER = "018f0000-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nonsense",), "không có lệnh “nonsense” / No such command 'nonsense'."),
        (("case", "lst"), "không có lệnh “lst” / No such command"),
        (("report", "--form", "1"), "không có tùy chọn --form / No such option"),
        (("report", *MONTH, "more"), "thừa tham số: more / Got unexpected"),
        (("report", *MONTH, "--by", "day"), "giá trị của --by: “day” không thuộc 'total', 'field' / Invalid value"),
        (("report", *MONTH, "--unit"), "tùy chọn --unit cần một giá trị / Option"),
        (("case", "list", "--unit", "92", "--size", "0"), "giá trị của --size: 0 nằm ngoài khoảng 1<=x<=200"),
        (("case", "list", "--unit", "92", "--size", "x"), "giá trị của --size: “x” không phải số nguyên"),
        (("dead-letters", "show", "x"), "“x” không phải UUID"),
        (("retention", "report", "--on", "x"), "giá trị của --on: “x” không theo dạng '%Y-%m-%d', '%d/%m/%Y'"),
        (("retention", "report", "--unit", "9"), "“9”: mã xã 5 số, tỉnh 2 số"),
        (("case", "show"), "thiếu tham số CASE / Missing argument"),
        (("catalogue", "check", "/no/such/file.csv"), "không có tệp /no/such/file.csv / "),
        (("case", "list"), "thiếu tùy chọn --unit / Missing option"),
        (("report", "--unit", "abc", *MONTH), "mã xã 5 số"),
        (("report", "--unit", "3157", *MONTH), "communes 5 digits"),
        (("report", "--from", "29.07.2025", "--to", "2025-07-29"), "“29.07.2025” không phải ngày / is no day"),
        (("report", "--from", "2025-07-29", "--to", "2025-07-01"), "--to trước --from"),
        (("report", "--from", "2025-07-01"), "--to"),
        (("case", "list", "--unit", "xx"), "mã xã 5 số"),
        (("case", "show", "H13.57-1"), "“H13.57-1” không phải mã hồ sơ"),
        (("case", "form", "x"), "is no case code such as H13.57-250701-0001"),
        (("case", "form", "H13.57-250701-0003", "--form", "abc"), "“abc”: số mẫu là 01, 02…"),
        (("case", "register", "--unit", "92", *MONTH), "a commune's code has 5 digits"),
        (("case", "fetch", "x"), "“x” không phải mã hồ sơ"),
        (("audit", "show", "x"), "“x” không phải mã hồ sơ"),
        (("audit", "verify", "--case", "x"), "“x” không phải mã hồ sơ"),
        (("dead-letters", "retry"), "give ID or --all"),
        (("dead-letters", "discard", LETTER, "--yes", "--reason", "x"), "at least 3 characters"),
        (("replay", "--days", "1", "--entity", LETTER), "not both"),
    ],
)
def test_wrong_usage_is_told_in_words(
    arguments: tuple[str, ...], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["tiepsuc", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.startswith("Gọi lệnh chưa đúng / wrong usage: ")
    assert told in said
    assert "--help" in said


def test_a_stack_that_does_not_run_is_told_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("TIEPSUC_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["tiepsuc", "report", "--from", "01/07/2025", "--to", "29/07/2025"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "make run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "message contracts"),
        (["case"], "the table of a case's life"),
        (["catalogue"], "all of them; without RUN"),
        (["dead-letters"], "the original is kept"),
    ],
)
def test_the_list_of_commands_keeps_both_languages_on_a_narrow_terminal(arguments: list[str], told: str) -> None:
    shown = CliRunner().invoke(tiepsuc, [*arguments, "--help"], terminal_width=80).output
    commands = shown.partition("Commands:")[2]
    assert "..." not in commands
    assert told in " ".join(commands.split())


def test_a_provisioner_that_was_told_nothing_says_what_it_lacks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TIEPSUC_SECRETS_ROOT", raising=False)
    monkeypatch.setattr(sys, "argv", ["tiepsuc", "provision", "--once"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "TIEPSUC_SECRETS_ROOT: Field required" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    taken = tmp_path / "taken"
    taken.touch()
    monkeypatch.setattr(sys, "argv", ["tiepsuc", "secrets", "create", str(taken)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == f"Lỗi / error: {taken}: File exists\n"
