"""Which open cases a change of the calendar moves. A case keeps the rules and the limit it was received under."""

from datetime import datetime
from typing import Protocol

from contracts.refusals import Refused
from services.intake.domain.cases import Case
from services.intake.domain.clock import move_deadline
from services.intake.domain.terms import Terms


class TermsOf(Protocol):
    """Gives the terms of a case, by the calendar of the unit that decides."""

    def terms_of(self, case: Case, at: datetime) -> Terms: ...


def recomputed(case: Case, reference: TermsOf, now: datetime) -> Case | None:
    """The case as it is under today's calendars; None: it stays as it is.

    Also where nothing can be computed any more, as the catalogue has no processing time: a promise stands.
    """
    try:
        return move_deadline(case, reference.terms_of(case, now), now)
    except Refused:
        return None
