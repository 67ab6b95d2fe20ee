"""Verifying the audit from outside: what the roots must be, and what the service finds when it recomputes them.

Bounded in memory: the service goes through the entries piece by piece, and here a running hash is all that is kept.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID

from contracts.intake.events.audit import AuditSealed
from contracts.intake.queries.audit import (
    AuditCheck,
    AuditCheckView,
    AuditCoverage,
    AuditCoverageView,
    AuditEntry,
    AuditFinding,
    AuditRoots,
    AuditRootsView,
    AuditTrail,
    AuditTrailView,
)
from services.chassis.client import Caller
from services.intake.domain import audit as domain
from services.intake.domain.audit import Entry, Root

_PATIENCE = timedelta(hours=1)
"""A day that ended so long ago should be sealed."""
_LONG = 110.0
_LISTED = 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and where: a day, or an entity and the number of its entry."""

    kind: str
    day: date | None = None
    entity: UUID | None = None
    number: int | None = None
    sealed: int | None = None
    present: int | None = None
    table: str | None = None


@dataclass
class Verdict:
    """What was looked at, and what was found; `found` counts also what is not listed."""

    entries: int = 0
    days: int = 0
    sealed: int = 0
    events: int = 0
    found: int = 0
    findings: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        self.found += 1
        if len(self.findings) < _LISTED:
            self.findings.append(finding)


Tell = Callable[[str, float, float], None]
"""What is being looked at, how far that is, and how far it goes."""


async def verify(
    caller: Caller, keys: Sequence[bytes], tell: Tell, since: date | None = None, until: date | None = None
) -> Verdict:
    """Everything, or the days of a span. Roots are judged all of them: a chain cannot be judged in the middle.

    `keys`: what may have signed. None: what the service says now, which a forger could have put there.
    """
    verdict = Verdict()
    roots, state = await _roots(caller)
    for finding in root_faults(roots, state, keys or [bytes.fromhex(state.public_key)]):
        verdict.add(finding)
    verdict.sealed = len(roots)
    by_day = {root.day: root for root in roots}
    first, last = max(since or state.first_day, state.first_day), min(until or state.today, state.today)
    days = (last - first).days + 1
    for offset in range(days):
        day = first + timedelta(days=offset)
        tell("ngày / days", offset, days)
        await _day(caller, day, by_day, verdict, partial(_tell_part, tell, offset, days))
    if since is None and until is None:
        await _coverage(caller, verdict, tell)
    return verdict


def _tell_part(tell: Tell, offset: int, days: int, part: float) -> None:
    tell("ngày / days", offset + part, days)


async def _roots(caller: Caller) -> tuple[list[AuditSealed], AuditRootsView]:
    roots: list[AuditSealed] = []
    while True:
        page = await caller.call("intake", AuditRoots(after=roots[-1].number if roots else 0), AuditRootsView)
        roots += page.roots
        if not page.more:
            return roots, page


def root_faults(roots: Sequence[AuditSealed], state: AuditRootsView, keys: Sequence[bytes]) -> Iterator[Finding]:
    """Days missing, out of their chain, or signed by somebody else; the number of the last one that others know of.

    A key in use that is none of `keys` is found before it has signed a day.
    """
    if bytes.fromhex(state.public_key) not in keys:
        yield Finding("key-unknown")
    expected, number, previous = state.first_day, 1, domain.NOTHING.hex()
    for root in roots:
        while expected < root.day:
            yield Finding("day-missing", day=expected)
            expected += timedelta(days=1)
            number, previous = number + 1, ""
        if (root.day, root.number) != (expected, number) or (previous and root.previous != previous):
            yield Finding("root-out-of-chain", day=root.day)
        if not any(domain.is_signed(_root(root), key) for key in keys):
            yield Finding("root-forged", day=root.day)
        expected, number, previous = root.day + timedelta(days=1), root.number + 1, root.root
    for lost in range(number, state.announced + 1):
        yield Finding("day-missing", day=expected + timedelta(days=lost - number))
    overdue = domain.day_of(state.now - _PATIENCE)
    while expected < overdue and number > state.announced:
        yield Finding("day-unsealed", day=expected)
        expected += timedelta(days=1)


async def _day(
    caller: Caller, day: date, by_day: dict[date, AuditSealed], verdict: Verdict, tell: Callable[[float], None]
) -> None:
    root = by_day.get(day)
    running, place, entries = domain.root_start(day, bytes.fromhex(root.previous) if root else domain.NOTHING), None, 0
    while True:
        wish = AuditCheck(day=day, running=running.hex())
        if place is not None:
            wish = wish.model_copy(update={"after_entity": place[0], "after_number": place[1]})
        page = await caller.call("intake", wish, AuditCheckView, timeout=_LONG)
        running, place = bytes.fromhex(page.running), (page.last_entity, page.last_number)
        entries += page.entries
        for each in page.findings:
            verdict.add(Finding(each.kind, day=day, entity=each.entity, number=each.number, table=each.table))
        verdict.found += page.found - len(page.findings)
        if not page.more:
            break
        tell(min(entries / root.entries, 1) if root and root.entries else 0)
    verdict.entries += entries
    verdict.days += 1
    if root is not None and (entries != root.entries or running.hex() != root.root):
        verdict.add(Finding("day-changed", day=day, sealed=root.entries, present=entries))


async def _coverage(caller: Caller, verdict: Verdict, tell: Tell) -> None:
    after = 0
    while True:
        page = await caller.call("intake", AuditCoverage(after=after), AuditCoverageView, timeout=_LONG)
        after = page.last
        verdict.events += page.events
        for each in page.findings:
            verdict.add(Finding(each.kind, entity=each.entity, number=each.number))
        verdict.found += page.found - len(page.findings)
        tell("sự kiện / events", after, page.size)
        if not page.more:
            return


async def trail(caller: Caller, case: str) -> AuditTrailView:
    """All entries of a case, or of whatever has this id. Refused: no such case."""
    try:
        wish = AuditTrail(entity=UUID(case))
    except ValueError:
        wish = AuditTrail(case_code=case)
    entries: list[AuditEntry] = []
    findings: list[AuditFinding] = []
    while True:
        after = entries[-1].number if entries else 0
        page = await caller.call("intake", wish.model_copy(update={"after": after}), AuditTrailView)
        entries += page.entries
        findings += page.findings
        if not page.more:
            return page.model_copy(update={"entries": entries, "findings": findings})


def trail_faults(found: AuditTrailView) -> Iterator[Finding]:
    """What is wrong in one entity's chain: hashes are recomputed here, rows by the service."""
    entity, entries = found.entity, found.entries
    chain = [_entry(entity, each) for each in entries]
    for fault in domain.chain_faults(chain, {}):
        yield Finding(fault.kind, entity=entity, number=fault.number)
    for each in entries:
        if each.events and (each.found_events, each.found_digest) != (each.events, each.digest):
            yield Finding("events-changed", entity=entity, number=each.number)
    for row in found.findings:
        yield Finding(row.kind, entity=row.entity, number=row.number, table=row.table)
    told = max((each.to_version for each in entries), default=0)
    for version in range(told + 1, found.last_event + 1):
        yield Finding("event-without-entry", entity=entity, number=version)


def _entry(entity: UUID, shown: AuditEntry) -> Entry:
    values = {name: getattr(shown, name) for name in Entry._fields if name != "entity"}
    hashes = {name: bytes.fromhex(values[name]) for name in ("digest", "previous", "hash")}
    at: datetime = shown.at
    return Entry(entity=entity, **values | hashes | {"at": at})


def _root(told: AuditSealed) -> Root:
    return Root(
        told.number,
        told.day,
        told.entries,
        bytes.fromhex(told.root),
        bytes.fromhex(told.previous),
        bytes.fromhex(told.signature),
        bytes.fromhex(told.public_key),
    )
