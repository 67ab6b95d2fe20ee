"""Makes `days.csv`: Vietnam's days off and swapped working days, from the package `holidays` (0.109), then corrected.

Run once a year after the Prime Minister's notice: `python services/intake/data/make_calendar.py`. Years whose notice
was not out when the package was released are rule-derived and provisional.
"""

import csv
from datetime import date, timedelta
from pathlib import Path

import holidays

YEARS = (2025, 2026, 2027)
# Dated overrides: what the package lacks. Notice of 26 December 2025: 2 January off, Saturday 10 January worked.
OVERRIDES = {
    date(2026, 1, 2): ("off", "Nghỉ Tết Dương lịch (hoán đổi)", "New Year's bridge day (swapped)"),
    date(2026, 1, 10): ("worked", "Làm bù ngày 2/1/2026", "Worked for 2 January 2026"),
}


def main() -> None:
    vietnamese = holidays.country_holidays("VN", years=YEARS, language="vi")
    english = holidays.country_holidays("VN", years=YEARS, language="en_US")
    days = {day: ("off", name, english[day]) for day, name in vietnamese.items()}
    for year in YEARS:
        day = date(year, 1, 1)
        while day.year == year:
            if day.weekday() == 5 and vietnamese.is_working_day(day):
                days[day] = ("worked", "Thứ bảy làm bù", "Saturday worked in exchange")
            day += timedelta(days=1)
    days.update(OVERRIDES)
    with (Path(__file__).parent / "days.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("day", "kind", "note_vi", "note_en"))
        for day in sorted(days):
            writer.writerow((day.isoformat(), *days[day]))


if __name__ == "__main__":
    main()
