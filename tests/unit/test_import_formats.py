"""CSV and XLSX as exports bring them: titles, line breaks, encodings, kinds of cells, damage."""

import csv
import io
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.intake.cli.importing.case_log import COLUMNS, BadFile, BadLine, GoodLine, open_log, read
from services.intake.cli.importing.mapping import Mapping, load, parse
from services.intake.domain.spreadsheet import plain_in_line
from tests.support.workbooks import HEAD, MORNING, by_hand, case, text_row, workbook
from tests.unit.test_import_mapping import SAMPLE

HEADER = ",".join(COLUMNS)
ROW = "H13.57-250701-{:04},31570,31570,2.000815,direct,2025-07-01T08:00+07:00,2025-07-01T08:10+07:00,,"
WIDE = f"{HEADER},reason"


def sample_mapping(**changes: Any) -> Mapping:
    return load(SAMPLE).mapping.model_copy(update=changes)


def csv_lines(tmp_path: Path, content: bytes, mapping: Mapping | None = None) -> list[GoodLine | BadLine]:
    file = tmp_path / "log.csv"
    file.write_bytes(content)
    return list(read(file, mapping))


def row(line: GoodLine | BadLine) -> Any:
    assert isinstance(line, GoodLine), line
    return line.row


# --- CSV ---------------------------------------------------------------------------------------------------


def test_a_quoted_cell_may_run_over_lines_and_the_next_line_keeps_its_number(tmp_path: Path) -> None:
    text = f'{WIDE}\n{ROW.format(1)},"vì\nhai, ""ba""\n"\n{ROW.format(2)},\nbad\n'
    first, second, bad = csv_lines(tmp_path, text.encode())
    assert row(first).reason == 'vì\nhai, "ba"'
    assert (row(first).line, row(second).line) == (2, 5)
    assert isinstance(bad, BadLine)
    assert bad.rejected.line == 6


@pytest.mark.parametrize("stray", ['"', 'x,"', ROW.format(9) + ',"open', '","', '"' * 3])
@pytest.mark.parametrize("after", [ROW.format(2) + ",", ROW.format(2) + ',"a, b"'])
def test_a_stray_quote_swallows_no_row_behind_it(tmp_path: Path, stray: str, after: str) -> None:
    found = csv_lines(tmp_path, f"{WIDE}\n{ROW.format(1)},\n{stray}\n{after}\n{after}\n".encode())
    assert [type(line) for line in found] == [GoodLine, BadLine, GoodLine, GoodLine]


def test_titles_above_the_header_and_optional_columns(tmp_path: Path) -> None:
    text = f"\ufeffDanh sách hồ sơ{',' * 9}\n,,,,,,,,,\n{HEADER},withdrawn_at\n{ROW.format(1)},2025-07-02T08:00+07:00\n"
    (line,) = csv_lines(tmp_path, text.encode())
    assert (row(line).withdrawn_at, row(line).line) == ("2025-07-02T08:00+07:00", 4)


@pytest.mark.parametrize(("name", "codec"), [("utf-16", "utf-16"), ("windows-1258", "cp1258")])
def test_other_encodings_are_read_where_the_mapping_names_them(tmp_path: Path, name: Any, codec: str) -> None:
    # In Windows-1258 tone marks stand behind their letters: "ế" is ê and a mark.
    text = "Mã hồ sơ;Lý do\nc1;kết\n\nc2;quả\n".replace("ế", "ê\u0301").replace("ã", "a\u0303").replace("ồ", "ô\u0300")
    text = text.replace("ý", "y\u0301").replace("ả", "a\u0309")
    constants = dict.fromkeys(COLUMNS[1:], "x")
    mapping = Mapping(encoding=name, columns={"case_code": ["Mã hồ sơ"], "reason": ["Lý do"]}, constants=constants)
    first, second = csv_lines(tmp_path, text.encode(codec), mapping)
    assert row(second).reason == ("quả" if name == "windows-1258" else "qua\u0309")
    assert (row(first).line, row(second).line) == (2, 4)


def test_going_on_behind_a_line_gives_the_rest(tmp_path: Path) -> None:
    text = f'{WIDE}\r\n{ROW.format(1)},"a\r\nb"\r\n\r\nbad\r\n' + "".join(f"{ROW.format(n)},\r\n" for n in range(2, 9))
    file = tmp_path / "log.csv"
    file.write_bytes(text.encode("utf-8-sig"))
    everything = list(read(file))
    assert len(everything) == 9
    for place in range(len(everything)):
        with open_log(file) as log:
            log.skip_to(everything[place].place)
            assert list(log.lines()) == everything[place + 1 :]


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from(',;"\n'), max_size=20).map(str.strip)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.lists(TEXT, min_size=1, max_size=6))
def test_what_a_csv_writer_writes_is_read_again(tmp_path: Path, reasons: list[str]) -> None:
    output = io.StringIO()
    writer = csv.writer(output)
    writer.writerow([*COLUMNS, "reason"])
    for number, reason in enumerate(reasons):
        writer.writerow([*ROW.format(number).split(","), reason])
    found = csv_lines(tmp_path, output.getvalue().encode())
    unmarked = [plain_in_line(reason) for reason in reasons]  # an apostrophe before a formula is a spreadsheet's mark
    assert [row(line).reason for line in found] == unmarked


# --- XLSX --------------------------------------------------------------------------------------------------


def test_an_export_with_titles_dates_and_numbers_is_read(tmp_path: Path) -> None:
    late = MORNING.replace(day=2, hour=0, minute=0)
    rows = [
        ["DANH SÁCH HỒ SƠ"],
        [],
        HEAD,
        case(1, late, None, "Đã xử lý xong"),
        [],
        case(2, MORNING, None, "Dừng xử lý"),
    ]
    rows.append(["H13.57-250701-0003", 1.00157, None, 45839.5])
    file = workbook(tmp_path / "a.xlsx", rows)
    first, second, third = map(row, read(file, sample_mapping()))
    assert (first.line, first.accepted_at) == (4, "2025-07-01T08:30:00+07:00")
    assert first.completed_at == "2025-07-02T16:30:00+07:00", "a bare date gets the mapping's time"
    assert (second.line, second.completed_at, second.stopped_at) == (6, "", "2025-07-01T08:30:00+07:00")
    assert (third.procedure, third.channel) == ("1.001570", "direct")
    assert third.accepted_at == "2025-07-01T12:00:00+07:00"


def test_a_workbook_that_counts_from_1904(tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", [HEAD, case(1), [*case(2)[:3], 44377.5]], epoch_1904=True)
    first, second = map(row, read(file, sample_mapping()))
    assert first.accepted_at == "2025-07-01T08:30:00+07:00"
    assert second.accepted_at == "2025-07-01T12:00:00+07:00"


def test_codes_that_became_numbers_are_told_or_restored(tmp_path: Path) -> None:
    rows = [COLUMNS, ["c", 4, 31570, "2.000815", "direct"], ["c", "31570", "31570", 1.00157, "direct"], ["c", True]]
    file = workbook(tmp_path / "a.xlsx", rows)
    first, second, third = read(file)
    assert isinstance(first, BadLine)
    assert isinstance(second, BadLine)
    assert "digits.unit" in first.rejected.message_en
    assert "decimals.procedure" in second.rejected.message_en
    assert row(third).unit == "True", "for intake to refuse"
    mapping = parse(
        "[columns]\n"
        + "".join(f'{name} = "{name}"\n' for name in COLUMNS)
        + "[digits]\nunit=5\n[decimals]\nprocedure=6"
    )
    first, second, _ = read(file, mapping)
    assert (row(first).unit, row(second).procedure) == ("00004", "1.001570")


def test_dates_without_a_zone_need_a_mapping(tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", [COLUMNS, ["c", "31570", "31570", "p", "direct", MORNING]])
    (line,) = read(file)
    assert isinstance(line, BadLine)
    assert (line.rejected.column, "zone" in line.rejected.message_en) == ("submitted_at", True)


def test_a_sheet_is_chosen_by_name_or_number(tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", [HEAD, case(1)], title="Một")
    assert len(list(read(file, sample_mapping(sheet="Một")))) == 1
    with pytest.raises(BadFile, match="wrong header"):
        list(read(file, sample_mapping(sheet=2)))
    with pytest.raises(BadFile, match="Trang khác"):
        list(read(file, sample_mapping(sheet="Hai")))


def test_formulas_give_what_they_last_came_to_and_a_broken_row_costs_itself(tmp_path: Path) -> None:
    rows = [
        text_row(1, *COLUMNS),
        '<row r="2"><c t="str"><f>A1&amp;"x"</f><v>computed</v></c></row>',
        '<row r="3"><c t="s"><v>99</v></c></row>',
        '<row r="4"><c><v>one</v></c></row>',
        '<row r="x"/>',
        text_row(6, "good"),
        text_row(7, "x" * 20_000),
        '<row r="8"><c t="e"><v>#REF!</v></c></row>',
    ]
    found = list(read(by_hand(tmp_path / "a.xlsx", rows)))
    assert [type(line).__name__ for line in found] == ["GoodLine", *["BadLine"] * 3, "GoodLine", "BadLine", "GoodLine"]
    assert row(found[0]).case_code == "computed"
    assert row(found[4]).line == 6
    assert row(found[6]).case_code == "#REF!", "for intake to refuse"


def test_a_damaged_archive_is_told_in_words(tmp_path: Path) -> None:
    whole = workbook(tmp_path / "a.xlsx", [HEAD, *(case(number) for number in range(300))]).read_bytes()
    damaged = tmp_path / "b.xlsx"
    for content in (whole[:1000], whole[:-30], whole[: len(whole) // 2] + b"\0" * 400 + whole[len(whole) // 2 + 400 :]):
        damaged.write_bytes(content)
        with pytest.raises(BadFile, match="damaged"):
            list(read(damaged, sample_mapping()))


def test_what_is_made_to_burst_is_refused(tmp_path: Path) -> None:
    file = by_hand(tmp_path / "a.xlsx", [text_row(1, *COLUMNS), '<row r="2">', *["<c/>" * 10_000] * 200, "</row>"])
    assert file.stat().st_size < 100_000
    with pytest.raises(BadFile, match="larger than"):
        list(read(file))
    laughs = "".join(f'<!ENTITY {name} "{f"&{inner};" * 10}">' for inner, name in pairwise("abcdefghijk"))
    before = f'<!DOCTYPE worksheet [<!ENTITY a "ha">{laughs}]>'
    with pytest.raises(BadFile):
        list(read(by_hand(tmp_path / "b.xlsx", [text_row(1, *COLUMNS), text_row(2, "&k;")], before=before)))


@pytest.mark.parametrize("shared", [True, False])
def test_going_on_in_a_sheet_gives_the_rest(tmp_path: Path, shared: bool) -> None:
    count = 30
    cells = [[f"c{number}", f"u{number % 3}"] for number in range(count)]
    if shared:
        strings = [*COLUMNS, *(each for row_ in cells for each in row_)]
        indices = iter(range(len(strings)))
        widths = [len(COLUMNS), *[2] * count]
        rows = [
            f'<row r="{n}">' + "".join(f'<c t="s"><v>{next(indices)}</v></c>' for _ in range(width)) + "</row>"
            for n, width in enumerate(widths, 1)
        ]
        file = by_hand(tmp_path / "a.xlsx", rows, strings)
    else:
        file = by_hand(tmp_path / "a.xlsx", [text_row(n, *row_) for n, row_ in enumerate([list(COLUMNS), *cells], 1)])
    everything = list(read(file))
    assert [[row(line).case_code, row(line).unit] for line in everything] == cells
    for place in (0, 7, count - 1):
        with open_log(file) as log:
            log.skip_to(everything[place].place)
            assert list(log.lines()) == everything[place + 1 :]


LETTERS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=30).map(
    str.strip
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.lists(LETTERS.filter(lambda text: not text.startswith("=") and "_x" not in text), min_size=1, max_size=5))
def test_what_openpyxl_writes_is_read_again(tmp_path: Path, reasons: list[str]) -> None:
    rows = [[*ROW.format(number).split(","), reason] for number, reason in enumerate(reasons)]
    file = workbook(tmp_path / "a.xlsx", [[*COLUMNS, "reason"], *rows])
    found = [row(line) for line in read(file)]
    assert [each.reason for each in found] == reasons
    assert [each.accepted_at for each in found] == ["2025-07-01T08:10+07:00"] * len(reasons)


# --- memory ------------------------------------------------------------------------------------------------

_PEAK = """
import resource, sys
from pathlib import Path
from services.intake.cli.importing.case_log import read
count = sum(1 for _ in read(Path(sys.argv[1])))
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(file: Path) -> tuple[int, int]:
    """Lines read, and kilobytes of memory at the most, by a process that reads the file."""
    done = subprocess.run([sys.executable, "-c", _PEAK, str(file)], capture_output=True, text=True, check=True)
    lines, size = map(int, done.stdout.split())
    return lines, size


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, kind: str) -> None:
    sizes = {}
    for count in (1_000, 40_000):
        cells = ([f"H13.57-250701-{n:07}", *ROW.split(",")[1:5]] for n in range(count))
        file = tmp_path / f"{count}.{kind}"
        if kind == "csv":
            file.write_text("\n".join([HEADER, *(",".join(row_) + ",,,," for row_ in cells)]) + "\n")
        else:
            strings = [*COLUMNS, *(f"H13.57-250701-{n:07}" for n in range(count))]
            head = '<row r="1">' + "".join(f'<c t="s"><v>{n}</v></c>' for n in range(9)) + "</row>"
            rows = (f'<row r="{n + 2}"><c t="s"><v>{n + 9}</v></c></row>' for n in range(count))
            by_hand(file, [head, *rows], strings)
        lines, sizes[count] = peak(file)
        assert lines == count
    assert sizes[40_000] < 1.1 * sizes[1_000]
