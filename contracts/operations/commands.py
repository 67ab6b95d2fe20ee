"""What every service can be asked to do about itself."""

from uuid import UUID

from pydantic import Field

from contracts.envelope import Message


class ReplayEvents(Message):
    """Publish the log again: all of it, one entity's events, or those of the last `days`.

    Consumers that have applied an event acknowledge it again without effect.
    """

    entity: UUID | None = None
    days: int | None = Field(default=None, ge=1)
    dry_run: bool = False


class EventsReplayed(Message):
    """How many events are published again (or would be, on a dry run)."""

    events: int


class RetryDeadLetter(Message):
    """Run a dead letter through its consumer again. A dry run rolls back and tells what would have happened."""

    id: UUID
    dry_run: bool = False


class DeadLetterRetried(Message):
    """Whether the message took effect, how many events behind it followed, or why it failed again."""

    applied: bool
    followed: int
    error: str | None = None


class EditDeadLetter(Message):
    """Replace a dead letter's payload; the original and the editor are kept."""

    id: UUID
    payload: str
    reason: str = Field(min_length=3)


class DiscardDeadLetter(Message):
    """Give a dead letter up for good: it takes no effect, and what waits behind it goes on."""

    id: UUID
    reason: str = Field(min_length=3)


class DeadLetterSettled(Message):
    """The letter's new status, and how many events behind it followed."""

    status: str
    followed: int = 0
