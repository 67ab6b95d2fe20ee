"""Comparing a log with what became of it: pure. Every difference is named by what explains it, and counted."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from contracts.intake.queries.cases import CaseDigest, UnitCaseCount
from contracts.operations.queries import Bucket, LogDigestView, LogPlace
from contracts.reporting.queries import ProjectedCaseDigest
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


Cell = tuple[str, str]
"""A receiving unit, and a state."""


def differing_cells(source: Iterable[UnitCaseCount], projection: Iterable[UnitCaseCount]) -> list[Cell]:
    """The cells whose number of cases or whose digest differ, in order; one that a side does not name is empty there.

    A difference may only be on its way still: which cases it is about is for `compare_cases` to find out.
    """
    ours, theirs = ({(each.unit, str(each.state)): each for each in side} for side in (source, projection))
    return [cell for cell in sorted(ours.keys() | theirs.keys()) if not _agree(ours.get(cell), theirs.get(cell))]


def _agree(source: UnitCaseCount | None, projection: UnitCaseCount | None) -> bool:
    if source is None or projection is None:
        return source is projection
    # A service of an earlier version makes no digest.
    digests = {source.digest, projection.digest} - {None}
    return source.cases == projection.cases and len(digests) <= 1


@dataclass(slots=True)
class CaseComparison:
    """A unit's cases that differ. `absent`: the projection has no row, which may only not have come yet; `by_hand`: an
    event of these was discarded, or edited, so that they cannot agree."""

    differing: list[UUID] = field(default_factory=list)
    absent: dict[UUID, int] = field(default_factory=dict)
    by_hand: list[UUID] = field(default_factory=list)


def compare_cases(source: Iterable[CaseDigest], projection: Iterable[ProjectedCaseDigest]) -> CaseComparison:
    """Compares the cases of a unit, of which the projection was asked first.

    Each side told version and digest of one instant. So two digests of one version that differ are a difference, for
    certain and however much is going on; with different versions, events are on their way, or the gate is at fault.
    """
    ours, theirs = {each.case_id: each for each in source}, {each.case_id: each for each in projection}
    found = CaseComparison()
    for case_id, told in sorted(theirs.items()):
        kept = ours.get(case_id)
        if kept is not None and (kept.digest == told.digest or kept.version != told.version):
            continue
        (found.by_hand if told.settled_by_hand else found.differing).append(case_id)
    found.absent = {case_id: kept.version for case_id, kept in sorted(ours.items()) if case_id not in theirs}
    return found
