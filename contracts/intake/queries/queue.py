"""What can be asked of the queue."""

from datetime import date
from uuid import UUID

from pydantic import AwareDatetime

from contracts.envelope import Message
from contracts.intake.counter import Counter, Purpose, Series, TicketState
from contracts.intake.vocabulary import CommuneCode


class Queue(Message):
    """The board of a centre today."""

    unit: CommuneCode


class WaitingSeries(Message):
    """Who waits in one series. Minutes; `estimate_minutes` is for who takes a number now, none while nothing is known.

    `next_numbers`: the first few, in the order in which they will be called.
    """

    series: Series
    waiting: int
    longest_minutes: int
    over_limit: int
    estimate_minutes: int | None = None
    next_numbers: list[str]


class AtCounter(Message):
    """Who is called to a counter, or served there."""

    counter: Counter
    ticket_id: UUID
    number: str
    purpose: Purpose
    state: TicketState
    since: AwareDatetime
    reserved: bool


class QueueView(Message):
    """The board. `service_minutes` is the mean of the last services of the day."""

    unit: CommuneCode
    at: AwareDatetime
    waiting: list[WaitingSeries]
    counters: list[AtCounter]
    served: int
    service_minutes: float | None = None


class QueueHistory(Message):
    """How the queue of a centre went, day by day."""

    unit: CommuneCode
    first_day: date
    last_day: date


class QueueDay(Message):
    """One series on one day; minutes from the number being issued to its first call."""

    day: date
    series: Series
    issued: int
    served: int
    no_show: int
    left: int
    expired: int
    waited_long: int
    mean_wait_minutes: float | None = None
    p90_wait_minutes: float | None = None


class QueueHistoryView(Message):
    """Days in order, ordinary tickets before those with priority."""

    days: list[QueueDay]
