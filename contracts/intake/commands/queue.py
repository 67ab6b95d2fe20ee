"""What can be done with the queue at a centre's counters."""

from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.envelope import Message
from contracts.intake.assistance import Need
from contracts.intake.counter import Counter, Purpose, ServiceOutcome, TicketState
from contracts.intake.vocabulary import CommuneCode


class IssueTicket(Message):
    """Give somebody a number. Elderly, disabled and pregnant people get one that is called earlier (Art 13.2b)."""

    ticket_id: UUID
    unit: CommuneCode
    purpose: Purpose
    needs: tuple[Need, ...] = ()


class CallNext(Message):
    """Call whose turn it is to a counter. `purposes` empty: whatever they came for."""

    unit: CommuneCode
    counter: Counter
    purposes: tuple[Purpose, ...] = ()


class CallAgain(Message):
    """Call the same number again."""

    ticket_id: UUID


class StartService(Message):
    """Whom was called has come."""

    ticket_id: UUID


class FinishService(Message):
    """The counter is free again: `done`, or nobody came."""

    ticket_id: UUID
    outcome: ServiceOutcome = ServiceOutcome.DONE


class CancelTicket(Message):
    """Whoever had the number has left."""

    ticket_id: UUID


class MoveTicket(Message):
    """Back to waiting, for another purpose, without losing the place in the queue."""

    ticket_id: UUID
    purpose: Purpose


class TicketMoved(Message):
    """A ticket after a command: its number, such as A001, and where it stands. `ahead`: how many are called before."""

    ticket_id: UUID
    number: str
    state: TicketState
    version: int
    purpose: Purpose
    issued_at: AwareDatetime
    counter: Counter | None = None
    times_called: int = Field(default=0, ge=0)
    ahead: int | None = None
