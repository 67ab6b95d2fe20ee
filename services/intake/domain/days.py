"""Days that are not as their weekday: off, or worked. One line a day, with its reason in both languages."""

from datetime import date
from enum import StrEnum

from services.intake.domain import tables
from services.intake.domain.tables import Table
from services.worktime.calendar import DayException, Hours

COLUMNS = ("day", "kind", "note_vi", "note_en")


class DayKind(StrEnum):
    """What an exceptional day is."""

    OFF = "off"
    WORKED = "worked"


def parse(file: str, content: str, hours: Hours) -> dict[date, DayException]:
    """The days of a document, a worked one at these hours. BadData: with all its faults."""
    table = Table(file, COLUMNS)
    days: dict[date, DayException] = {}
    for row in table.rows(content):
        on = row.take("day", tables.day, date.min)
        kind = row.take("kind", tables.one_of(DayKind), DayKind.OFF)
        day = DayException(
            hours if kind is DayKind.WORKED else (),
            row.take("note_vi", tables.text, ""),
            row.take("note_en", tables.text, ""),
        )
        if row.good and on in days:
            row.wrong("day", "ngày này đã có", "the day stands there already")
        days[on] = day
    if not days and not table.faults:
        table.wrong(0, "", "tệp không có ngày nào", "the file has no days")
    table.finish()
    return days
