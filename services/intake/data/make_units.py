"""Makes `units.csv` from the table in the MIT-licensed package `vietnamadminunits` 1.0.4, read on 2026-11-24.

The list of units is public fact; the product needs only this file, not the package:
`python services/intake/data/make_units.py path/to/vietnamadminunits/data/dataset.db`
"""

import csv
import sqlite3
import sys
import unicodedata
from pathlib import Path

KINDS = {"Xã": "commune", "Phường": "ward", "Đặc khu": "special_zone"}


def _kind(name: str) -> str:
    """By the official name: the package's own type column contradicts the names of 10543, 11848, 31213 and 31299."""
    return next(kind for prefix, kind in KINDS.items() if name.startswith(prefix))


def main(database: str) -> None:
    table = sqlite3.connect(database)
    provinces = table.execute("select distinct provinceCode, province from admin_units").fetchall()
    wards = table.execute("select wardCode, ward, provinceCode from admin_units").fetchall()
    rows = [
        (code, name, "city" if name.startswith("Thành phố") else "province", code, "2025-07-01", "", "")
        for code, name in provinces
    ] + [(code, name, _kind(name), province, "2025-07-01", "", "") for code, name, province in wards]
    with (Path(__file__).parent / "units.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("code", "name", "kind", "province", "valid_from", "valid_to", "successor"))
        for row in sorted(rows, key=lambda row: (row[3], len(row[0]), row[0])):
            writer.writerow([unicodedata.normalize("NFC", cell) for cell in row])


if __name__ == "__main__":
    main(sys.argv[1])
