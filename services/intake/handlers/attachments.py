"""Files of a case: announced, sent in pieces, checked, kept; read again; swept when they never became whole.

The file is on the disk before its row says so; what a crash leaves between the two is a file without a row, which
the sweep takes away. A row without its file there never is.

Whatever changes what a case has is an entry in its chain (who, when, which file, why), and so is each look at a file or
at their names. Everybody locks the case first and then the file; nobody reads or writes a file meanwhile.
"""

import asyncio
import base64
import binascii
import hashlib
import logging
import secrets
from dataclasses import replace
from typing import Any
from uuid import UUID

from contracts.envelope import Command, Query
from contracts.intake.commands.attachments import (
    PIECE_BYTES,
    AddAttachmentPiece,
    AttachmentProgress,
    BeginAttachment,
    FinishAttachment,
    RemoveAttachment,
)
from contracts.intake.queries.attachments import (
    AttachmentPiece,
    AttachmentPieceView,
    Attachments,
    AttachmentsView,
    AttachmentView,
    ListAttachments,
)
from contracts.intake.refusals import IntakeRefusal
from contracts.refusals import CommonRefusal, Refused, refuse
from services.chassis.database import Connection, UnitOfWork
from services.intake.domain import attachments as domain
from services.intake.domain.attachments import Attachment
from services.intake.domain.audit import digest_of
from services.intake.handlers.audit import Trail, row_step
from services.intake.handlers.file_keys import KeyGone, KeyWrapper, opened_name, sealed_name, unwrap
from services.intake.settings import IntakeSettings
from services.intake.store import attachments as store
from services.intake.store.files import Damaged, Files, content_mac
from services.worktime.clock import Clock

log = logging.getLogger(__name__)


class AttachmentHandlers:
    """Commands and queries about files. `mac_key` keys the digests by which equal contents are found."""

    def __init__(
        self, files: Files, keys: KeyWrapper, mac_key: bytes, trail: Trail, settings: IntakeSettings, clock: Clock
    ) -> None:
        self._files = files
        self._keys = keys
        self._mac_key = mac_key
        self._trail = trail
        self._settings = settings
        self._clock = clock
        self._whole_files = asyncio.Semaphore(2)  # each is in memory as a whole while it is checked

    async def begin(self, work: UnitOfWork, command: Command[BeginAttachment]) -> AttachmentProgress:
        """What only goes on with a file that was begun before changes nothing, and is no entry.

        Whoever's case it is is looked at first: of somebody erased, nothing is kept, and nothing is told.
        """
        wish = command.data
        name = domain.clean_name(wish.name)
        media_type = domain.check_wish(name, wish.media_type, wish.size, self._settings.attachment_max_bytes)
        if not await store.lock_case(work.connection, wish.case_id):
            raise _no_such_case()
        key = secrets.token_bytes(32)
        wrapped = await self._keys.wrap(work.connection, key, wish.case_id)  # refused: the person was erased
        mac = content_mac(self._mac_key, wish.sha256)
        if (same := await store.same_content(work.connection, wish.case_id, mac)) and same.size == wish.size:
            if same.kept_at is None and same.received == same.size and same.id != wish.attachment_id:
                await store.received(work.connection, same.id, 0)  # all of it came, and was not good: from the start
                await self._record(work, command, same, "from the start")
                return AttachmentProgress(attachment_id=same.id, received=0, size=same.size)
            return _progress(same)
        if await store.by_id(work.connection, wish.attachment_id):
            raise refuse(
                CommonRefusal.VERSION_CONFLICT,
                "Mã tệp này đã dùng cho tệp khác.",
                "This id stands for another file.",
                field="attachment_id",
            )
        together = await store.size_of_case(work.connection, wish.case_id) + wish.size
        if together > self._settings.case_attachments_max_bytes:
            raise domain.too_large(together, self._settings.case_attachments_max_bytes)
        new = Attachment(
            id=wish.attachment_id,
            case_id=wish.case_id,
            sealed_name=sealed_name(key, wish.attachment_id, name),
            media_type=media_type,
            kind=wish.kind,
            size=wish.size,
            content_mac=mac,
            wrapped_key=wrapped,
            digitised_by=command.actor.role,
            begun_at=self._clock.now(),
        )
        await store.insert(work.connection, new)
        await self._record(work, command, new)
        return _progress(new)

    async def add_piece(self, work: UnitOfWork, command: Command[AddAttachmentPiece]) -> AttachmentProgress:
        offset, content = command.data.offset, _decoded(command.data.content)
        known = await self._load(work.connection, command.data.attachment_id, lock=True)
        if known.kept_at or offset + len(content) <= known.received:
            return _progress(known)
        if offset != known.received or offset + len(content) > known.size:
            raise refuse(
                IntakeRefusal.WRONG_OFFSET,
                f"Đã nhận {known.received} trong {known.size} byte; hãy gửi tiếp từ byte {known.received}.",
                f"{known.received} of {known.size} bytes have arrived; go on from byte {known.received}.",
                field="offset",
                received=known.received,
            )
        key = await self._key(work.connection, known)
        await asyncio.to_thread(self._files.add_piece, known.id, key, offset, content)
        received = offset + len(content)
        await store.received(work.connection, known.id, received)
        return AttachmentProgress(attachment_id=known.id, received=received, size=known.size)

    async def finish(self, work: UnitOfWork, command: Command[FinishAttachment]) -> AttachmentProgress:
        """The file is checked before anything is locked, and is good then whatever else has happened to its row."""
        known = await self._load(work.connection, command.data.attachment_id)
        key = await self._key(work.connection, known)
        if known.kept_at:
            return _progress(known)
        if known.received < known.size:
            raise refuse(
                IntakeRefusal.WRONG_OFFSET,
                f"Mới nhận {known.received} trong {known.size} byte; hãy gửi nốt.",
                f"Only {known.received} of {known.size} bytes have arrived; send the rest.",
                field="attachment_id",
                received=known.received,
            )
        same = await self._same(work.connection, known)
        if same and same.kept_at:
            return _progress(same)  # somebody else was quicker; the sweep takes ours away
        async with self._whole_files:
            stored = await asyncio.to_thread(self._check_and_keep, known, key)
        try:
            known = await self._locked(work.connection, known)
            same = await self._same(work.connection, known)
        except Refused:
            await asyncio.to_thread(self._files.remove, stored)
            raise
        if same and same.kept_at:
            await asyncio.to_thread(self._files.remove, stored)  # which nobody else has: its bytes are no others'
            return _progress(same)
        now = self._clock.now()
        await store.keep(work.connection, known.id, stored, now)
        await self._record(work, command, known, digest=bytes.fromhex(stored))
        kept = replace(known, stored_sha256=stored, kept_at=now)
        await self._trail.record(work, [row_step(command, kept)])
        return AttachmentProgress(attachment_id=known.id, received=known.size, size=known.size, kept_at=now)

    def _check_and_keep(self, known: Attachment, key: bytes) -> str:
        try:
            content = self._files.pieces(known.id, key, known.size)
        except Damaged as error:
            log.error("a piece was lost: %s", error)  # noqa: TRY400 - where it happened says nothing
            raise _wrong_content() from error
        if content_mac(self._mac_key, hashlib.sha256(content).hexdigest()) != known.content_mac:
            raise _wrong_content()
        domain.check_content(known.media_type, content)
        return self._files.keep(known.id, key, content)

    async def remove(self, work: UnitOfWork, command: Command[RemoveAttachment]) -> AttachmentProgress:
        reason = domain.reason_to_remove(command.data.reason)
        known = await self._locked(work.connection, await self._load(work.connection, command.data.attachment_id))
        now = self._clock.now()
        await store.remove(work.connection, known.id, now, command.actor.id)
        await self._record(work, command, known, reason)
        if known.kept_at:  # what never became whole is swept, row and all
            gone = replace(known, removed_at=now, removed_by=command.actor.id)
            await self._trail.record(work, [row_step(command, gone)])
        return AttachmentProgress(
            attachment_id=known.id, received=known.received, size=known.size, kept_at=known.kept_at, removed_at=now
        )

    async def of_case(self, connection: Connection, query: Query[Attachments]) -> AttachmentsView:
        """Under names that name nobody: a query could not write the audit."""
        found = await store.of_case(connection, query.data.case_id)
        return AttachmentsView(attachments=[_view(number, each) for number, each in found])

    async def list_named(self, work: UnitOfWork, command: Command[ListAttachments]) -> AttachmentsView:
        """Under the names they were sent under, as long as whoever's case it is was not erased."""
        case_id = command.data.case_id
        if not await store.lock_case(work.connection, case_id):
            raise _no_such_case()
        found = await store.of_case(work.connection, case_id)
        keys = await self._keys.unwrap_all(work.connection, [each.wrapped_key for _, each in found], case_id)
        await self._trail.about_cases(work, command, [case_id], f"{len(found)} files")
        return AttachmentsView(
            attachments=[
                _view(number, each, opened_name(key, each.id, each.sealed_name) if key else None)
                for (number, each), key in zip(found, keys, strict=True)
            ]
        )

    async def piece(self, work: UnitOfWork, command: Command[AttachmentPiece]) -> AttachmentPieceView:
        """A command, since whoever looks at a case's papers is written to its audit."""
        wish = command.data
        known = await self._load(work.connection, wish.attachment_id)
        if known.stored_sha256 is None:
            raise _not_found()
        key = await self._key(work.connection, known)
        try:
            content = await asyncio.to_thread(
                self._files.read, known.id, key, known.stored_sha256, wish.offset, wish.length
            )
        except Damaged as error:
            log.error("a file was lost: %s", error)  # noqa: TRY400
            raise refuse(
                IntakeRefusal.WRONG_CONTENT,
                "Tệp lưu giữ bị mất hoặc bị thay đổi; hãy báo người quản trị khôi phục từ bản sao lưu.",
                "The stored file is lost or was changed; the operator has to restore it from the backup.",
                field="attachment_id",
            ) from error
        await self._trail.about_cases(work, command, [known.case_id], f"{known.id}, {wish.offset}")
        return AttachmentPieceView(offset=wish.offset, size=known.size, content=base64.b64encode(content).decode())

    async def _same(self, connection: Connection, known: Attachment) -> Attachment | None:
        if known.content_mac is None:
            return None
        return await store.same_content(connection, known.case_id, known.content_mac)

    async def _load(self, connection: Connection, id: UUID, *, lock: bool = False) -> Attachment:
        known = await store.by_id(connection, id, lock=lock)
        if known is None or known.removed_at:
            raise _not_found()
        return known

    async def _key(self, connection: Connection, known: Attachment) -> bytes:
        try:
            return await unwrap(self._keys, connection, known.wrapped_key, known.case_id)
        except KeyGone as error:
            raise _not_found() from error

    async def _locked(self, connection: Connection, known: Attachment) -> Attachment:
        """A file and its case, locked. Refused: it was removed, or swept, meanwhile."""
        await store.lock_case(connection, known.case_id)
        return await self._load(connection, known.id, lock=True)

    async def _record(
        self, work: UnitOfWork, command: Command[Any], file: Attachment, why: str = "", *, digest: bytes | None = None
    ) -> None:
        """The entry in the case's chain. Which file it is, its id says, and never its name."""
        what = f"{file.id}, {file.kind}, {file.media_type}, {file.size} bytes"
        await self._trail.about_cases(
            work, command, [file.case_id], f"{what}: {why}" if why else what, digest=digest or digest_of((what,))
        )


def _progress(known: Attachment) -> AttachmentProgress:
    return AttachmentProgress(attachment_id=known.id, received=known.received, size=known.size, kept_at=known.kept_at)


def _view(number: int, file: Attachment, name: str | None = None) -> AttachmentView:
    if file.kept_at is None:
        raise AssertionError("what is not kept is not shown")
    return AttachmentView(
        attachment_id=file.id,
        name=name or domain.neutral_name(file, number),
        named=name is not None,
        media_type=file.media_type,
        kind=file.kind,
        size=file.size,
        digitised_by=file.digitised_by,
        kept_at=file.kept_at,
    )


def _no_such_case() -> Refused:
    return refuse(CommonRefusal.NOT_FOUND, "Không có hồ sơ này.", "There is no such case.", field="case_id")


def _decoded(content: str) -> bytes:
    try:
        decoded = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if not 0 < len(decoded) <= PIECE_BYTES:
        raise refuse(
            CommonRefusal.INVALID,
            f"content phải là base64 của 1 đến {PIECE_BYTES} byte.",
            f"content must be base64 of 1 to {PIECE_BYTES} bytes.",
            field="content",
        )
    return decoded


def _not_found() -> Refused:
    return refuse(CommonRefusal.NOT_FOUND, "Không có tệp này.", "There is no such file.", field="attachment_id")


def _wrong_content() -> Refused:
    return refuse(
        IntakeRefusal.WRONG_CONTENT,
        "Nội dung nhận được khác với tệp đã khai; hãy gửi lại từ đầu với mã tệp mới.",
        "What arrived is not the file that was announced; send it again from the start, under a new id.",
        field="sha256",
    )
