"""The codes of agencies, with which the case codes that they give begin (Decree 118/2025 Art 28). One line a unit."""

from collections.abc import Iterable

from services.intake.domain import tables
from services.intake.domain.tables import Fault, Table

COLUMNS = ("unit", "agency", "source")

_unit = tables.matching(
    r"\d{2}|\d{5}",
    "mã tỉnh 2 số hoặc mã xã 5 số, kể cả số 0 ở đầu",
    "a province has 2 digits, a commune 5, leading zeros included",
)
_agency = tables.matching(r"H\d{2}(\.\d{2,3}){0,3}", "mã cơ quan như H13.57", "an agency's code is like H13.57")


def parse(file: str, content: str) -> dict[str, str]:
    """Agencies' codes by unit. BadData: with all its faults."""
    table = Table(file, COLUMNS)
    found: dict[str, str] = {}
    for row in table.rows(content):
        unit, agency = row.take("unit", _unit, ""), row.take("agency", _agency, "")
        row.take("source", tables.text, "")
        if row.good and unit in found:
            row.wrong("unit", "đơn vị này đã có", "the unit stands there already")
        elif row.good and agency in found.values():
            row.wrong("agency", "mã này đã của đơn vị khác", "the code is another unit's already")
        found[unit] = agency
    table.finish()
    return found


def strangers(file: str, content: str, known: Iterable[str]) -> list[Fault]:
    """Faults of a document: lines of units that there are not."""
    codes = set(known)
    table = Table(file, COLUMNS)
    for row in table.rows(content):
        if row.cells["unit"] not in codes:
            row.wrong("unit", f"không có đơn vị {row.cells['unit']}", f"there is no unit {row.cells['unit']}")
    return table.faults
