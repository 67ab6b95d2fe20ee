"""Makes a SYNTHETIC case log of a commune, calibrated to published totals; it describes no real person or case.

The default is the sample month: 552 cases accepted at unit 31570 (Xã Hồ Đắc Kiện) on 1-29 July 2025, of which 536 get
their result before their deadline and 16 are in progress, within their limit, on the evening of the 29th. The totals
were published; procedures, channels and times are drawn at random (seeded) with plausible weights. The file holds no
deadline: that 536 are early is what the system finds when it computes them.

    python -m deploy.samples.generate -o deploy/samples/ho-dac-kien-2025-07.csv
"""

import argparse
import csv
import random
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from services.intake.cli.importing.case_log import COLUMNS
from services.intake.reference import Reference
from services.worktime.calendar import Calendar
from services.worktime.clock import ZONE

# Agency part of the sample's case codes. H13 for Cần Thơ is likely but unconfirmed; .57 is made up.
AGENCIES = {"31570": "H13.57"}
CHANNELS = ("online", "direct", "post")
CHANNEL_WEIGHTS = (70, 28, 2)
# Short, frequent paperwork first, as at a commune's counter.
WEIGHTS = {
    "2.000815": 120, "2.000884": 45, "1.001193": 55, "2.000635": 60, "1.004873": 45, "1.000656": 22, "1.000894": 18,
    "1.004194": 30, "1.004222": 26, "1.010041": 24, "1.001612": 20, "1.001776": 14, "1.014027": 14, "1.004859": 12,
    "2.001035": 18, "1.001653": 6, "1.001699": 6, "2.000720": 6, "1.011607": 5, "1.013978": 6,
}  # fmt: skip


def rows(unit: str, cases: int, in_progress: int, first: date, last: date, seed: int) -> Iterator[list[str]]:
    """The log's rows in order of acceptance. ValueError: so many cases in progress do not fit the window.

    The agency in the case codes is the unit's own, so that logs of several units can be imported side by side.
    """
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    reference = Reference.shipped()
    calendar = reference.calendar
    agency = AGENCIES.get(unit) or f"H{reference.unit_by_code[unit].province}.{unit[:3]}.{unit[3:]}"
    days = [d for i in range((last - first).days + 1) if calendar.is_working_day(d := first + timedelta(days=i))]
    closing = calendar.close_of(days[-1])
    accepted = sorted(
        _office_instant(chance, chance.choices(days, [_weight(d) for d in days])[0]) for _ in range(cases)
    )
    procedures = chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=cases)
    open_ones = _open_ones(chance, reference, accepted, procedures, closing, in_progress)
    serials: dict[date, int] = {}
    for number, (at, procedure) in enumerate(zip(accepted, procedures, strict=True)):
        day = at.date()
        serials[day] = serials.get(day, 0) + 1
        channel = chance.choices(CHANNELS, CHANNEL_WEIGHTS)[0]
        submitted = max(at - timedelta(minutes=chance.randint(2, 180 if channel == "online" else 20)), _opening(at))
        completed = returned = ""
        if number not in open_ones:
            done = _completion(chance, reference, procedure, at, closing)
            completed = done.isoformat()
            handed = calendar.add_working_time(done, timedelta(minutes=chance.randint(1, 30)))
            returned = handed.isoformat() if handed <= closing and chance.random() < 0.9 else ""
        code = f"{agency}-{day:%y%m%d}-{serials[day]:04d}"
        yield [code, unit, unit, procedure, channel, submitted.isoformat(), at.isoformat(), completed, returned]


def _weight(day: date) -> int:
    """Mondays are busiest, Fridays quietest."""
    return (30, 27, 26, 25, 22)[day.weekday()] if day.weekday() < 5 else 20


def _opening(at: datetime) -> datetime:
    return datetime.combine(at.date(), time(7, 0) if at.hour < 12 else time(13, 30), ZONE)


def _office_instant(chance: random.Random, day: date) -> datetime:
    """A minute inside the working hours, late enough to be submitted before and early enough for same-day results."""
    start, minutes = chance.choices(((time(7, 10), 250), (time(13, 40), 190)), (57, 43))[0]
    return datetime.combine(day, start, ZONE) + timedelta(minutes=chance.randrange(minutes))


def _open_ones(
    chance: random.Random,
    reference: Reference,
    accepted: list[datetime],
    procedures: list[str],
    closing: datetime,
    wanted: int,
) -> set[int]:
    """Which cases are still in progress: late ones whose deadline lies after the log's end."""
    due_later = [
        number
        for number, (at, procedure) in enumerate(zip(accepted, procedures, strict=True))
        if reference.deadline(procedure, at).due_at > closing
    ]
    if len(due_later) < wanted:
        raise ValueError(f"only {len(due_later)} cases are due after the window; {wanted} cannot be in progress")
    return set(chance.sample(due_later, wanted))


def _completion(
    chance: random.Random, reference: Reference, procedure: str, at: datetime, closing: datetime
) -> datetime:
    """An instant in working hours, after acceptance, before the deadline and before the log's end."""
    latest = min(reference.deadline(procedure, at).due_at, closing) - timedelta(minutes=1)
    minutes = _working_minutes(reference.calendar, at, latest)
    drawn = 1 + int((minutes - 1) * chance.betavariate(1.2, 2.5))
    return reference.calendar.add_working_time(at, timedelta(minutes=drawn))


def _working_minutes(calendar: Calendar, start: datetime, end: datetime) -> int:
    """Whole minutes of working hours between two instants."""
    total = timedelta()
    for ahead in range((end.date() - start.date()).days + 1):
        day = start.date() + timedelta(days=ahead)
        for hours in calendar.hours_on(day):
            begins = max(datetime.combine(day, hours.start, ZONE), start)
            total += max(min(datetime.combine(day, hours.end, ZONE), end) - begins, timedelta())
    return int(total.total_seconds()) // 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--unit", default="31570")
    parser.add_argument("--cases", type=int, default=552)
    parser.add_argument("--in-progress", type=int, default=16)
    parser.add_argument("--from", dest="first", type=date.fromisoformat, default=date(2025, 7, 1))
    parser.add_argument("--to", dest="last", type=date.fromisoformat, default=date(2025, 7, 29))
    parser.add_argument("--seed", type=int, default=31570)
    parser.add_argument("-o", "--output", type=Path, default=None)
    wish = parser.parse_args()
    made = rows(wish.unit, wish.cases, wish.in_progress, wish.first, wish.last, wish.seed)
    with wish.output.open("w", encoding="utf-8", newline="") if wish.output else sys.stdout as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(made)


if __name__ == "__main__":
    main()
