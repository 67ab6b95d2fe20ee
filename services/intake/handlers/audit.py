"""Writing the audit, and sealing its days.

Who did it stands in the chain of the case, whatever the act was about that belongs to one: its papers, fees, forms,
complaints, ratings and visits. In the person's chain stands who saw, corrected or erased somebody's data; in the chain
of a kind of reference data (`reference.chain_of`) who drafted, published or withdrew a version.

Fees, kept files, visits, ratings and complaints, of a case or of none, have a chain each as well, under their own ids,
with the digest of their row (`domain.audit_rows`). So `verify` finds a row of theirs that was changed or removed behind
the system's back; of a case, a state, version, place, subject, instant of the way, code or outcome that the entry and
the events do not tell; and a note that is not its entry's reason. It does not cover what the events do not tell of a
case (`applicant`, `act_by`, `moved_at`, `clock_started_at`, `first_due_at`, `started_at`, `extended_at`, `new_due_at`,
`ended_at`, `stop_cause`, `resumes`, `waits`, `rule_version`, `calendar_version`), rows put in without an entry, files
that are still arriving, what people are searched by, numbers at the counter, and the lists of recomputing runs.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from contracts.envelope import Command
from contracts.intake.events.audit import AuditSealed
from contracts.topology import NO_PROVINCE, TOPOLOGY
from services.chassis.database import Database, UnitOfWork
from services.chassis.ids import stable_id, uuid7
from services.chassis.outbox import Origin
from services.intake.domain import audit as domain
from services.intake.domain import audit_rows
from services.intake.domain.audit import Entry, Root, Signer, Step
from services.intake.domain.audit_rows import Row
from services.intake.store import audit as store
from services.intake.store import cases

log = logging.getLogger(__name__)

VERB = {spec.data: spec.verb for spec in TOPOLOGY.calls_of("intake")}
"""What a call is named in the audit."""
ROOTS = stable_id("audit-root")
"""The one entity whose events are the sealed days."""
_LAG_SECONDS = 300


def step(command: Command[Any], action: str, entity: UUID, from_version: int, to_version: int, **more: Any) -> Step:
    """A step that a command takes with one entity. `more`: states, reason, digest, as `Step` has them."""
    who = command.actor
    return Step(entity, who.id, str(who.role), action, command.id, from_version, to_version, **more)


def row_step(command: Command[Any], row: Row) -> Step:
    """The entry in a row's own chain that a command leaves it as it is now. The row is locked, or new."""
    version: int = getattr(row, "version", 1)
    return step(
        command,
        VERB[type(command.data)],
        row.id,
        version,
        version,
        to_state=audit_rows.table_of(row),
        digest=audit_rows.digest(row),
    )


class Trail:
    """The audit as use cases write it."""

    async def record(self, work: UnitOfWork, steps: Sequence[Step]) -> None:
        """Adds one entry for each step, at most one step for an entity, after the step's events were emitted.

        The entities' rows are locked by the caller, or new (`from_version` 0), which makes a look for the end of their
        chain needless. UniqueViolationError: they were neither.
        """
        if not steps:
            return
        at = await work.began()
        rows = work.rows_by_entity()
        known = [each.entity for each in steps if each.from_version > 0]
        heads = await store.heads(work.connection, known) if known else {}
        entries = []
        for each in steps:
            payloads = [
                row.payload for row in rows.get(each.entity, ()) if each.from_version < row.version <= each.to_version
            ]
            digest = domain.digest_of(payloads) if payloads else each.digest or domain.digest_of((each.action,))
            number, previous = heads.get(each.entity, (0, domain.NOTHING))
            entries.append(_entry(each, number + 1, at, len(payloads), digest, previous))
        await store.append(work.connection, entries)

    async def about_cases(
        self,
        work: UnitOfWork,
        command: Command[Any],
        case_ids: Collection[UUID],
        what: str,
        *,
        events_of: UUID | None = None,
        digest: bytes | None = None,
    ) -> None:
        """An entry in each of these cases' chains that a command was about what belongs to them, or showed it.

        The cases stay as they are. They are locked, in the order of their ids; whoever locks or adds what belongs to a
        case as well has locked the case first, or two of them would wait for each other. `events_of`: the entity of
        whose events of this command the digest is (a complaint, a visit); else it is `digest`.
        """
        versions = await cases.locked_versions(work.connection, case_ids)
        if missing := set(case_ids) - set(versions):
            raise AssertionError(f"there is no case {missing} that {what} could belong to")
        if events_of is not None and (rows := work.rows_by_entity().get(events_of)):
            digest = domain.digest_of(row.payload for row in rows)
        action = VERB[type(command.data)]
        await self.record(
            work,
            [
                step(command, action, case, version, version, reason=what, digest=digest)
                for case, version in versions.items()
            ],
        )


def _entry(each: Step, number: int, at: datetime, events: int, digest: bytes, previous: bytes) -> Entry:
    draft = Entry(
        each.entity,
        number,
        at,
        each.actor,
        each.role,
        each.action,
        each.command_id,
        each.from_version,
        each.to_version,
        each.from_state,
        each.to_state,
        each.reason,
        events,
        digest,
        previous,
    )
    return Entry(*draft[:-1], draft.computed_hash())


class Sealer:
    """Seals each finished day, once, whichever replica comes first."""

    def __init__(self, database: Database, signer: Signer, lag_seconds: int = _LAG_SECONDS) -> None:
        self._database = database
        self._signer = signer
        self._lag_seconds = lag_seconds

    async def __call__(self) -> int:
        """Seals what can be sealed; how many days."""
        sealed = 0
        try:
            while await self._seal_next():
                sealed += 1
        except asyncpg.UniqueViolationError:
            log.critical("a day was sealed and told to the others, and its seal is gone: see `tiepsuc audit verify`")
        return sealed

    async def _seal_next(self) -> bool:
        """Read committed, and the lock comes first: what is read after it includes what the last holder sealed."""
        async with self._database.unit_of_work() as work:
            if not await store.try_lock(work.connection):
                return False
            last = await store.last_root(work.connection)
            first = domain.day_of(await store.beginning(work.connection))
            number, day, previous = (
                (last.number + 1, last.day + timedelta(days=1), last.root) if last else (1, first, domain.NOTHING)
            )
            begin, end = domain.bounds(day)
            if not await store.is_over(work.connection, end, self._lag_seconds):
                return False
            running, entries = domain.root_start(day, previous), 0
            span = store.Span(begin if last else None, end)
            async for entity, place, entry_hash in store.day_hashes(work.connection, span):
                running = domain.root_step(running, entity, place, entry_hash)
                entries += 1
            root = Root(number, day, entries, running, previous, public_key=self._signer.public_key)
            sealed = replace(root, signature=self._signer.sign(root))
            await store.add_root(work.connection, sealed)
            work.emit(
                told(sealed),
                entity=ROOTS,
                version=number,
                province=NO_PROVINCE,
                cause=Origin(uuid7()),
            )
        return True


def told(root: Root) -> AuditSealed:
    """A sealed day as others are told of it."""
    return AuditSealed(
        number=root.number,
        day=root.day,
        entries=root.entries,
        root=root.root.hex(),
        previous=root.previous.hex(),
        signature=root.signature.hex(),
        public_key=root.public_key.hex(),
    )
