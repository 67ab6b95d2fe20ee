"""The instants that the law gives for one case, by its rules, its procedure's limit and its unit's calendar."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from contracts.intake.vocabulary import Channel
from services.intake.domain.rules import Rules
from services.worktime import deadline as deadlines
from services.worktime.calendar import Calendar
from services.worktime.clock import ZONE
from services.worktime.deadline import Deadline, ProcessingTime, Unit

_AT_ONCE = frozenset({Unit.SAME_DAY, Unit.IMMEDIATE})


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of a case. `limit` None: the procedure has no processing time that is known.

    `payment_off_clock`: waiting for a payment is not counted (land cases: the time at the tax office).
    `agency`: the deciding unit's code as it begins its case codes; None: not known.
    `days_known_to`: the last day of the years whose days off the calendar knows; None: no matter.
    """

    rules: Rules
    limit: ProcessingTime | None
    calendar: Calendar
    payment_off_clock: bool = False
    agency: str | None = None
    days_known_to: date | None = None

    def due(self, start: datetime) -> Deadline | None:
        """When the result is due of a case whose clock starts at an instant; None without a limit."""
        if self.limit is None:
            return None
        return deadlines.compute_quickly(start, self.limit, self.calendar, self.rules.deadline)

    @property
    def at_once(self) -> bool:
        """Whether the result is given on the spot or the same day (Art 17.4)."""
        return self.limit is not None and self.limit.unit in _AT_ONCE

    def accept_by(self, submitted_at: datetime, channel: Channel) -> datetime | None:
        """When an online case has to be accepted or its mending asked for: 8 working hours (Art 17.2)."""
        if channel is not Channel.ONLINE:
            return None
        return self.calendar.add_working_time(submitted_at, timedelta(hours=self.rules.accept_working_hours))

    def forward_by(self, accepted_at: datetime) -> datetime:
        """When paper has to be with the deciding unit: the same working day, or the start of the next (Art 18.2)."""
        local = accepted_at.astimezone(ZONE)
        if self.calendar.is_working_day(local.date()) and local.time() <= self.rules.cutoff:
            return self.calendar.close_of(local.date())
        day = self.calendar.next_working_day(local.date())
        return self.calendar.open_of(day)

    def notice_until(self, accepted_at: datetime) -> datetime:
        """Until when a supplement may be asked for after acceptance (Art 19.5)."""
        return self._working_days(accepted_at, self.rules.notice_working_days)

    def complete_by(self, requested_at: datetime) -> datetime:
        """Until when the citizen may bring the supplement before the centre closes the case (Art 19.5)."""
        return deadlines.end_of_days(requested_at, self.rules.completion_days, self.calendar)

    def correct_by(self, reported_at: datetime) -> datetime:
        """Until when an error in the result has to be corrected (Art 23.1)."""
        return self._working_days(reported_at, self.rules.correction_working_days)

    def paused(self, due: datetime, *pauses: tuple[datetime, datetime]) -> datetime:
        """A due instant moved on by the working time in pauses of the clock."""
        return deadlines.paused(due, pauses, self.calendar).due_at

    def is_known_day(self, at: datetime) -> bool:
        """Whether it is known of an instant's day if it is off."""
        return self.days_known_to is None or at <= datetime.combine(self.days_known_to, time.max, ZONE)

    def in_working_time(self, at: datetime) -> bool:
        """Whether a result can be handed over at an instant; the close of a working day counts."""
        return self.calendar.is_open(at)

    def _working_days(self, start: datetime, days: int) -> datetime:
        return self.calendar.close_of(self.calendar.add_working_days(start.astimezone(ZONE).date(), days))
