"""Makes `days.csv`: Vietnam's days off and swapped working days, from the package `holidays` (0.109), then corrected.

Run once a year after the Prime Minister's notice: `python services/intake/data/make_calendar.py`. Rows whose source is
not the package are corrections made by hand: they stay, and win over the package's. Years whose notice was not out when
the package was released are rule-derived: `PROVISIONAL`.
"""

import csv
import re
from datetime import date
from importlib.metadata import version
from pathlib import Path

import holidays

YEARS = (2025, 2026, 2027)
PROVISIONAL = (2027,)
FILE = Path(__file__).parent / "days.csv"
COLUMNS = ("day", "kind", "reason", "instead_of", "note_vi", "note_en", "source")
SEED = "holidays "
_WORKED_FOR = re.compile(r"thay cho ngày (\d\d)/(\d\d)/(\d{4})")


def seed() -> dict[str, dict[str, str]]:
    """What the package knows, by day."""
    vietnamese = holidays.country_holidays("VN", years=YEARS, language="vi")
    english = holidays.country_holidays("VN", years=YEARS, language="en_US")
    rows = {}
    for day, name in vietnamese.items():
        source = f"{SEED}{version('holidays')}" + (" (provisional)" if day.year in PROVISIONAL else "")
        reason, worked = "substitute" if "nghỉ bù" in name else "holiday", None
        if found := _WORKED_FOR.search(name):
            reason, worked = "swapped", date(*(int(each) for each in reversed(found.groups())))
            note_vi, note_en = "Thứ bảy làm bù", "Saturday worked in exchange"
            rows[worked.isoformat()] = _row(worked, "worked", "swapped", day, note_vi, note_en, source)
        rows[day.isoformat()] = _row(day, "off", reason, worked, name, english[day], source)
    return rows


def _row(day: date, kind: str, reason: str, instead_of: date | None, *rest: str) -> dict[str, str]:
    cells = (day.isoformat(), kind, reason, instead_of.isoformat() if instead_of else "", *rest)
    return dict(zip(COLUMNS, cells, strict=True))


def main() -> None:
    rows = seed()
    with FILE.open(encoding="utf-8", newline="") as file:
        rows |= {row["day"]: row for row in csv.DictReader(file) if not row["source"].startswith(SEED)}
    with FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[day] for day in sorted(rows))


if __name__ == "__main__":
    main()
