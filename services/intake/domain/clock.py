"""How a case's clock is read: as the law does (a supplement starts it anew), and as Decision 766 does (it pauses).

Both follow from the raw intervals that a case keeps; neither is stored as the truth of the other.
"""

from dataclasses import dataclass
from datetime import datetime

from contracts.intake.lifecycle import OPEN
from contracts.intake.vocabulary import IntervalKind
from services.intake.domain.cases import Case, Wait
from services.intake.domain.terms import Terms
from services.worktime import steps as steps_of
from services.worktime.deadline import Deadline
from services.worktime.steps import Step

_PAUSES = frozenset({IntervalKind.SUPPLEMENT, IntervalKind.PAYMENT})


@dataclass(frozen=True, slots=True)
class Readings:
    """The due instant of a case by either reading; None: not accepted, or without a limit.

    `restarted`: Decree 118/2025 Art 19.5 and 19.6. `paused`: Decision 766/QĐ-TTg, which subtracts the citizen's time.
    After an apology with a new date both go on from that date: the decision compares with the date that the citizen was
    given [inferred: its summary names no other], and subtracts the waiting after the apology; what lay before it
    was known when the date was set.
    """

    restarted: datetime | None
    paused: datetime | None


def readings(case: Case, terms: Terms, now: datetime) -> Readings:
    """Both readings, at an instant: a wait that has not ended pauses the clock until then."""
    if case.accepted_at is None or (deadline := terms.due(case.accepted_at)) is None:
        return Readings(case.due_at, None)
    due, start = deadline.due_at, case.accepted_at
    if case.extended_at is not None and case.new_due_at is not None:
        due, start = case.new_due_at, case.extended_at
    pauses = [
        (max(wait.since, start), wait.until or max(now, wait.since, start))
        for wait in case.waits
        if wait.kind in _PAUSES and wait.since >= case.accepted_at and (wait.until is None or wait.until > start)
    ]
    return Readings(case.due_at, terms.paused(due, *pauses))


def steps(case: Case, terms: Terms, deadline: Deadline) -> tuple[Step, ...]:
    """The steps of a case's deadline on to what holds: payments off the clock, an apology with a new date.

    `deadline`: of the clock as it runs. The last step is at the case's due instant, whatever led there.
    """
    if case.due_at is None:
        return deadline.steps
    found = [*deadline.steps]
    paid = [
        steps_of.payment(wait.since, wait.until, terms.calendar)
        for wait in _payments_off_clock(case, terms)
        if wait.until is not None
    ]
    if case.extension_holds and case.extended_at is not None:
        found += [step for step in paid if step.at <= case.extended_at]
        found += [steps_of.extension(case.extended_at), steps_of.due_by_extension(case.new_due_at or case.due_at)]
        paid = [step for step in paid if step.at > case.extended_at]
    found += paid
    if found[-1].at != case.due_at:
        found.append(steps_of.due_after_payment(case.due_at) if paid else steps_of.due_as_told(case.due_at))
    return tuple(found)


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
    waits = _payments_off_clock(case, terms)
    return terms.paused(due, *((wait.since, wait.until) for wait in waits if wait.until))


def _payments_off_clock(case: Case, terms: Terms) -> list[Wait]:
    """Those that ended, of the clock that runs."""
    start = case.clock_started_at
    if not terms.payment_off_clock or start is None:
        return []
    return [wait for wait in case.waited(IntervalKind.PAYMENT) if wait.until and wait.since >= start]
