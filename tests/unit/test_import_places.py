"""Where the import reads from and where rejected lines go, without a stack."""

import io
from pathlib import Path

import click
import pytest

from contracts.intake.commands.importing import RejectedRow
from services.intake.cli.importing import command as cli
from services.intake.cli.importing.rejects import Rejects

ROW = RejectedRow(line=2, column="unit", code="unknown-unit", message_vi="không rõ", message_en="unknown")


@pytest.fixture
def cannot_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be written anywhere, as in a read-only container; whoever runs the tests may be root."""
    monkeypatch.setattr("os.access", lambda *_: False)


def test_rejected_lines_go_beside_the_file(tmp_path: Path) -> None:
    assert cli._rejects_place(tmp_path / "log.csv", None) == tmp_path / "log.rejects.csv"


@pytest.mark.usefixtures("cannot_write")
def test_or_to_the_output_where_that_cannot_be_written(tmp_path: Path) -> None:
    assert cli._rejects_place(tmp_path / "log.csv", None) is None


@pytest.mark.usefixtures("cannot_write")
def test_a_place_that_was_asked_for_and_cannot_be_written_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(click.ClickException, match="cannot write"):
        cli._rejects_place(tmp_path / "log.csv", tmp_path / "bad.csv")


def test_a_dash_means_standard_input_and_output(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cli._rejects_place(Path("-"), None) is None
    assert cli._rejects_place(tmp_path / "log.csv", Path("-")) is None
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a,b\n1,2\n")))
    with cli._on_disk(Path("-")) as log:
        assert log.read_bytes() == b"a,b\n1,2\n"
    assert not log.exists()


def test_rejected_lines_on_the_output_leave_it_open(tmp_path: Path) -> None:
    output = io.StringIO()
    with Rejects(output, "en") as rejects:
        rejects.add("x,y", ROW)
    assert output.getvalue().splitlines() == ["line,column,code,reason,text", '2,unit,unknown-unit,unknown,"x,y"']
    earlier = tmp_path / "log.rejects.csv"
    earlier.touch()
    with Rejects(earlier, "vi") as rejects:
        assert earlier.exists(), "the log may turn out to be none"
        rejects.begin()
        assert not earlier.exists()
        rejects.add("x,y", ROW)
    assert earlier.read_bytes().startswith(b"\xef\xbb\xbfline,"), "Excel knows UTF-8 by its mark only"


def test_the_log_itself_is_no_place_for_rejected_lines(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.touch()
    with pytest.raises(click.ClickException, match="the log itself"):
        cli._rejects_place(log, tmp_path / ".." / tmp_path.name / "log.csv")
    assert log.exists()


def test_folders_are_neither_logs_nor_places_for_rejected_lines(tmp_path: Path) -> None:
    with pytest.raises(click.ClickException, match="not a file"):
        cli._rejects_place(tmp_path, None)
    with pytest.raises(click.ClickException, match="is a folder"):
        cli._rejects_place(tmp_path / "log.csv", tmp_path)
