"""The sample month, read and counted here by other means than the product's."""

import csv
import io
from datetime import date, datetime
from pathlib import Path

from deploy.samples import generate
from services.intake.cli.importing.case_log import COLUMNS
from services.intake.reference import Reference

LOG = Path(generate.__file__).with_name("ho-dac-kien-2025-07.csv")


def test_536_of_552_finish_before_their_deadline_and_16_are_within_it() -> None:
    reference = Reference.shipped()
    early, open_within, others = 0, 0, 0
    with LOG.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            due = reference.deadline(row["procedure"], datetime.fromisoformat(row["accepted_at"])).due_at
            if not row["completed_at"]:
                open_within += due > datetime.fromisoformat("2025-07-29T17:00+07:00")
            elif datetime.fromisoformat(row["completed_at"]) < due:
                early += 1
            else:
                others += 1
    assert (early, open_within, others) == (536, 16, 0)


def test_the_generator_makes_the_same_bytes_again() -> None:
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(generate.rows("31570", 552, 16, date(2025, 7, 1), date(2025, 7, 29), 31570))
    assert made.getvalue() == LOG.read_text(encoding="utf-8")


def test_everything_happens_in_working_hours_and_little_at_the_minute_of_opening() -> None:
    calendar = Reference.shipped().calendar
    opening = 0
    with LOG.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for column in ("submitted_at", "accepted_at", "completed_at", "returned_at"):
                if row[column]:
                    at = datetime.fromisoformat(row[column])
                    assert any(i.start <= at.time() <= i.end for i in calendar.hours_on(at.date())), row
                    opening += column != "submitted_at" and any(
                        at.time() == i.start for i in calendar.hours_on(at.date())
                    )
    assert opening == 0


def test_logs_of_two_units_share_no_case_code() -> None:
    window = (date(2025, 7, 1), date(2025, 7, 29), 7)
    first, second = ({row[0] for row in generate.rows(unit, 100, 0, *window)} for unit in ("31570", "00004"))
    assert not first & second
    for code in second:
        Reference.shipped().check_case_code(code)


def test_the_catalogue_knows_every_unit() -> None:
    reference = Reference.shipped()
    kinds = [unit.kind for unit in reference.unit_by_code.values()]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "city": 6,
        "province": 28,
        "commune": 2621,
        "ward": 687,
        "special_zone": 13,
    }
    assert reference.unit_by_code["31570"].name == "Xã Hồ Đắc Kiện"
    assert reference.unit_by_code["31570"].province == "92"


def test_a_units_kind_is_what_its_name_says() -> None:
    prefixes = {"commune": "Xã ", "ward": "Phường ", "special_zone": "Đặc khu "}
    for unit in Reference.shipped().unit_by_code.values():
        assert unit.name.startswith(prefixes.get(unit.kind, ("Tỉnh ", "Thành phố "))), unit
