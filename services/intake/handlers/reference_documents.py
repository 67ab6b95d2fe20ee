"""Drafting and publishing reference data: a document is judged whole, and whoever publishes second is told so."""

import hashlib
import logging
from typing import Any
from uuid import UUID

import asyncpg

from contracts.envelope import Command, Query
from contracts.intake.catalogue import KIND_NAMES, MAX_DOCUMENT, DocumentStatus, ReferenceKind
from contracts.intake.commands.catalogue import (
    DraftReference,
    PublishReference,
    ReferenceDrafted,
    ReferenceMoved,
    WithdrawDraft,
)
from contracts.intake.queries.catalogue import (
    DocumentLine,
    ReferenceDocument,
    ReferenceDocuments,
    ReferenceDocumentsView,
    ReferenceDocumentView,
)
from contracts.intake.refusals import IntakeRefusal
from contracts.refusals import CommonRefusal, Refused, refuse
from contracts.roles import Role
from services.chassis.database import Connection, Database, UnitOfWork
from services.chassis.ids import uuid7
from services.chassis.outbox import Origin
from services.intake.domain.audit import Step
from services.intake.domain.reference_documents import diff, vanished
from services.intake.domain.tables import BadData, Fault
from services.intake.handlers.audit import VERB, Trail, step
from services.intake.handlers.catalogue import announce
from services.intake.reference import Reference, chain_of, shipped
from services.intake.store import recompute
from services.intake.store import reference_documents as store
from services.intake.store.rows import in_zone
from services.worktime.clock import Clock

log = logging.getLogger(__name__)

SHIPPED = "shipped"
"""Who publishes what the package brings."""
_MOVES_DEADLINES = frozenset({ReferenceKind.DAYS, ReferenceKind.CALENDARS})
_FAULTS_TOLD = 200


class ReferenceDocumentHandlers:
    """Commands and questions about documents."""

    def __init__(self, trail: Trail, clock: Clock) -> None:
        self._trail = trail
        self._clock = clock

    async def draft(self, work: UnitOfWork, command: Command[DraftReference]) -> ReferenceDrafted:
        wish = command.data
        _check_text(wish.content)
        await store.lock(work.connection, wish.kind)
        base = await store.in_force(work.connection, wish.kind)
        _, contents = await store.all_in_force(work.connection)
        before = base.content if base else None
        _judge(wish.kind, contents, before, wish.content)
        version = await store.add_draft(
            work.connection,
            wish.kind,
            wish.content,
            _sha256(wish.content),
            wish.note,
            base.version if base else None,
            command.actor.id,
        )
        await self._record(work, command, version, wish.content, "", DocumentStatus.DRAFT, wish.note, new=True)
        return ReferenceDrafted(
            kind=wish.kind,
            version=version,
            base=base.version if base else None,
            diff=diff(wish.kind, before, wish.content),
        )

    async def publish(self, work: UnitOfWork, command: Command[PublishReference]) -> ReferenceMoved:
        """Of two drafts of one base the second has to be drafted again: it does not know what the first changed."""
        wish = command.data
        await store.wait_to_publish(work.connection)
        await store.lock(work.connection, wish.kind)
        draft = await _draft(work.connection, wish.kind, wish.version)
        base = await store.in_force(work.connection, wish.kind)
        current = base.version if base else None
        if draft.base != current or (command.expected_version is not None and command.expected_version != current):
            raise refuse(
                CommonRefusal.VERSION_CONFLICT,
                f"Bản đang có hiệu lực là {current}, không phải bản mà dự thảo dựa vào ({draft.base}); "
                "hãy xuất bản hiện hành, sửa lại rồi soạn dự thảo mới.",
                f"Version {current} is in force, not the one that the draft was based on ({draft.base}); "
                "export what is in force, make your changes there, and draft it anew.",
                field="version",
                version=current,
            )
        _, contents = await store.all_in_force(work.connection)
        reference = _judge(wish.kind, contents, base.content if base else None, draft.content)
        note = wish.note or draft.note
        await store.publish(work.connection, wish.kind, wish.version, note, command.actor.id, self._clock.now())
        await self._record(
            work, command, wish.version, draft.content, DocumentStatus.DRAFT, DocumentStatus.PUBLISHED, note
        )
        events = await announce(work, reference, self._clock.now().date(), command)
        run = None
        if wish.kind in _MOVES_DEADLINES:
            run = await _request_recompute(work, wish.kind, wish.version, note, command.actor.id, self._clock)
        return ReferenceMoved(
            kind=wish.kind, version=wish.version, status=DocumentStatus.PUBLISHED, events=events, recompute=run
        )

    async def withdraw(self, work: UnitOfWork, command: Command[WithdrawDraft]) -> ReferenceMoved:
        wish = command.data
        await store.lock(work.connection, wish.kind)
        draft = await _draft(work.connection, wish.kind, wish.version)
        await store.withdraw(work.connection, wish.kind, wish.version)
        await self._record(
            work, command, wish.version, draft.content, DocumentStatus.DRAFT, DocumentStatus.WITHDRAWN, draft.note
        )
        return ReferenceMoved(kind=wish.kind, version=wish.version, status=DocumentStatus.WITHDRAWN)

    async def _record(
        self,
        work: UnitOfWork,
        command: Command[Any],
        version: int,
        content: str,
        from_state: str,
        to_state: str,
        note: str,
        *,
        new: bool = False,
    ) -> None:
        """The entry in the chain of the kind, over the content of the version."""
        taken = step(
            command,
            VERB[type(command.data)],
            chain_of(command.data.kind),
            version - new,
            version,
            from_state=from_state,
            to_state=to_state,
            reason=note or None,
            digest=bytes.fromhex(_sha256(content)),
        )
        await self._trail.record(work, [taken])

    async def versions(self, connection: Connection, query: Query[ReferenceDocuments]) -> ReferenceDocumentsView:
        rows = await store.versions(connection, query.data.kind, query.data.limit)
        return ReferenceDocumentsView(state=await store.state(connection), documents=[_line(row) for row in rows])

    async def content(self, connection: Connection, query: Query[ReferenceDocument]) -> ReferenceDocumentView:
        row = await store.content(connection, query.data.kind, query.data.version)
        if row is None:
            raise _not_found()
        return ReferenceDocumentView(document=_line(row), content=row["content"])


class ShippedDocuments:
    """At start: publishes what the package brings, where nobody else has published.

    A newer package's documents follow those of an older one; an older package, started again, takes nothing back.
    """

    def __init__(self, database: Database, trail: Trail, clock: Clock) -> None:
        self._database = database
        self._trail = trail
        self._clock = clock

    async def __call__(self) -> None:
        async with self._database.unit_of_work() as work:
            await store.wait_to_publish(work.connection)
            _, before = await store.all_in_force(work.connection)
            new = {kind: shipped(kind) for kind in ReferenceKind if await self._follows(work.connection, kind)}
            try:
                reference = Reference.of({**before, **new})
                if gone := [fault for kind in new for fault in vanished(kind, before.get(kind), new[kind])]:
                    raise BadData(gone)
            except BadData as bad:
                if before.keys() != set(ReferenceKind):
                    raise
                log.error("what the package brings does not fit what is in force, which stays: %s", bad)  # noqa: TRY400
                return
            for kind, content in new.items():
                await self._publish(work, kind, content)
            await announce(work, reference, self._clock.now().date(), Origin(uuid7()))

    async def _follows(self, connection: Connection, kind: ReferenceKind) -> bool:
        """Whether the package's document is new, and nobody's work stands in its place."""
        if await store.known(connection, kind, _sha256(shipped(kind))):
            return False
        if await store.edited(connection, kind, SHIPPED):
            log.warning(
                "%s: the package brings another version; the one that an administrator published stays. "
                "Compare: tiepsuc catalogue export",
                kind,
            )
            return False
        return True

    async def _publish(self, work: UnitOfWork, kind: ReferenceKind, content: str) -> None:
        note = "Theo gói cài đặt / as the package brings it"
        await store.lock(work.connection, kind)
        base = await store.in_force(work.connection, kind)
        version = await store.add_draft(
            work.connection, kind, content, _sha256(content), note, base.version if base else None, SHIPPED
        )
        await store.publish(work.connection, kind, version, note, SHIPPED, self._clock.now())
        digest = bytes.fromhex(_sha256(content))
        taken = Step(
            chain_of(kind),
            SHIPPED,
            str(Role.OPERATOR),
            VERB[PublishReference],
            uuid7(),
            version - 1,
            version,
            to_state=DocumentStatus.PUBLISHED,
            reason=note,
            digest=digest,
        )
        await self._trail.record(work, [taken])
        log.info("%s: version %d is what the package brings", kind, version)
        if kind in _MOVES_DEADLINES:
            # Also the first time: cases of a time before documents may have been accepted under an older package.
            await _request_recompute(work, kind, version, note, SHIPPED, self._clock)


async def _draft(connection: Connection, kind: ReferenceKind, version: int) -> store.Document:
    document = await store.held(connection, kind, version)
    if document is None:
        raise _not_found()
    if document.status is not DocumentStatus.DRAFT:
        raise refuse(
            IntakeRefusal.NOT_A_DRAFT,
            f"Bản {version} không còn là dự thảo ({document.status}).",
            f"Version {version} is no draft any more ({document.status}).",
            field="version",
            status=document.status,
        )
    return document


def _judge(kind: ReferenceKind, contents: dict[ReferenceKind, str], before: str | None, after: str) -> Reference:
    """The reference data as they would be. Refused: with all that is wrong, by line and column."""
    try:
        reference = Reference.of({**contents, kind: after})
    except BadData as bad:
        raise _bad(kind, bad.faults) from bad
    if gone := vanished(kind, before, after):
        raise _bad(kind, gone)
    return reference


def _bad(kind: ReferenceKind, faults: list[Fault] | tuple[Fault, ...]) -> Refused:
    first = faults[0]
    more_vi = f" (và {len(faults) - 1} lỗi khác)" if len(faults) > 1 else ""
    more_en = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return refuse(
        IntakeRefusal.BAD_REFERENCE,
        f"{first.place(', dòng', ', cột')}: {first.reason_vi}{more_vi}",
        f"{first.place(', line', ', column')}: {first.reason_en}{more_en}",
        field="content",
        kind=kind,
        total=len(faults),
        faults=[
            {
                "file": fault.file,
                "line": fault.line,
                "column": fault.column,
                "reason_vi": fault.reason_vi,
                "reason_en": fault.reason_en,
            }
            for fault in faults[:_FAULTS_TOLD]
        ],
    )


def _check_text(content: str) -> None:
    """Refused: too large, or with what no text has."""
    if len(content.encode()) > MAX_DOCUMENT:
        raise refuse(
            CommonRefusal.TOO_LARGE,
            f"Tài liệu lớn hơn {MAX_DOCUMENT:,} byte; hãy rút gọn ghi chú.",
            f"The document is larger than {MAX_DOCUMENT:,} bytes; shorten its notes.",
            field="content",
        )
    if "\x00" in content:
        raise refuse(
            CommonRefusal.INVALID,
            "Nội dung không phải văn bản (có ký tự NUL); hãy lưu dạng CSV UTF-8.",
            "The content is no text (it has a NUL); save it as CSV UTF-8.",
            field="content",
        )


async def _request_recompute(
    work: UnitOfWork, kind: ReferenceKind, version: int, note: str, by: str, clock: Clock
) -> UUID:
    run = uuid7()
    await recompute.request(
        work.connection,
        run,
        f"Lịch làm việc thay đổi ({KIND_NAMES[kind][0]}, bản {version}): {note}",
        f"The working calendar has changed ({KIND_NAMES[kind][1]}, version {version}): {note}",
        by,
        clock.now(),
    )
    return run


def _line(row: asyncpg.Record) -> DocumentLine:
    return DocumentLine(**in_zone(row))


def _sha256(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def _not_found() -> Refused:
    return refuse(CommonRefusal.NOT_FOUND, "Không có bản này.", "There is no such version.", field="version")
