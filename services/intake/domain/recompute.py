"""Which open cases a change of the calendar moves. A case keeps the rules and the limit it was received under."""

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from contracts.intake.vocabulary import CaseState
from contracts.refusals import Refused
from services.intake.domain.cases import Case
from services.worktime.deadline import Deadline


class DueDates(Protocol):
    """Computes a due instant by the calendar of the unit that decides."""

    def quick_deadline(self, procedure: str, accepted_at: datetime, *, unit: str | None = None) -> Deadline: ...


def recomputed(case: Case, reference: DueDates) -> Case | None:
    """The case as it is under today's calendars; None: it stays as it is.

    Also where no due date can be computed any more, as the catalogue has no processing time: a promise stands.
    """
    if case.state is not CaseState.ACCEPTED or case.accepted_at is None:
        return None
    try:
        deadline = reference.quick_deadline(case.procedure, case.accepted_at, unit=case.deciding_unit)
    except Refused:
        return None
    if deadline.due_at == case.due_at:
        return None
    return replace(case, version=case.version + 1, due_at=deadline.due_at, calendar_version=deadline.calendar_version)
