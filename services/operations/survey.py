"""Asking services and bus what `verify` compares, in an order that keeps what moves meanwhile from looking lost."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from nats.aio.client import Client
from pydantic import BaseModel

from contracts.intake.queries.cases import (
    CaseCounts,
    CaseCountsView,
    CaseDigest,
    CaseDigests,
    CaseDigestsView,
    UnitCaseCount,
)
from contracts.operations.queries import (
    ConsumerHealth,
    EntityVersion,
    EntityVersions,
    EntityVersionsView,
    GateDigest,
    GateDigestView,
    Health,
    HealthView,
    LogDigest,
    LogDigestView,
    LogPlace,
    LogPlaces,
    LogPlacesView,
    StreamExtent,
)
from contracts.refusals import Refused
from contracts.reporting.queries import (
    ProjectedCaseCounts,
    ProjectedCaseCountsView,
    ProjectedCaseDigest,
    ProjectedCaseDigests,
    ProjectedCaseDigestsView,
)
from contracts.topology import DurableSpec, Topology
from services.chassis.client import Caller
from services.operations import reconcile
from services.operations.bus import DurableLook, StreamLook, look_at_durable, look_at_stream
from services.operations.letters import listing
from services.operations.reconcile import CaseComparison, Gap, Judgement

Page = TypeVar("Page", CaseDigestsView, ProjectedCaseDigestsView, CaseCountsView, ProjectedCaseCountsView)

LONG = 115.0  # seconds, for what goes over a whole log; the reply of a call is allowed for two minutes
_PLACES = 1000
_EVERY = 0.5
_PATIENCE = 5.0
_ENOUGH = 1000  # cases that differ: whoever sees so many looks for a cause, not for more of them
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class LogSurvey:
    """An owner's log, and its stream before and after the log was read."""

    owner: str
    log: LogDigestView
    before: StreamLook
    after: StreamLook


@dataclass(frozen=True, slots=True)
class ConsumerSurvey:
    """How far a service is with an owner's events."""

    service: str
    owner: str
    gate: GateDigestView
    health: ConsumerHealth | None
    judged: Judgement = field(default_factory=Judgement)


@dataclass(slots=True)
class CasesSurvey:
    """The projection of cases beside intake. `cells` are those that either names.

    `differing`: cases with their unit; the search ends at a thousand (`more`). `by_hand`: cases that cannot agree, as
    an event of theirs was discarded, or edited, as a dead letter.
    """

    cases: int
    projected: int
    cells: int
    differing: list[tuple[str, UUID]] = field(default_factory=list)
    by_hand: int = 0
    more: bool = False


class Survey:
    """One look at a running stack. Refused with `unavailable`: a service that is needed does not answer."""

    def __init__(self, client: Client, caller: Caller, topology: Topology, progress: Progress) -> None:
        self._client = client
        self._caller = caller
        self._topology = topology
        self._progress = progress
        self.owners = sorted({spec.owner for spec in topology.events})

    @property
    def consumers(self) -> list[tuple[str, DurableSpec]]:
        """Each owner with a durable of one of our services."""
        return [(owner, spec) for owner, spec in self._durables() if spec.user in self._topology.services]

    async def subscribers(self) -> list[DurableLook]:
        """The durables of outside systems; they have no gate that could be asked."""
        outside = [spec for _, spec in self._durables() if spec.user not in self._topology.services]
        return [await look_at_durable(self._client, spec, self._topology.services) for spec in outside]

    def _durables(self) -> list[tuple[str, DurableSpec]]:
        owner = {stream.name: stream.owner for stream in self._topology.streams}
        return [(owner[spec.stream], spec) for spec in self._topology.durables if owner[spec.stream] in self.owners]

    async def assert_reachable(self) -> None:
        """Asks everyone who will be needed, briefly: later calls may take long, and would be waited for as long."""
        needed = {*self.owners, *(spec.user for _, spec in self.consumers)}
        await asyncio.gather(*(self._caller.call(name, Health(), HealthView, timeout=_PATIENCE) for name in needed))

    async def moving(self) -> int:
        """Events that are on their way at this moment, between the logs and our services."""
        looks = [await look_at_durable(self._client, spec, self._topology.services) for _, spec in self.consumers]
        waiting = sum(look.waiting for look in looks)
        for owner in self.owners:
            try:
                health = await self._caller.call(owner, Health(), HealthView, timeout=_PATIENCE)
            except Refused:
                continue  # whether it can be reached at all is found out when its log is asked for
            if health.relay:
                waiting += health.relay.pending + health.relay.replaying
        return waiting

    async def settle(self, seconds: float) -> float:
        """Waits, so long at most, until nothing is on its way; how long it was."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        while (moving := await self.moving()) and loop.time() - started < seconds:
            self._progress(f"{moving} sự kiện đang trên đường / events are on their way")
            await asyncio.sleep(_EVERY)
        return loop.time() - started

    async def log(self, owner: str) -> LogSurvey:
        """An owner's log against its stream."""
        self._progress(f"Nhật ký và luồng của {owner} / log and stream of {owner}")
        stream = self._topology.stream_of(owner)
        before = await look_at_stream(self._client, stream, gaps=True)
        extent = None
        if before.generation:
            extent = StreamExtent(
                generation=before.generation,
                first_seq=before.first_seq,
                last_seq=before.last_seq,
                deleted=before.deleted,
            )
        log = await self._caller.call(owner, LogDigest(stream=extent), LogDigestView, timeout=LONG)
        return LogSurvey(owner, log, before, await look_at_stream(self._client, stream))

    async def consumer(self, surveyed: LogSurvey, spec: DurableSpec) -> ConsumerSurvey:
        """A consumer's gates against the log: by bucket first, entity by entity where they differ."""
        service, owner = spec.user, surveyed.owner
        self._progress(f"Cổng của {service} / gates of {service}")
        gate = await self._caller.call(service, GateDigest(owner=owner), GateDigestView, timeout=LONG)
        judged = Judgement()
        if gate.ordered:
            buckets = reconcile.differing_buckets(surveyed.log.buckets, gate.buckets)
            judged = await self._drill(service, owner, spec, buckets)
        health = await self._caller.call(service, Health(), HealthView, timeout=_PATIENCE)
        waiting = next((each for each in health.consumers if each.owner == owner), None)
        return ConsumerSurvey(service, owner, gate, waiting, judged)

    async def _drill(self, service: str, owner: str, spec: DurableSpec, buckets: list[int]) -> Judgement:
        if not buckets:
            return Judgement()
        # The order matters. What was acknowledged before its gate was read must be in it; and a log read after the
        # gate holds all that the gate can have seen.
        floor = (await look_at_durable(self._client, spec, self._topology.services)).ack_floor
        found: list[Gap] = []
        for number, bucket in enumerate(buckets, 1):
            self._progress(f"{service}: phần {number}/{len(buckets)} / part {number} of {len(buckets)}")
            theirs = await self._versions(service, bucket, owner)
            ours = await self._versions(owner, bucket, None)
            found += reconcile.gaps(ours, theirs)
        wanted = [EntityVersion(entity=gap.entity, version=gap.needs) for gap in found if gap.gate < gap.log]
        places: list[LogPlace] = []
        for start in range(0, len(wanted), _PLACES):
            ask = LogPlaces(events=wanted[start : start + _PLACES])
            places += (await self._caller.call(owner, ask, LogPlacesView, timeout=LONG)).places
        letters, _ = await listing(self._caller, service)
        dead = {(each.letter.entity, each.letter.version) for each in letters if each.letter.owner == owner}
        return reconcile.judge(found, places, dead, floor)

    async def _versions(self, service: str, bucket: int, owner: str | None) -> dict[UUID, int]:
        versions: dict[UUID, int] = {}
        after: UUID | None = None
        while True:
            ask = EntityVersions(bucket=bucket, owner=owner, after=after)
            page = await self._caller.call(service, ask, EntityVersionsView, timeout=LONG)
            versions |= {each.entity: each.version for each in page.entities}
            if not page.more or not page.entities:
                return versions
            after = page.entities[-1].entity

    async def cases(self, wait: float) -> CasesSurvey:
        """The projection against intake: by unit and state first, case by case in the units that differ.

        These are looked at once what was on its way has arrived or `wait` seconds have passed.
        """
        source, projected = await self._case_counts()
        cells = reconcile.differing_cells(source, projected)
        found = CasesSurvey(
            sum(each.cases for each in source),
            sum(each.cases for each in projected),
            len({(each.unit, each.state) for each in (*source, *projected)}),
        )
        if cells:
            await self.settle(wait)
        for unit in dict.fromkeys(unit for unit, _ in cells):
            if len(found.differing) >= _ENOUGH:
                found.more = True
                break
            self._progress(f"Hồ sơ của {unit} / cases of {unit}")
            compared = await self._compare(unit)
            found.differing += [(unit, case) for case in compared.differing]
            found.by_hand += len(compared.by_hand)
        return found

    async def _compare(self, unit: str) -> CaseComparison:
        theirs = await self._projected_digests(unit)
        compared = reconcile.compare_cases(await self._digests(unit), theirs)
        if compared.absent:
            # What the gate has let through before the projection is asked once more should be in there by then.
            buckets = {case.bytes[-1] for case in compared.absent}
            took: dict[UUID, int] = {}
            for bucket in sorted(buckets):
                versions = await self._versions("reporting", bucket, "intake")
                took |= {case: versions[case] for case in compared.absent.keys() & versions.keys()}
            there = {each.case_id for each in await self._projected_digests(unit)}
            compared.differing += sorted(
                case for case, version in took.items() if version >= compared.absent[case] and case not in there
            )
        return compared

    async def _digests(self, unit: str) -> list[CaseDigest]:
        pages = self._pages("intake", lambda after: CaseDigests(unit=unit, after=after), CaseDigestsView)
        return [case async for page in pages for case in page.cases]

    async def _projected_digests(self, unit: str) -> list[ProjectedCaseDigest]:
        pages = self._pages(
            "reporting", lambda after: ProjectedCaseDigests(unit=unit, after=after), ProjectedCaseDigestsView
        )
        return [case async for page in pages for case in page.cases]

    async def _pages(self, owner: str, ask: Callable[[Any], BaseModel], view: type[Page]) -> AsyncIterator[Page]:
        """All pages of an answer; `ask` gives the question behind the last place, None at first."""
        after: Any = None
        while True:
            page = await self._caller.call(owner, ask(after), view, timeout=LONG)
            yield page
            if (after := page.next) is None:
                return

    async def _case_counts(self) -> tuple[list[UnitCaseCount], list[UnitCaseCount]]:
        """Intake's own count of cases, and the projection's."""
        self._progress("Số hồ sơ theo đơn vị / cases by unit")
        source = [
            count
            async for page in self._pages("intake", lambda after: CaseCounts(after=after), CaseCountsView)
            for count in page.counts
        ]
        projected = [
            count
            async for view in self._pages(
                "reporting", lambda after: ProjectedCaseCounts(after=after), ProjectedCaseCountsView
            )
            for count in view.counts
        ]
        return source, projected
