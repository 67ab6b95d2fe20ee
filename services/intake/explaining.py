"""A deadline as it is shown to people: the steps, both readings of a supplement, what is left, and which days count.

Pure: the command `tiepsuc deadline explain`, and whoever else shows a deadline, get the same from here.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from services.intake.reference import Procedure, Reference, processing_time_of
from services.worktime.calendar import Calendar
from services.worktime.clock import local
from services.worktime.deadline import Deadline, ProcessingTime, Step, Unit, compute, paused
from services.worktime.steps import duration


class Mark(StrEnum):
    """What a day is in the count."""

    ACCEPTED = "accepted"
    COUNTED = "counted"
    DUE = "due"
    WORKING = "working"  # worked, but outside of the count
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True)
class MarkedDay:
    """A day of the calendar; `swapped` where it is worked although its weekday is off. `note` names an exception."""

    day: date
    mark: Mark
    swapped: bool = False
    note_vi: str = ""
    note_en: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """All there is to say about a deadline. `restarted` and `paused` are there where a supplement was asked for.

    `left` is the working time from `now` to the due instant that holds by law, negative if that has passed.
    """

    procedure: Procedure
    limit: ProcessingTime
    unit: str
    unit_name: str
    accepted_at: datetime
    deadline: Deadline
    days: tuple[MarkedDay, ...]
    warnings: tuple[tuple[str, str], ...] = ()
    supplement: tuple[datetime, datetime] | None = None
    restarted: Deadline | None = None
    paused: Deadline | None = None
    now: datetime | None = None
    left: timedelta | None = None

    @property
    def by_law(self) -> Deadline:
        """The deadline that holds: the restarted one, if the clock was restarted (Decree 118/2025 Art 19.5)."""
        return self.restarted or self.deadline

    def as_dict(self) -> dict[str, Any]:
        """For JSON; instants in ISO 8601, working time in minutes."""
        return {
            "procedure": self.procedure.code,
            "procedure_name": self.procedure.name,
            "unit": self.unit,
            "unit_name": self.unit_name,
            "amount": self.limit.amount,
            "limit_unit": self.limit.unit,
            "confidence": self.procedure.confidence,
            "accepted_at": self.accepted_at.isoformat(),
            **_deadline(self.deadline),
            "restarted": _deadline(self.restarted) if self.restarted else None,
            "paused": _deadline(self.paused) if self.paused else None,
            "now": self.now.isoformat() if self.now else None,
            "minutes_left": None if self.left is None else int(self.left / timedelta(minutes=1)),
            "warnings": [{"vi": vi, "en": en} for vi, en in self.warnings],
            "days": [{"day": each.day.isoformat(), "mark": each.mark, "swapped": each.swapped} for each in self.days],
        }


def explain(
    reference: Reference,
    procedure: str,
    unit: str,
    accepted_at: datetime,
    supplement: tuple[datetime, datetime] | None = None,
    now: datetime | None = None,
) -> Explanation:
    """The deadline of a case that a unit decides, explained.

    Refused: unknown procedure or unit. ValueError: an instant without a zone, or a supplement completed before it was
    asked for, or asked for before the case was accepted.
    """
    accepted = local(accepted_at)
    found = reference.procedure(procedure, on=accepted.date())
    limit = processing_time_of(found)
    reference.unit(unit, on=accepted.date())
    calendar = reference.calendar_of(unit)
    rules = reference.rules.on(accepted.date()).deadline
    deadline = compute(accepted, limit, calendar, rules)
    restarted = pause = None
    if supplement is not None:
        supplement = local(supplement[0]), local(supplement[1])
        if supplement[0] < accepted:
            raise ValueError("the supplement was asked for before the case was accepted")
        pause = paused(deadline.due_at, [supplement], calendar)
        restarted = compute(supplement[1], limit, calendar, rules, restarted=True)
    holds = restarted or deadline
    start = supplement[1] if supplement else accepted
    return Explanation(
        found,
        limit,
        unit,
        reference.unit_by_code[unit].name,
        accepted,
        deadline,
        mark_days(calendar, start, holds.due_at, limit.unit),
        tuple(_warnings(reference, found, holds)),
        supplement,
        restarted,
        pause,
        local(now) if now else None,
        calendar.working_time_between(now, holds.due_at) if now else None,
    )


def mark_days(calendar: Calendar, start: datetime, due: datetime, unit: Unit) -> tuple[MarkedDay, ...]:
    """The days from the first of the month of the start to the last of that of the due instant."""
    first = start.date().replace(day=1)
    last = (due.date().replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    every_day = unit is Unit.CALENDAR_DAYS
    found = []
    for ahead in range((last - first).days + 1):
        day = first + timedelta(days=ahead)
        works, exception = calendar.is_working_day(day), calendar.exceptions.get(day)
        # In hours the day of acceptance counts from its instant on; in days it does not.
        counted = start.date() < day < due.date() and (works or every_day)
        if day == due.date():
            mark = Mark.DUE
        elif day == start.date():
            mark = Mark.ACCEPTED
        elif counted:
            mark = Mark.COUNTED
        elif works:
            mark = Mark.WORKING
        else:
            mark = Mark.HOLIDAY if exception else Mark.WEEKEND
        notes = (exception.note_vi, exception.note_en) if exception else ("", "")
        found.append(MarkedDay(day, mark, works and not calendar.week[day.weekday()], *notes))
    return tuple(found)


def remaining(left: timedelta) -> tuple[str, str]:
    """What is left of the working time, or by how much it is exceeded."""
    vi, en = duration(abs(left))
    return (
        (f"quá hạn {vi} làm việc", f"overdue by {en} of working time")
        if left < timedelta(0)
        else (
            f"còn {vi} làm việc",
            f"{en} of working time left",
        )
    )


def _warnings(reference: Reference, procedure: Procedure, deadline: Deadline) -> list[tuple[str, str]]:
    found = []
    first, last = reference.calendars.covered
    if not first <= deadline.due_at.date() <= last:
        found.append(
            (
                f"Lịch nghỉ chỉ có từ {first.year} đến {last.year}: ngoài đó không tính ngày lễ.",
                f"National days off are known from {first.year} to {last.year} only: beyond, no holiday is counted.",
            )
        )
    elif deadline.due_at.date() >= date(reference.calendars.provisional_from, 1, 1):
        year = reference.calendars.provisional_from
        found.append(
            (
                f"Lịch nghỉ từ năm {year} là tạm tính, chưa có thông báo chính thức.",
                f"Days off from {year} on are provisional: the official notice is not in yet.",
            )
        )
    if procedure.confidence != "read":
        found.append(
            (
                f"Thời hạn của thủ tục chưa được đối chiếu văn bản ({procedure.confidence}).",
                f"The procedure's limit is not checked against its text ({procedure.confidence}).",
            )
        )
    return found


def _deadline(deadline: Deadline) -> dict[str, Any]:
    return {
        "due_at": deadline.due_at.isoformat(),
        "rule_version": deadline.rule_version,
        "calendar_version": deadline.calendar_version,
        "steps": [_step(each) for each in deadline.steps],
    }


def _step(step: Step) -> dict[str, str]:
    return {
        "kind": step.kind,
        "at": step.at.isoformat(),
        "vi": step.note_vi,
        "en": step.note_en,
        "article": step.article,
    }
