"""Showing the audit, and recomputing it piece by piece: hashes, chains, and the log that the digests cover."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import asyncpg

from contracts.envelope import Query
from contracts.intake.catalogue import ReferenceKind
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
from contracts.refusals import CommonRefusal, Refused, refuse
from services.chassis.database import Connection
from services.intake.domain import audit as domain
from services.intake.domain.audit import Entry, Fault
from services.intake.handlers.audit import ROOTS, told
from services.intake.handlers.audit_rows import row_faults
from services.intake.reference import chain_of
from services.intake.store import audit as store
from services.worktime.clock import local

AUDITED = frozenset({"case"})
"""Kinds of entities (the second word of their events) each of whose events must have an entry."""

_DOCUMENTS = {chain_of(kind): kind.value for kind in ReferenceKind}

_TRAIL = 500
_ROOTS = 1_000
_LISTED = 100
_BREATH = 1_000


class AuditQueries:
    """Answers by intake's own role, and by the relay's for what stands in the log."""

    def __init__(self, relay_pool: asyncpg.Pool[Any], public_key: bytes, page: int = 20_000) -> None:
        self._relay_pool = relay_pool
        self._public_key = public_key
        self._page = page

    async def trail(self, connection: Connection, query: Query[AuditTrail]) -> AuditTrailView:
        wish = query.data
        entity = wish.entity
        if entity is None and wish.case_code is not None:
            entity = await store.case_of(connection, wish.case_code)
        if entity is None:
            raise _no_such_case("case_code")
        entries = await store.entries_of(connection, entity, wish.after, _TRAIL + 1)
        shown = entries[:_TRAIL]
        async with self._relay_pool.acquire() as relay:
            found = await store.event_digests(relay, [each for each in shown if each.events])
            last_event = await store.last_event(relay, entity)
        if wish.after == 0 and not entries and not last_event and not await store.case_exists(connection, entity):
            raise _no_such_case("entity")
        return AuditTrailView(
            entity=entity,
            last_event=last_event,
            entries=[_shown(each, *found.get((each.entity, each.number), (0, None))) for each in shown],
            more=len(entries) > _TRAIL,
            findings=_listed(await row_faults(connection, shown)),
        )

    async def roots(self, connection: Connection, query: Query[AuditRoots]) -> AuditRootsView:
        roots = await store.roots(connection, query.data.after, _ROOTS + 1)
        now = await store.database_now(connection)
        async with self._relay_pool.acquire() as relay:
            announced = await store.last_event(relay, ROOTS)
        return AuditRootsView(
            first_day=domain.day_of(await store.beginning(connection)),
            today=domain.day_of(now),
            now=local(now),
            announced=announced,
            public_key=self._public_key.hex(),
            roots=[told(each) for each in roots[:_ROOTS]],
            more=len(roots) > _ROOTS,
        )

    async def check(self, connection: Connection, query: Query[AuditCheck]) -> AuditCheckView:
        """The first day takes in whatever says that it is older, and today whatever says that it is younger."""
        wish = query.data
        first = domain.day_of(await store.beginning(connection))
        today = domain.day_of(await store.database_now(connection))
        begin, end = domain.bounds(wish.day)
        span = store.Span(begin if wish.day > first else None, end if wish.day < today else None)
        after = (wish.after_entity, wish.after_number)
        entries = await store.day_page(connection, span, after, self._page)
        running = bytes.fromhex(wish.running)
        for number, entry in enumerate(entries):
            running = domain.root_step(running, entry.entity, entry.number, entry.hash)
            if number % _BREATH == 0:
                await asyncio.sleep(0)
        findings = await self._faults(connection, entries)
        last = (entries[-1].entity, entries[-1].number) if entries else after
        return AuditCheckView(
            entries=len(entries),
            running=running.hex(),
            last_entity=last[0],
            last_number=last[1],
            more=len(entries) == self._page,
            found=len(findings),
            findings=_listed(findings),
        )

    async def _faults(self, connection: Connection, entries: Sequence[Entry]) -> list[Fault]:
        here = set(store.places(entries))
        wanted = {(each.entity, each.number - 1) for each in entries if each.number > 1} - here
        before = await store.hashes_at(connection, wanted) if wanted else {}
        faults: list[Fault] = []
        for start in range(0, len(entries), _BREATH):
            piece = entries[start : start + _BREATH]
            known = before | {(e.entity, e.number): e.hash for e in entries[start - 1 : start]}
            faults += domain.chain_faults(piece, known)
            await asyncio.sleep(0)
        of_log = [each for each in entries if each.events]
        if of_log:
            async with self._relay_pool.acquire() as relay:
                found = await store.event_digests(relay, of_log)
            faults += [
                Fault("events-changed", each.entity, each.number)
                for each in of_log
                if found.get((each.entity, each.number)) != (each.events, each.digest)
            ]
        changes = [each for each in entries if not each.events and each.to_version > each.from_version]
        if changes:
            others = await store.other_details(connection, changes)
            faults += [Fault("record-changed", e.entity, e.number) for e in _last(changes) if e.entity in others]
        documents = [each for each in changes if each.entity in _DOCUMENTS]
        if documents:
            changed = await store.other_documents(connection, documents, _DOCUMENTS)
            faults += [Fault("record-changed", *place) for place in sorted(changed)]
        return faults + await row_faults(connection, entries)

    async def coverage(self, connection: Connection, query: Query[AuditCoverage]) -> AuditCoverageView:
        """The log is read first: what the audit holds of it was committed with it."""
        async with self._relay_pool.acquire() as relay:
            rows = await store.log_page(relay, query.data.after, self._page)
            size = await store.log_size(relay)
        began = await store.beginning(connection)
        events = [
            (row["entity"], row["version"])
            for row in rows
            if row["subject"].split(".")[2] in AUDITED and row["created_at"] >= began
        ]
        lacking = await store.unaudited(connection, events) if events else []
        return AuditCoverageView(
            events=len(events),
            last=rows[-1]["id"] if rows else query.data.after,
            size=size,
            more=len(rows) == self._page,
            found=len(lacking),
            findings=_listed(Fault("event-without-entry", *place) for place in lacking),
        )


def _no_such_case(field: str) -> Refused:
    """Nothing bears this code or id, and nothing that happened to it is known."""
    return refuse(
        CommonRefusal.NOT_FOUND,
        "Không có hồ sơ này; hãy cho mã hồ sơ hoặc định danh.",
        "There is no such case; tell a case code or an id.",
        field=field,
    )


def _last(entries: Iterable[Entry]) -> Iterable[Entry]:
    """The last of each entity's entries, which is the one that its present version was compared with."""
    return {entry.entity: entry for entry in entries}.values()


def _listed(faults: Iterable[Fault]) -> list[AuditFinding]:
    return [AuditFinding(**each._asdict()) for each in [*faults][:_LISTED]]


def _shown(entry: Entry, found_events: int, found_digest: bytes | None) -> AuditEntry:
    values = entry._asdict() | {"at": local(entry.at)}
    del values["entity"]
    hashes = {name: values.pop(name).hex() for name in ("digest", "previous", "hash")}
    return AuditEntry(
        **values, **hashes, found_events=found_events, found_digest=found_digest.hex() if found_digest else None
    )
