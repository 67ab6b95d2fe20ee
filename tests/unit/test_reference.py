"""The shipped data: what is wrong with it is told by file, line and column."""

import pytest

from services.intake import reference
from services.intake.reference import BadData

PROCEDURES = "code,name,field,field_name,amount,unit,effective_from,confidence,note\n"
UNITS = "code,name,kind,province\n00004,Phường Ba Đình,ward,01\n"


@pytest.mark.parametrize(
    ("parse", "text", "line", "column"),
    [
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
