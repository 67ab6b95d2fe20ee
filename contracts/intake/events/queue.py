"""What intake tells of the queue at the counters. A ticket holds no identity; nor does it say which need it has."""

from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.envelope import Message
from contracts.intake.counter import Counter, LeftReason, Purpose, Series
from contracts.intake.vocabulary import CommuneCode


class TicketFact(Message):
    """What every fact about a ticket says: number such as U003, unique within unit and day of issue."""

    ticket_id: UUID
    unit: CommuneCode
    number: str
    series: Series
    purpose: Purpose
    issued_at: AwareDatetime


class TicketIssued(TicketFact):
    """Somebody took a number."""


class TicketCalled(TicketFact):
    """A number was called, for the first time or again; seconds since it was issued."""

    called_at: AwareDatetime
    counter: Counter
    times: int = Field(ge=1)
    waited_seconds: int = Field(ge=0)


class TicketStarted(TicketFact):
    """Whom was called has come to the counter."""

    started_at: AwareDatetime
    counter: Counter


class TicketServed(TicketFact):
    """Somebody was served; `service_seconds` since they came to the counter."""

    served_at: AwareDatetime
    counter: Counter
    waited_seconds: int = Field(ge=0)
    service_seconds: int = Field(ge=0)


class TicketRouted(TicketFact):
    """It waits again, for the purpose told here, at its old place."""

    moved_at: AwareDatetime


class TicketLeft(TicketFact):
    """A ticket ended without service."""

    left_at: AwareDatetime
    reason: LeftReason


class TicketWaitingLong(TicketFact):
    """The waiting time passed its limit, told once for each ticket."""

    limit_passed_at: AwareDatetime
    limit_minutes: int = Field(ge=1)
