"""No cell that the product writes is a formula, and each is read back as it was."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.intake.catalogue import ReferenceKind
from services.intake.cli.catalogue import as_file
from services.intake.domain import reference_documents as documents
from services.intake.domain.spreadsheet import neutral, neutral_line, plain, plain_in_line

TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝")
cells = st.text(st.sampled_from([*TRIGGERS, "'", '"', " ", "a", "1", "ữ"]), max_size=6)


@given(cells)
def test_a_cell_is_no_formula_and_is_read_back(cell: str) -> None:
    assert not neutral(cell).startswith(TRIGGERS)
    assert plain(neutral(cell)) == cell


def test_what_needs_no_mark_gets_none() -> None:
    for cell in ("", "H13.57-250701-0001", "'", "'a", "O'Neil", "2025-07-01T08:00+07:00"):
        assert neutral(cell) == cell


written = st.lists(st.text(st.sampled_from("=+-@'\" ,;ab1"), max_size=5), min_size=2, max_size=5)


@given(written, st.sampled_from([",", ";", "\t", "|"]))
def test_a_line_is_no_formula_wherever_it_is_split_and_its_cells_are_read_back(told: list[str], separator: str) -> None:
    output = io.StringIO()
    csv.writer(output, delimiter=separator, lineterminator="").writerow(told)
    line = neutral_line(output.getvalue())
    assert not line.startswith(TRIGGERS)
    for other in (",", ";", "\t", "|"):
        assert not [cell for cell in line.split(other) if cell.strip(' "').startswith(("=", "+", "-", "@"))]
    (read,) = csv.reader([line], delimiter=separator)
    assert [plain_in_line(cell.strip()) for cell in read] == [cell.strip() for cell in told]


def test_a_catalogue_that_was_taken_out_is_no_formula_and_reads_as_before() -> None:
    content = 'unit,agency,source\n31570,H13.57,"=HYPERLINK(""http://x"")"\n31571,H13.58,-\n'
    file = as_file(content, "agencies.csv")
    assert "\"'=HYPERLINK" in file
    assert ",'-\n" in file.replace("\r\n", "\n")
    before, after = (documents.entries(ReferenceKind.AGENCIES, text) for text in (content, file))
    assert after == before
    untouched = content.splitlines()[0] + "\n31570,H13.57,QĐ\n"
    assert as_file(untouched, "agencies.csv") == untouched
    assert as_file("a = -1\n", "rules.toml") == "a = -1\n"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_catalogue_keeps_its_separator(separator: str) -> None:
    content = f"unit{separator}agency\n31570{separator}=1\n"
    assert as_file(content, "agencies.csv") == f"unit{separator}agency\n31570{separator}'=1\n"
