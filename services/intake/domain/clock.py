"""How a case's clock is read: as the law does (a supplement starts it anew), and as Decision 766 does (it pauses).

Both follow from the raw intervals that a case keeps; neither is stored as the truth of the other.
"""

from dataclasses import dataclass
from datetime import datetime

from contracts.intake.lifecycle import OPEN
from contracts.intake.vocabulary import IntervalKind
from services.intake.domain.cases import Case
from services.intake.domain.terms import Terms

_PAUSES = frozenset({IntervalKind.SUPPLEMENT, IntervalKind.PAYMENT})


@dataclass(frozen=True, slots=True)
class Readings:
    """The due instant of a case by either reading; None: not accepted, or without a limit.

    `restarted`: Decree 118/2025 Art 19.5 and 19.6. `paused`: Decision 766/QĐ-TTg, which subtracts the citizen's time.
    """

    restarted: datetime | None
    paused: datetime | None


def readings(case: Case, terms: Terms, now: datetime) -> Readings:
    """Both readings, at an instant: a wait that has not ended pauses the clock until then."""
    if case.accepted_at is None or (deadline := terms.due(case.accepted_at)) is None:
        return Readings(case.due_at, None)
    pauses = [
        (wait.since, wait.until or max(now, wait.since))
        for wait in case.waits
        if wait.kind in _PAUSES and wait.since >= case.accepted_at
    ]
    return Readings(case.due_at, terms.paused(deadline.due_at, *pauses))


def due_again(case: Case, terms: Terms) -> datetime | None:
    """When an open case is due by these terms, from what is stored of it; None: it has no deadline that could move.

    A new date that the citizen was given with an apology stands as it was given.
    """
    if case.state not in OPEN or case.clock_started_at is None or case.extension_holds:
        return None
    deadline = terms.due(case.clock_started_at)
    if deadline is None:
        return None
    return after_payments(case, terms, deadline.due_at)


def after_payments(case: Case, terms: Terms, due: datetime) -> datetime:
    """A due instant that was computed from the clock's start, moved on by the payments that were waited for since."""
    if not terms.payment_off_clock or case.clock_started_at is None:
        return due
    waits = case.waited(IntervalKind.PAYMENT)
    return terms.paused(due, *((w.since, w.until) for w in waits if w.until and w.since >= case.clock_started_at))
