"""Synthetic case logs for measuring: every case goes through all four events, spread over all communes."""

import csv
from datetime import datetime, timedelta
from pathlib import Path

from services.intake.cli.importing.case_log import COLUMNS
from services.intake.reference import Reference
from services.worktime.clock import ZONE

_PROCEDURES = ("2.000815", "1.001193", "1.004222", "1.004873", "2.000635")
_CHANNELS = ("online", "online", "online", "direct")
_FIRST = datetime(2025, 7, 1, 7, 0, tzinfo=ZONE)


def write(path: Path, cases: int, series: int) -> Path:
    """A log of `cases` whole lifecycles. `series` (0 to 99) keeps its case codes apart from other logs' codes."""
    reference = Reference.shipped()  # a unit whose agency is known takes no other case codes than that one's
    agencies = reference.agency_by_unit
    communes = [code for code in reference.unit_by_code if len(code) == 5 and code not in agencies]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for number in range(cases):
            unit = communes[number % len(communes)]
            code = f"H{series:02d}.{unit[:3]}.{unit[3:]}-250701-{number // len(communes):04d}"
            submitted = _FIRST + timedelta(minutes=number % 200)
            instants = [(submitted + timedelta(minutes=later)).isoformat() for later in (0, 5, 50, 60)]
            writer.writerow((code, unit, unit, _PROCEDURES[number % 5], _CHANNELS[number % 4], *instants))
    return path
