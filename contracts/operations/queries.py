"""What every service can be asked about itself."""

from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.envelope import Message


class LogDigest(Message):
    """A summary of the service's own event log (its outbox), in buckets of entities."""


class GateDigest(Message):
    """A summary of what this service applied of an owner's events, in the same buckets as the owner's `LogDigest`."""

    owner: str


class Bucket(Message):
    """Entities whose id falls in one bucket: how many, the sum of their last versions, and a digest of both."""

    bucket: int
    entities: int
    versions: int
    digest: int


class LogDigestView(Message):
    """The log's buckets, and how it stands towards its stream.

    `events` counts all rows; `published` those the stream has acknowledged in its present `generation` (the instant
    the stream was created); `first_seq` and `last_seq` their places in it.
    """

    buckets: list[Bucket]
    events: int
    pending: int
    oldest_pending: AwareDatetime | None = None
    generation: str | None = None
    published: int
    published_before: int
    first_seq: int | None = None
    last_seq: int | None = None


class GateDigestView(Message):
    """The consumer's buckets, and what waits: parked behind a gap, or dead."""

    buckets: list[Bucket]
    parked: int
    parked_entities: int
    oldest_parked: AwareDatetime | None = None
    dead: int


class EntityVersions(Message):
    """The last version of each entity in a bucket: in the service's own log (`owner` None) or applied of an owner's."""

    bucket: int
    owner: str | None = None


class EntityVersion(Message):
    """How far one entity has come."""

    entity: UUID
    version: int


class EntityVersionsView(Message):
    """Entities of a bucket in order of id; at most 5,000, `more` says if some were left off."""

    entities: list[EntityVersion]
    more: bool


class DeadLetters(Message):
    """The dead letters of the service, newest first; `settled` includes those retried or discarded."""

    settled: bool = False
    limit: int = Field(default=100, ge=1, le=1000)


class DeadLetter(Message):
    """A message of `owner`'s stream that could not take effect, with what is known of it and why it failed."""

    id: UUID
    owner: str
    subject: str
    event_id: UUID | None = None
    entity: UUID | None = None
    version: int | None = None
    error: str
    status: str
    tries: int
    died_at: AwareDatetime
    behind: int = Field(description="events of the same entity that wait for this one")


class DeadLettersView(Message):
    """A page of dead letters and the number of all."""

    letters: list[DeadLetter]
    total: int


class DeadLetterById(Message):
    """One dead letter with its payload."""

    id: UUID


class DeadLetterView(Message):
    """A dead letter and its payload as text (invalid bytes replaced), with the original where it was edited."""

    letter: DeadLetter
    payload: str
    original_payload: str | None = None
