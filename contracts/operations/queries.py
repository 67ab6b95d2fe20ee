"""What every service can be asked about itself."""

from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.envelope import Message


class Health(Message):
    """How the service is. Answered even where its database does not, as far as the service can tell."""


class RelayHealth(Message):
    """The way of its events to the stream. `leading`: one of its processes publishes; `replaying`: events that a
    replay has still to set pending."""

    leading: bool
    pending: int
    oldest_pending: AwareDatetime | None = None
    replaying: int = 0
    trouble: str | None = None


class ConsumerHealth(Message):
    """What waits of an owner's events: parked for a predecessor, `behind` of them after a dead letter."""

    owner: str
    parked: int
    parked_entities: int
    oldest_parked: AwareDatetime | None = None
    behind: int
    dead: int


class HealthView(Message):
    """A service's stage in life, and what is wrong by check; nothing is if it is `running` without findings.

    `relay` is missing where the database did not answer.
    """

    service: str
    version: str
    stage: str
    findings: dict[str, str]
    uptime_seconds: float
    relay: RelayHealth | None = None
    consumers: list[ConsumerHealth]


class StreamExtent(Message):
    """What a stream really holds, for the owner to compare its log with. `deleted` lists sequences missing within."""

    generation: AwareDatetime
    first_seq: int
    last_seq: int
    deleted: list[int]


class LogDigest(Message):
    """A summary of the service's own event log (its outbox), in buckets of entities.

    With `stream`, it is told as well which of the events that were published are still in there.
    """

    stream: StreamExtent | None = None


class LogPlace(Message):
    """Where an event of the log stands: unpublished, or at a place in a stream, the `present` one or an earlier one."""

    entity: UUID
    version: int
    event_id: UUID
    published_at: AwareDatetime | None = None
    stream_seq: int | None = None
    present: bool


class LogPlaces(Message):
    """Where these events stand; those that the log does not hold are left out."""

    events: list["EntityVersion"] = Field(max_length=1000)


class LogPlacesView(Message):
    """Places in the order of entity and version."""

    places: list[LogPlace]


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
    Of those, compared with the stream asked about: `held` are in it, `expired` are gone as they had to, `lost` are gone
    too early (some of them as `examples`), `beyond` stand behind its end.
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
    held: int = 0
    expired: int = 0
    lost: int = 0
    beyond: int = 0
    examples: list[LogPlace] = Field(default_factory=list)


class GateDigestView(Message):
    """The consumer's buckets, and what waits: parked behind a gap, or dead.

    One that is not `ordered` has no gate and nothing in its buckets.
    """

    buckets: list[Bucket]
    parked: int
    parked_entities: int
    oldest_parked: AwareDatetime | None = None
    dead: int
    ordered: bool = True


class EntityVersions(Message):
    """The last version of each entity in a bucket: in the service's own log (`owner` None) or applied of an owner's.

    In order of id; `after` leaves out those up to it.
    """

    bucket: int
    owner: str | None = None
    after: UUID | None = None


class EntityVersion(Message):
    """How far one entity has come."""

    entity: UUID
    version: int


class EntityVersionsView(Message):
    """Entities of a bucket in order of id; at most 5,000, `more` says if some were left off."""

    entities: list[EntityVersion]
    more: bool


class DeadLetters(Message):
    """The dead letters of the service, newest first; `settled` includes those retried or discarded.

    `before` goes on behind a page, with the id of its last letter.
    """

    settled: bool = False
    limit: int = Field(default=100, ge=1, le=1000)
    before: UUID | None = None


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
    note: str | None = None


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
