"""Which open limits a change of the calendar moves: of cases, and of complaints. Pure.

A limit is reckoned again from the instant where it began, under the rules and the number of days it was given under.
What has ended stays as it was judged: a result is early or late by the calendar that was known when it was decided.

A limit that had passed before the calendar was published is reckoned again like any other, and its event says so
(`was_overdue`). The law gives working days, and a day that was off was none of them, whether or not the program knew:
the office was never late, or was late earlier. Decision 766/QĐ-TTg (2.1) subtracts overdue cases by the date that is
due; left alone, this case would be counted by a date that no calendar in force gives, and differently from the one
beside it that was received a minute later. A day behind a limit cannot move it, so that nobody becomes punctual by what
was published about the days after. As it could be misused all the same, each such move is in the event, in the audit
and in the run's count.

The citizen's own limit (15 days for a supplement, Decree 118/2025 Art 19.5) only ever moves to a later instant: form 02
told it, and the centre may end the case after it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from contracts.intake.events import cases as events
from contracts.intake.events.feedback import ComplaintLimitMoved
from contracts.intake.feedback import ComplaintState
from contracts.intake.vocabulary import CaseState, IntervalKind, LimitKind
from contracts.refusals import Refused
from services.intake.domain.cases import Case, fact, moved
from services.intake.domain.clock import due_again
from services.intake.domain.feedback import Complaint, close_after, complaint_fact
from services.intake.domain.terms import Terms
from services.worktime.calendar import Calendar


class TermsOf(Protocol):
    """Gives the terms of a case, by the calendar of the unit that decides."""

    def terms_of(self, case: Case, at: datetime) -> Terms: ...


@dataclass(frozen=True, slots=True)
class Change:
    """A calendar that was published, why, and when. `now`: when its effect on one case is reckoned. `run`: by which."""

    run: UUID
    reason_vi: str
    reason_en: str
    published_at: datetime
    now: datetime

    def had_passed(self, limit: datetime) -> bool:
        """Whether a limit was over when the calendar was published; at the instant itself it is not."""
        return limit < self.published_at

    def told(self, calendar: Calendar) -> dict[str, Any]:
        """What every event of a limit that moved says of the change."""
        return {
            "moved_at": self.now,
            "calendar_version": calendar.version,
            "reason_vi": self.reason_vi,
            "reason_en": self.reason_en,
            "recompute": self.run,
        }


def recomputed(case: Case, reference: TermsOf, change: Change) -> Case | None:
    """The case as it is under today's calendars, with an event for each limit that moved; None: none did.

    Also where nothing can be computed any more, as the catalogue has no processing time: a promise stands.
    """
    try:
        terms = reference.terms_of(case, case.open_wait.since if case.open_wait else case.moved_at)
    except Refused:
        return None
    after = _with_next_step(_with_due(case, terms, change), terms, change)
    return None if after is case else after


def recomputed_complaint(
    complaint: Complaint, calendar: Calendar, change: Change
) -> tuple[Complaint, tuple[ComplaintLimitMoved, ...]]:
    """The complaint under the calendar of its unit, and an event for each limit that moved and is still to be kept."""
    told: list[ComplaintLimitMoved] = []
    after = complaint
    for limit, field, days in (
        (LimitKind.ACKNOWLEDGEMENT, "acknowledge_by", complaint.acknowledge_days),
        (LimitKind.ANSWER, "answer_by", complaint.answer_days),
    ):
        old: datetime = getattr(complaint, field)
        by = close_after(calendar, complaint.filed_at, days)
        kept = limit is LimitKind.ACKNOWLEDGEMENT and complaint.state is not ComplaintState.FILED
        if kept or by == old:
            continue
        change_of: dict[str, Any] = {field: by, "version": after.version + 1}
        after = replace(after, **change_of)
        facts = {"limit": limit, "old_by": old, "by": by, "was_overdue": change.had_passed(old)}
        told.append(complaint_fact(ComplaintLimitMoved, after, **facts, **change.told(calendar)))
    return after, tuple(told)


def _with_due(case: Case, terms: Terms, change: Change) -> Case:
    """Its due instant. It cannot be overdue while the citizen's supplement is awaited: that starts the clock anew."""
    due = due_again(case, terms)
    if due is None or case.due_at is None or due == case.due_at:
        return case
    awaited = case.state is CaseState.SUPPLEMENT_REQUESTED
    happened = fact(
        events.DeadlineMoved,
        case,
        old_due_at=case.due_at,
        due_at=due,
        was_overdue=not awaited and change.had_passed(case.due_at),
        **change.told(terms.calendar),
    )
    act_by = case.act_by if awaited else due
    return moved(case, happened, due_at=due, act_by=act_by, calendar_version=terms.calendar.version)


def _with_next_step(case: Case, terms: Terms, change: Change) -> Case:
    """The limit of the step that it waits for, where that is another than the result."""
    found = _next_step(case, terms)
    if found is None or case.act_by is None or found[1] == case.act_by:
        return case
    limit, by = found
    happened = fact(
        events.LimitMoved,
        case,
        limit=limit,
        old_by=case.act_by,
        by=by,
        was_overdue=change.had_passed(case.act_by),
        **change.told(terms.calendar),
    )
    waits = (*case.waits[:-1], replace(case.waits[-1], by=by)) if case.open_wait else case.waits
    return moved(case, happened, act_by=by, waits=waits)


def _next_step(case: Case, terms: Terms) -> tuple[LimitKind, datetime] | None:
    wait = case.open_wait
    if wait is None:
        by = terms.accept_by(case.moved_at, case.channel) if case.state is CaseState.SUBMITTED else None
        return (LimitKind.ACCEPTANCE, by) if by else None
    if wait.by is None:
        return None
    if wait.kind is IntervalKind.SUPPLEMENT:
        return LimitKind.SUPPLEMENT, max(wait.by, terms.complete_by(wait.since))
    return LimitKind.CORRECTION, terms.correct_by(wait.since)
