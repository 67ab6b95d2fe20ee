"""Comparing a log with what became of it: pure. Every difference is named by what explains it, and counted."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from contracts.intake.queries.cases import UnitCaseCount
from contracts.operations.queries import Bucket, LogDigestView, LogPlace
from services.operations.bus import StreamLook

Versions = Mapping[UUID, int]
"""Entities and their last versions."""


@dataclass(frozen=True, slots=True)
class Gap:
    """An entity whose log and gate do not agree; 0 where it is not known at all."""

    entity: UUID
    log: int
    gate: int

    @property
    def needs(self) -> int:
        """The version that the gate waits for."""
        return self.gate + 1

    def __str__(self) -> str:
        return f"{self.entity}: log {self.log}, gate {self.gate}"


@dataclass(slots=True)
class Judgement:
    """Gaps by what explains them.

    `on_the_way`: not yet published, delivered or acknowledged. `blocked`: the next event is a dead letter. `behind` and
    `missing`: the next event was acknowledged, or is gone, without having taken effect; `missing` never had any.
    `ahead`: the consumer applied what the log does not hold.
    """

    on_the_way: list[Gap] = field(default_factory=list)
    blocked: list[Gap] = field(default_factory=list)
    behind: list[Gap] = field(default_factory=list)
    missing: list[Gap] = field(default_factory=list)
    ahead: list[Gap] = field(default_factory=list)


def differing_buckets(log: Iterable[Bucket], gate: Iterable[Bucket]) -> list[int]:
    """The buckets in which log and gate do not agree."""
    ours, theirs = {each.bucket: each for each in log}, {each.bucket: each for each in gate}
    return sorted(bucket for bucket in ours.keys() | theirs.keys() if ours.get(bucket) != theirs.get(bucket))


def gaps(log: Versions, gate: Versions) -> list[Gap]:
    """The entities that do not agree, in order of id."""
    found = (Gap(entity, log.get(entity, 0), gate.get(entity, 0)) for entity in sorted(log.keys() | gate.keys()))
    return [gap for gap in found if gap.log != gap.gate]


def judge(
    found: Iterable[Gap],
    places: Iterable[LogPlace],
    letters: Collection[tuple[UUID | None, int | None]],
    ack_floor: int,
) -> Judgement:
    """Explains gaps.

    `places` are those of the events that the gates wait for, `letters` the entity and version of open dead letters,
    `ack_floor` the stream sequence up to which the consumer had acknowledged everything before its gates were read.
    """
    where = {(place.entity, place.version): place for place in places}
    judged = Judgement()
    for gap in found:
        if gap.gate > gap.log:
            judged.ahead.append(gap)
        elif (gap.entity, gap.needs) in letters:
            judged.blocked.append(gap)
        elif _comes(where.get((gap.entity, gap.needs)), ack_floor):
            judged.on_the_way.append(gap)
        elif gap.gate:
            judged.behind.append(gap)
        else:
            judged.missing.append(gap)
    return judged


def _comes(place: LogPlace | None, ack_floor: int) -> bool:
    if place is None:
        return False
    if place.published_at is None:
        return True
    return place.present and place.stream_seq is not None and place.stream_seq > ack_floor


@dataclass(frozen=True, slots=True)
class StreamVerdict:
    """A log against its stream. `superseded`: messages that are older copies, left by replays."""

    same_generation: bool
    lost: int
    went_back: int
    superseded: int


def compare_stream(log: LogDigestView, before: StreamLook, after: StreamLook) -> StreamVerdict:
    """Compares a digest with looks at the stream before it (which the digest was asked with) and after it.

    What stands behind the first look's end is only gone if it is behind the second's as well.
    """
    generation = datetime.fromisoformat(log.generation) if log.generation else None
    went_back = log.beyond if (log.last_seq or 0) > after.last_seq else 0
    return StreamVerdict(
        same_generation=log.events == 0 or generation == after.generation == before.generation,
        lost=log.lost,
        went_back=went_back,
        superseded=max(before.messages - log.held, 0),
    )


@dataclass(frozen=True, slots=True)
class CountDifference:
    """A cell of a projection that does not agree with its source."""

    unit: str
    state: str
    source: int
    projection: int

    def __str__(self) -> str:
        return f"{self.unit} {self.state}: {self.source} ≠ {self.projection}"


def compare_counts(source: Sequence[UnitCaseCount], projection: Sequence[UnitCaseCount]) -> list[CountDifference]:
    """The cells that differ, in order of unit and state. A cell that one side does not name counts as 0 there."""
    ours = {(each.unit, str(each.state)): each.cases for each in source}
    theirs = {(each.unit, str(each.state)): each.cases for each in projection}
    return [
        CountDifference(*cell, ours.get(cell, 0), theirs.get(cell, 0))
        for cell in sorted(ours.keys() | theirs.keys())
        if ours.get(cell, 0) != theirs.get(cell, 0)
    ]
