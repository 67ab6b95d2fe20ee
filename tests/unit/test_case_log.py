"""Reading case logs, however broken."""

from pathlib import Path

import pytest

from services.intake.cli.importing.case_log import COLUMNS, BadFile, BadLine, GoodLine, read

HEADER = ",".join(COLUMNS)
ROW = "H13.57-250701-0001,31570,31570,2.000815,direct,2025-07-01T08:00+07:00,2025-07-01T08:10+07:00,,"


def lines(tmp_path: Path, content: bytes) -> list[GoodLine | BadLine]:
    path = tmp_path / "log.csv"
    path.write_bytes(content)
    return list(read(path))


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"\xff\xfe" + ROW.encode(), "UTF-8"),
        (b"a,b", "2 columns"),
        (b'"' + ROW.encode(), "CSV"),
        (b"x," * 1_000_000, "longer"),
        ((ROW + ",more").encode(), "10 columns"),
    ],
)
def test_a_bad_line_costs_only_itself(tmp_path: Path, bad: bytes, reason: str) -> None:
    found = lines(tmp_path, b"\n".join([HEADER.encode(), ROW.encode(), bad, ROW.encode(), b""]))
    assert [type(line) for line in found] == [GoodLine, BadLine, GoodLine]
    assert isinstance(found[1], BadLine)
    assert found[1].rejected.line == 3
    assert reason in found[1].rejected.message_en


def test_a_last_line_cut_off_is_rejected_and_a_whole_one_without_line_end_is_not(tmp_path: Path) -> None:
    assert isinstance(lines(tmp_path, f"{HEADER}\n{ROW[:60]}".encode())[0], BadLine)
    assert isinstance(lines(tmp_path, f"{HEADER}\n{ROW}".encode())[0], GoodLine)


@pytest.mark.parametrize(
    "header", [b"", b"\n", b"a,b\n", HEADER.replace("unit", "unitt").encode(), b"\xff\xfe", b"c," * 1_000_000]
)
def test_a_wrong_header_is_refused_by_name(tmp_path: Path, header: bytes) -> None:
    with pytest.raises(BadFile, match=r"header|tiêu đề|empty|UTF-8"):
        lines(tmp_path, header)


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an .xls", "old format"),
        (f"{HEADER}\n{ROW}\n".encode("utf-16"), "save as CSV UTF-8"),
        (b"PK\x03\x04 an .xlsx by another name\xff", "save as CSV UTF-8"),
    ],
)
def test_what_excel_makes_is_told_how_to_mend(tmp_path: Path, content: bytes, hint: str) -> None:
    with pytest.raises(BadFile, match=hint):
        lines(tmp_path, content)


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_other_separators_are_told_by_the_header(tmp_path: Path, separator: str) -> None:
    (line,) = lines(tmp_path, f"{HEADER}\n{ROW}\n".replace(",", separator).encode())
    assert isinstance(line, GoodLine)
    assert line.row.case_code == "H13.57-250701-0001"


def test_columns_may_stand_in_another_order_and_after_a_byte_order_mark(tmp_path: Path) -> None:
    order = list(reversed(COLUMNS))
    values = dict(zip(COLUMNS, ROW.split(","), strict=True))
    text = "\ufeff" + ",".join(order) + "\r\n" + ",".join(values[name] for name in order) + "\r\n"
    (line,) = lines(tmp_path, text.encode())
    assert isinstance(line, GoodLine)
    assert line.row.case_code == "H13.57-250701-0001"
