"""How urgent a case is that waits. Pure."""

from datetime import datetime

from contracts.intake.lifecycle import ENDED
from contracts.intake.vocabulary import CaseState, Urgency
from services.worktime.calendar import Calendar
from services.worktime.clock import local


def urgency(state: CaseState, act_by: datetime | None, now: datetime, calendar: Calendar) -> Urgency | None:
    """How a case stands to the limit of its next step, by the calendar of the unit that decides; None: it is done.

    What falls exactly at the limit is in time. Due soon is what passes by the end of the next working day: Decree
    118/2025 Art 19.6 wants an apology a day before, and after a weekend it would be too late.
    """
    if act_by is None:
        if state is CaseState.COMPLETED:
            return Urgency.READY
        return None if state in ENDED else Urgency.NO_LIMIT
    if act_by < now:
        return Urgency.OVERDUE
    last_day = calendar.next_working_day(local(now).date())
    return Urgency.DUE_SOON if local(act_by).date() <= last_day else Urgency.IN_TIME
