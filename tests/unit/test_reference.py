"""The shipped data: what is wrong with it is told by file, line and column, and an edit shows in the version."""

import pytest

from services.intake import reference
from services.intake.reference import BadData

DAYS = "day,kind,note_vi,note_en\n2026-01-01,off,a,b\n"
PROCEDURES = "code,name,field,field_name,amount,unit,effective_from,confidence,note\n"
UNITS = "code,name,kind,province\n00004,Phường Ba Đình,ward,01\n"


@pytest.mark.parametrize(
    ("parse", "text", "line", "column"),
    [
        (reference._day, DAYS + "2026-13-01,off,a,b", 3, "day"),
        (reference._day, DAYS + "2026-01-02,closed,a,b", 3, "kind"),
        (reference._day, DAYS + "2026-01-02,off,a", 3, "note_en"),
        (reference._day, DAYS + "2026-01-02,off,a,b,c", 3, "5"),
        (reference._procedure, PROCEDURES + "1.000001,a,b,c,one,working_days,2025-07-01,read,", 2, "amount"),
        (reference._procedure, PROCEDURES + "1.000001,a,b,c,9999,working_days,2025-07-01,read,", 2, "amount"),
        (reference._procedure, PROCEDURES + "1.000001,a,b,c,1,weeks,2025-07-01,read,", 2, "unit"),
        (reference._unit, UNITS + "4,Xã A,commune,01", 3, "code"),
        (reference._unit, UNITS + "00008,Xã A,village,01", 3, "kind"),
    ],
)
def test_bad_data_is_told_by_file_line_and_column(parse: object, text: str, line: int, column: str) -> None:
    with pytest.raises(BadData, match=rf"^x\.csv, line {line}, column {column}: "):
        list(reference.rows("x.csv", text, parse))  # type: ignore[arg-type]


def test_the_calendars_version_follows_its_days() -> None:
    first = dict(reference.rows("days.csv", DAYS, reference._day))
    second = dict(reference.rows("days.csv", DAYS.replace("off", "worked"), reference._day))
    versions = [reference._calendar_version(days) for days in (first, dict(first), second)]
    assert versions[0] == versions[1] != versions[2]
