"""Where the import reads from and where rejected lines go, without a stack."""

import csv
import io
import os
import stat
from pathlib import Path

import click
import pytest

from contracts.intake.commands.importing import RejectedRow
from services.intake.cli.importing import command as cli
from services.intake.cli.importing.case_log import COLUMNS, GoodLine, read
from services.intake.cli.importing.row_file import Mark, RowFile, beside

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
    with RowFile(output, "en") as rejects:
        rejects.add("x,y", ROW)
    assert output.getvalue().splitlines() == ["line,column,code,reason,text", '2,unit,unknown-unit,unknown,"x,y"']
    earlier = tmp_path / "log.rejects.csv"
    earlier.touch()
    with RowFile(earlier, "vi") as rejects:
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


def test_remarks_are_written_beside_and_never_over_the_log(tmp_path: Path) -> None:
    assert beside(tmp_path / "log.rejects.csv") == tmp_path / "log.remarks.csv"
    assert beside(tmp_path / "bad.csv") == tmp_path / "bad.remarks.csv"
    assert beside(tmp_path / "bad") == tmp_path / "bad.remarks.csv"
    log = tmp_path / "bad.remarks.csv"
    log.touch()
    with pytest.raises(click.ClickException, match="would be overwritten"):
        cli._rejects_place(log, tmp_path / "bad.csv")


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_what_repeats_identities_is_its_owners_alone(tmp_path: Path, umask: int) -> None:
    place, before = tmp_path / "log.rejects.csv", os.umask(umask)
    try:
        with RowFile(place, "en") as rejects:
            rejects.begin()
            rejects.add("x,y", ROW)
            mark = rejects.settle()
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
        place.chmod(0o644)
        with RowFile(place, "en") as rejects:
            rejects.begin(mark)
            rejects.add("z", ROW)
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
    finally:
        os.umask(before)
    assert len(place.read_text().splitlines()) == 3


def test_nobody_leads_what_repeats_identities_elsewhere(tmp_path: Path) -> None:
    """Somebody who may write beside the log lays a link where the file will be."""
    place, elsewhere = tmp_path / "log.rejects.csv", tmp_path / "elsewhere"
    place.symlink_to(elsewhere)
    with RowFile(place, "en") as rejects, pytest.raises(FileExistsError):
        rejects.add("x", ROW)
    elsewhere.write_text("line\n")
    with RowFile(place, "en") as rejects, pytest.raises(OSError, match="symbolic"):
        rejects.begin(Mark(3, "x"))
    assert elsewhere.read_text() == "line\n"


FORMULA = '=HYPERLINK("http://x";"a")'


def test_no_rejected_cell_is_a_formula_and_its_line_reads_as_it_was(tmp_path: Path) -> None:
    cells = [FORMULA, "+84912345678", "-", "@SUM(1)", "'=1", "\t=2", "Nguyễn, Văn", "1.001193", ""]
    output = io.StringIO()
    csv.writer(output, lineterminator="").writerow(cells)
    place, bad = tmp_path / "log.rejects.csv", ROW.model_copy(update={"message_en": f"“{FORMULA}” is none"})
    with RowFile(place, "en", {"unit": "=unit"}) as rejects:
        rejects.add(output.getvalue(), bad)
    content = place.read_text(encoding="utf-8-sig")
    for separator in ",;\t":  # as spreadsheets of other countries split it
        for row in csv.reader(content.splitlines(), delimiter=separator):
            assert not [cell for cell in row if cell.strip(' "').startswith(("=", "+", "-", "@"))], row
    (_, row) = csv.reader(content.splitlines())
    log = tmp_path / "mended.csv"
    log.write_text(f"{','.join(COLUMNS)}\n{row[4]}\n")
    (line,) = read(log)
    assert isinstance(line, GoodLine)
    assert [getattr(line.row, name) for name in COLUMNS] == [cell.strip() for cell in cells]
