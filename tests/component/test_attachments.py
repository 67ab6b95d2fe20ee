"""Files of a case: whole and kept, or refused and not there; on a real database and a real disk."""

from __future__ import annotations

import asyncio
import base64
import errno
import hashlib
import io
import os
import secrets
import stat
import threading
import zipfile
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from contracts.intake.commands.attachments import (
    PIECE_BYTES,
    AddAttachmentPiece,
    BeginAttachment,
    FinishAttachment,
    RemoveAttachment,
)
from contracts.intake.commands.cases import SubmitCase
from contracts.intake.queries.attachments import AttachmentPiece, Attachments, ListAttachments
from contracts.intake.vocabulary import Channel
from contracts.refusals import Refused
from contracts.roles import Role
from contracts.topology import TOPOLOGY
from services.chassis.calls import Calls
from services.chassis.database import Connection, Database
from services.chassis.errors import Fault, Misconfigured, fault_of
from services.chassis.ids import uuid7
from services.intake import consumers
from services.intake.domain import attachments as domain
from services.intake.domain.attachments import Attachment
from services.intake.domain.audit import Entry, chain_faults
from services.intake.handlers.attachment_sweep import AttachmentSweep
from services.intake.handlers.attachments import AttachmentHandlers
from services.intake.handlers.documents import DocumentHandlers
from services.intake.handlers.file_keys import SecretWrapper, derived, unwrap
from services.intake.settings import IntakeSettings
from services.intake.store import attachments as attachment_store
from services.intake.store import audit as audit_store
from services.intake.store.files import Files
from services.worktime.clock import FrozenClock
from tests.component.ground import CLOCK, answer, command, ground, query
from tests.component.intake import BOOK, PEOPLE, TRAIL, answer_cases

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "x8Kd-2mQp7Rt_Vb5Nc9Lw4Hs6Jf1Za3Ye0Gu"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"


@dataclass
class Place:
    """Intake's calls over a directory of files."""

    calls: Calls
    database: Database
    root: Path
    files: Files
    handlers: AttachmentHandlers

    def stored(self) -> list[Path]:
        return [path for path in self.root.glob("??/??/*") if path.is_file()]

    async def sweep(self, *, orphaned: float = 0, later: timedelta = timedelta()) -> tuple[int, int, int]:
        return await AttachmentSweep(self.database, self.files, FrozenClock(CLOCK.now() + later), orphaned)()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database() -> AsyncIterator[Database]:
    async with ground() as here:
        yield await here.database("intake")


@pytest_asyncio.fixture(loop_scope="module")
async def place(database: Database, tmp_path: Path) -> AsyncIterator[Place]:
    root = tmp_path / "attachments"
    settings = IntakeSettings(secrets_dir=tmp_path, attachments_dir=root, case_attachments_max_bytes=30_000_000)
    files = Files(root)
    files.prepare()
    calls = answer_cases(Calls("intake", database, TOPOLOGY, CLOCK))
    handlers = AttachmentHandlers(files, SecretWrapper(SECRET), derived(SECRET, b"contents"), TRAIL, settings, CLOCK)
    consumers.register_documents(calls, handlers, DocumentHandlers(BOOK, PEOPLE, TRAIL, settings, CLOCK))
    yield Place(calls, database, root, files, handlers)
    await database.pool.execute("delete from attachment")


@pytest_asyncio.fixture(loop_scope="module")
async def case(place: Place) -> UUID:
    id = uuid7()
    wish = SubmitCase(
        case_id=id, receiving_unit="31570", deciding_unit="31570", procedure="1.001193", channel=Channel.DIRECT
    )
    assert (await answer(place.calls, command(wish))).refusal is None
    return id


def pdf(size: int) -> bytes:
    return b"%PDF-1.7\n" + secrets.token_bytes(size) + b"\n%%EOF\n"


def package(*members: str, **contents: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name in members:
            file.writestr(name, b"<x/>" * 20)
        for name, content in contents.items():
            file.writestr(name.replace("__", "/"), content)
    return made.getvalue()


def announced(case: UUID, content: bytes, **more: Any) -> BeginAttachment:
    fields: dict[str, Any] = {
        "attachment_id": uuid7(),
        "case_id": case,
        "name": "Tờ khai.pdf",
        "media_type": "application/pdf",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return BeginAttachment(**fields | more)


async def ask(place: Place, data: Any, role: Role = Role.RECEIVING_OFFICER) -> Any:
    call = query if type(data) is Attachments else command
    return await answer(place.calls, call(data, role=role))


async def send(place: Place, id: UUID, content: bytes, start: int = 0) -> None:
    for at in range(start, len(content), PIECE_BYTES):
        piece = base64.b64encode(content[at : at + PIECE_BYTES]).decode()
        reply = await ask(place, AddAttachmentPiece(attachment_id=id, offset=at, content=piece))
        assert reply.refusal is None, reply.refusal


async def upload(place: Place, case: UUID, content: bytes, **more: Any) -> Any:
    reply = await ask(place, announced(case, content, **more))
    if reply.refusal is not None or reply.result.get("kept_at"):
        return reply
    await send(place, UUID(reply.result["attachment_id"]), content)
    return await ask(place, FinishAttachment(attachment_id=UUID(reply.result["attachment_id"])))


async def upload_as_told(place: Place, case: UUID, content: bytes) -> Any:
    """As a client does that others may be quicker than: it goes on from where intake says."""
    reply = await ask(place, announced(case, content))
    assert reply.refusal is None, reply.refusal
    id, received = UUID(reply.result["attachment_id"]), reply.result["received"]
    while not (reply.result and reply.result.get("kept_at")):
        wish: Any = FinishAttachment(attachment_id=id)
        if received < len(content):
            piece = base64.b64encode(content[received : received + PIECE_BYTES]).decode()
            wish = AddAttachmentPiece(attachment_id=id, offset=received, content=piece)
        reply = await ask(place, wish)
        assert reply.refusal is None or reply.refusal.code == "wrong-offset", reply.refusal
        received = (reply.result or reply.refusal.details)["received"]
    return reply


async def download(place: Place, id: UUID, length: int = PIECE_BYTES) -> bytes:
    content = b""
    while True:
        reply = await ask(place, AttachmentPiece(attachment_id=id, offset=len(content), length=length))
        assert reply.refusal is None, reply.refusal
        if not reply.result["content"]:
            return content
        content += base64.b64decode(reply.result["content"])


async def test_a_paper_is_kept_encrypted_and_comes_back_as_it_was(place: Place, case: UUID) -> None:
    content = pdf(1_300_000)
    reply = await upload(place, case, content, name="../../etc/Tờ khai.pdf")
    assert reply.refusal is None
    (stored,) = place.stored()
    kept = stored.read_bytes()
    assert stored.name == hashlib.sha256(kept).hexdigest()
    assert stored.parent == place.root / stored.name[:2] / stored.name[2:4]
    assert content[2_000:2_032] not in kept
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in stored.parents[:2]} == {0o700}
    id = UUID(reply.result["attachment_id"])
    assert await download(place, id) == content
    assert await download(place, id, length=99_999) == content
    for wish, name in (
        (ListAttachments(case_id=case), "Tờ khai.pdf"),
        (Attachments(case_id=case), "giay-to-1.pdf"),
    ):
        (each,) = (await ask(place, wish)).result["attachments"]
        assert (each["name"], each["size"], each["digitised_by"]) == (name, len(content), "receiving_officer")
        assert each["named"] == (name == "Tờ khai.pdf")
    assert (await place.sweep())[1:] == (1, 0)
    assert list((place.root / "incoming").iterdir()) == []
    assert place.stored() == [stored]


async def test_an_upload_goes_on_where_it_stopped(place: Place, case: UUID) -> None:
    content = pdf(1_200_000)
    first = announced(case, content)
    assert (await ask(place, first)).refusal is None
    await send(place, first.attachment_id, content[:PIECE_BYTES])
    again = await ask(place, announced(case, content))  # another try, after a crash of the sender, under a new id
    assert again.result == {
        "attachment_id": str(first.attachment_id),
        "received": PIECE_BYTES,
        "size": len(content),
    }
    early = await ask(place, FinishAttachment(attachment_id=first.attachment_id))
    assert (early.refusal.code, early.refusal.details) == ("wrong-offset", {"received": PIECE_BYTES})
    hole = AddAttachmentPiece(attachment_id=first.attachment_id, offset=2 * PIECE_BYTES, content="AAAA")
    assert (await ask(place, hole)).refusal.code == "wrong-offset"
    await send(place, first.attachment_id, content[:PIECE_BYTES])  # what has arrived already changes nothing
    await send(place, first.attachment_id, content, PIECE_BYTES)
    reply = await ask(place, FinishAttachment(attachment_id=first.attachment_id))
    assert reply.refusal is None
    assert await download(place, first.attachment_id) == content
    again = await ask(place, FinishAttachment(attachment_id=first.attachment_id))
    assert datetime.fromisoformat(again.result["kept_at"]) == datetime.fromisoformat(reply.result["kept_at"])


async def test_other_content_than_announced_is_refused_and_can_be_sent_anew(place: Place, case: UUID) -> None:
    content = pdf(2_000)
    wish = announced(case, content)
    assert (await ask(place, wish)).refusal is None
    await send(place, wish.attachment_id, content[:-1] + b"x")
    refusal = (await ask(place, FinishAttachment(attachment_id=wish.attachment_id))).refusal
    assert (refusal.code, refusal.field) == ("wrong-content", "sha256")
    assert place.stored() == []
    assert (await upload(place, case, content)).refusal is None
    assert len(place.stored()) == 1


@pytest.mark.parametrize(
    ("name", "media_type", "content"),
    [
        ("x.pdf", "application/pdf", b"MZ\x90\x00" + b"\0" * 500),
        ("x.pdf", "application/pdf", b"\x7fELF" + b"\0" * 500),
        ("x.pdf", "application/pdf", b"<html>%PDF-1.7</html>"),
        ("x.png", "image/png", pdf(100)),
        ("x.pdf", "application/pdf", pdf(100) + package("x.txt")),
        ("x.docx", DOCX, package("a.txt")),
        ("x.docx", DOCX, package("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")),
        ("x.docx", DOCX, package("[Content_Types].xml", "word/document.xml", bomb=b"\0" * 30_000_000)),
        ("x.docx", DOCX, package("[Content_Types].xml", "word/document.xml")[:-30]),
        ("x.odt", ODT, package("content.xml", mimetype=b"application/epub+zip")),
    ],
)
async def test_what_is_not_what_it_says_is_refused(
    place: Place, case: UUID, name: str, media_type: str, content: bytes
) -> None:
    refusal = (await upload(place, case, content, name=name, media_type=media_type)).refusal
    assert refusal.code == "wrong-type"
    assert place.stored() == []


@pytest.mark.parametrize(
    ("name", "media_type", "content"),
    [
        ("x.jpg", "image/jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\1" * 300),
        ("x.PNG", "image/png", b"\x89PNG\r\n\x1a\n" + b"\1" * 300),
        ("x.tif", "image/tiff", b"II*\x00" + b"\1" * 300),
        ("x.heic", "image/heic", b"\x00\x00\x00\x18ftypheic" + b"\1" * 300),
        ("x.docx", DOCX, package("[Content_Types].xml", "word/document.xml")),
        ("x.odt", ODT, package("content.xml", mimetype=ODT.encode())),
    ],
)
async def test_what_papers_are_made_of_is_taken(
    place: Place, case: UUID, name: str, media_type: str, content: bytes
) -> None:
    assert (await upload(place, case, content, name=name, media_type=media_type)).refusal is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "x.exe", "media_type": "application/octet-stream"}, "wrong-type"),
        ({"name": "x.pdf.exe"}, "wrong-type"),
        ({"name": "x.png"}, "wrong-type"),
        ({"size": 20_000_001}, "too-large"),
        ({"case_id": uuid7()}, "not-found"),
    ],
)
async def test_what_cannot_be_attached_is_refused_before_it_is_sent(
    place: Place, case: UUID, changes: dict[str, Any], code: str
) -> None:
    assert (await ask(place, announced(case, b"x", **changes))).refusal.code == code
    assert await place.database.pool.fetchval("select count(*) from attachment") == 0


async def test_a_case_has_room_for_so_much(place: Place, case: UUID) -> None:
    assert (await ask(place, announced(case, b"a", size=20_000_000))).refusal is None
    refusal = (await ask(place, announced(case, b"b", size=10_000_001))).refusal
    assert (refusal.code, refusal.details) == ("too-large", {"largest": 30_000_000})


@pytest.mark.parametrize(
    ("size", "shown"),
    [(20_100_000, "20.1 MB"), (5 * 10**9, "5.0 GB"), (7 * 10**12, "7.0 TB"), (2**100, "More than 1000 TB")],
)
async def test_how_large_is_too_large_is_told_in_words(place: Place, case: UUID, size: int, shown: str) -> None:
    refusal = (await ask(place, announced(case, b"x", size=size))).refusal
    assert refusal.code == "too-large"
    assert refusal.message_en == f"{shown}; 20 MB at most. Scan with a lower resolution."


async def test_the_same_content_at_once_is_kept_once(place: Place, case: UUID) -> None:
    content = pdf(700_000)
    replies = await asyncio.gather(*(upload_as_told(place, case, content) for _ in range(6)))
    assert len({reply.result["attachment_id"] for reply in replies}) == 1
    assert len(place.stored()) == 1
    other = uuid7()
    wish = SubmitCase(
        case_id=other, receiving_unit="31570", deciding_unit="31570", procedure="1.001193", channel=Channel.DIRECT
    )
    await answer(place.calls, command(wish))
    assert (await upload(place, other, content)).refusal is None
    assert len(place.stored()) == 2


async def test_a_full_disk_refuses_for_now_and_leaves_nothing_half(
    place: Place, case: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = pdf(600_000)
    wish = announced(case, content)
    assert (await ask(place, wish)).refusal is None

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    piece = AddAttachmentPiece(
        attachment_id=wish.attachment_id, offset=0, content=base64.b64encode(content[:PIECE_BYTES]).decode()
    )
    add = command(piece, role=Role.RECEIVING_OFFICER)
    finish = command(FinishAttachment(attachment_id=wish.attachment_id), role=Role.RECEIVING_OFFICER)
    with monkeypatch.context() as broken:
        broken.setattr("services.intake.store.files.os.fsync", full)
        assert (await answer(place.calls, add)).refusal.code == "unavailable"
        assert list((place.root / "incoming").glob("*/*")) == []
    assert (await answer(place.calls, add)).result["received"] == PIECE_BYTES  # the same command, once there is room
    await send(place, wish.attachment_id, content, PIECE_BYTES)
    with monkeypatch.context() as broken:
        broken.setattr("services.intake.store.files.os.fsync", full)
        assert (await answer(place.calls, finish)).refusal.code == "unavailable"
        assert place.stored() == []
    assert (await answer(place.calls, finish)).refusal is None
    assert await download(place, wish.attachment_id) == content


async def test_a_file_whose_row_was_never_committed_is_swept(place: Place, case: UUID) -> None:
    content = pdf(1_000)
    wish = announced(case, content)
    await ask(place, wish)
    await send(place, wish.attachment_id, content)
    with pytest.raises(ConnectionResetError):  # noqa: PT012 - what a kill between file and row looks like
        async with place.database.unit_of_work() as work:
            await place.handlers.finish(
                work, command(FinishAttachment(attachment_id=wish.attachment_id), role=Role.RECEIVING_OFFICER)
            )
            assert len(place.stored()) == 1
            raise ConnectionResetError
    assert await place.sweep(orphaned=3600) == (0, 0, 0)
    assert len(place.stored()) == 1
    assert await place.sweep() == (0, 0, 1)
    assert place.stored() == []
    assert (await ask(place, FinishAttachment(attachment_id=wish.attachment_id))).refusal is None
    assert await download(place, wish.attachment_id) == content


async def test_what_never_became_whole_is_swept_after_a_day(place: Place, case: UUID) -> None:
    wish = announced(case, pdf(PIECE_BYTES))
    await ask(place, wish)
    piece = AddAttachmentPiece(attachment_id=wish.attachment_id, offset=0, content="AAAA")
    assert (await ask(place, piece)).refusal is None
    assert await place.sweep(later=timedelta(hours=23)) == (0, 0, 0)
    assert await place.sweep(later=timedelta(hours=25)) == (1, 1, 0)
    assert (await ask(place, piece)).refusal.code == "not-found"
    assert list((place.root / "incoming").iterdir()) == []


async def test_a_file_that_was_removed_goes_with_the_next_sweep(place: Place, case: UUID) -> None:
    id = UUID((await upload(place, case, pdf(100))).result["attachment_id"])
    silent = (await ask(place, RemoveAttachment(attachment_id=id, reason=" "))).refusal
    assert (silent.code, silent.field) == ("reason-missing", "reason")
    assert (await ask(place, RemoveAttachment(attachment_id=id, reason="Nộp nhầm."))).refusal is None
    assert (await ask(place, AttachmentPiece(attachment_id=id))).refusal.code == "not-found"
    assert (await ask(place, Attachments(case_id=case))).result["attachments"] == []
    assert (await place.sweep())[2] == 1
    assert place.stored() == []


async def test_a_file_that_was_changed_on_the_disk_is_not_handed_out(place: Place, case: UUID) -> None:
    id = UUID((await upload(place, case, pdf(300_000))).result["attachment_id"])
    (stored,) = place.stored()
    changed = bytearray(stored.read_bytes())
    changed[1_000] ^= 1
    stored.write_bytes(changed)
    assert (await ask(place, AttachmentPiece(attachment_id=id))).refusal.code == "wrong-content"
    stored.unlink()
    assert (await ask(place, AttachmentPiece(attachment_id=id))).refusal.code == "wrong-content"


async def test_a_file_is_of_no_use_under_another_key_or_case(place: Place, case: UUID) -> None:
    wrapper = SecretWrapper(SECRET)
    async with place.database.pool.acquire() as connection:
        wrapped = await wrapper.wrap(connection, b"k" * 32, case)
        assert await unwrap(wrapper, connection, wrapped, case) == b"k" * 32
        for other, whose in ((SecretWrapper(SECRET + "x"), case), (wrapper, uuid7())):
            with pytest.raises(Misconfigured):
                await unwrap(other, connection, wrapped, whose)


async def test_volunteers_see_no_papers(place: Place, case: UUID) -> None:
    for data in (announced(case, b"x"), Attachments(case_id=case), ListAttachments(case_id=case)):
        assert (await ask(place, data, role=Role.VOLUNTEER)).refusal.code == "forbidden"


async def chain(place: Place, case: UUID) -> list[Entry]:
    """A case's entries, whose hashes and places are looked through."""
    async with place.database.pool.acquire() as connection:
        entries = await audit_store.entries_of(connection, case, 0, 10_000)
    assert [each.number for each in entries] == list(range(1, len(entries) + 1))
    assert list(chain_faults(entries, {})) == []
    return entries


async def test_who_did_what_with_a_file_stands_in_the_chain_of_its_case_and_its_name_nowhere(
    place: Place, case: UUID
) -> None:
    name = "CCCD-Trần-Thị-Bí-Mật.pdf"
    id = UUID((await upload(place, case, pdf(100), name=name)).result["attachment_id"])
    (stored,) = place.stored()
    assert (await ask(place, announced(case, b"x", name=name, media_type="image/png"))).refusal.code == "wrong-type"
    assert (await ask(place, ListAttachments(case_id=case), Role.CITIZEN)).refusal is None
    assert (await ask(place, AttachmentPiece(attachment_id=id), Role.SPECIALIST)).refusal is None
    remove = RemoveAttachment(attachment_id=id, reason="Nộp nhầm hồ sơ.")
    assert (await ask(place, remove, Role.CENTRE_HEAD)).refusal is None
    assert (await ask(place, ListAttachments(case_id=uuid7()))).refusal.code == "not-found"
    entries = (await chain(place, case))[1:]
    assert [(each.action, each.role) for each in entries] == [
        ("begin-attachment", "receiving_officer"),
        ("finish-attachment", "receiving_officer"),
        ("list-attachments", "citizen"),
        ("attachment-piece", "specialist"),
        ("remove-attachment", "centre_head"),
    ]
    assert all(str(id) in (each.reason or "") for each in entries if each.action != "list-attachments")
    assert entries[1].digest.hex() == stored.name, "the audit tells the very bytes that were kept"
    assert (entries[4].reason or "").endswith(": Nộp nhầm hồ sơ.")
    for table in ("attachment", "audit", "command_log"):
        rows = await place.database.pool.fetch(f"select t::text as line from {table} t")
        assert not any("Bí-Mật" in row["line"] or name.encode().hex() in row["line"] for row in rows)


async def test_a_number_stays_its_files_when_another_is_removed(place: Place, case: UUID) -> None:
    ids = [UUID((await upload(place, case, pdf(100))).result["attachment_id"]) for _ in range(3)]
    assert (await ask(place, RemoveAttachment(attachment_id=ids[1], reason="Trùng."))).refusal is None
    listed = (await ask(place, Attachments(case_id=case))).result["attachments"]
    assert [each["name"] for each in listed] == ["giay-to-1.pdf", "giay-to-3.pdf"]


async def test_many_begin_finish_and_remove_at_once_without_waiting_for_each_other(
    place: Place, case: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve files, each sent by two at once and every third removed, while others list and read them: whoever locks,
    locks the case first, so that PostgreSQL never has to break a deadlock, and the chain has each change once."""
    failures: list[BaseException] = []

    def noted(error: BaseException) -> Fault:
        failures.append(error)
        return fault_of(error)

    monkeypatch.setattr("services.chassis.calls.fault_of", noted)
    contents = [pdf(2_000 + number) for number in range(12)]

    async def life(number: int, content: bytes) -> None:
        reply = await upload_as_told(place, case, content)
        if number % 3 == 0:
            id = UUID(reply.result["attachment_id"])
            gone = await ask(place, RemoveAttachment(attachment_id=id, reason="Nộp nhầm."))
            assert gone.refusal is None or gone.refusal.code == "not-found", gone.refusal

    async def looks() -> None:
        for _ in range(6):
            listed = await ask(place, ListAttachments(case_id=case))
            assert listed.refusal is None, listed.refusal
            for each in listed.result["attachments"][:2]:
                read = await ask(place, AttachmentPiece(attachment_id=UUID(each["attachment_id"])))
                assert read.refusal is None or read.refusal.code in {"not-found", "wrong-content"}, read.refusal

    lives = [life(number, content) for number, content in enumerate(contents) for _ in range(2)]
    await asyncio.gather(*lives, looks(), looks())
    kept = await place.database.pool.fetch(
        "select removed_at is null as there from attachment where kept_at is not null"
    )
    count = Counter(each.action for each in await chain(place, case))
    assert sum(row["there"] for row in kept) >= 8
    assert count["finish-attachment"] == len(kept), "one entry for each file that was kept"
    assert count["remove-attachment"] == sum(not row["there"] for row in kept)
    assert count["begin-attachment"] >= len(kept)
    assert [each for each in failures if not isinstance(each, Refused)] == [], "nothing had to be tried again"


async def test_beginning_anew_and_finishing_at_once_wait_in_one_order(
    place: Place, case: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All has arrived; some send it anew (case, then file) while others finish it: each pause between two locks is
    drawn out, so that two who took them in different orders would certainly meet."""
    failures: list[BaseException] = []

    def noted(error: BaseException) -> Fault:
        failures.append(error)
        return fault_of(error)

    async def slowly(connection: Connection, case_id: UUID, mac: bytes) -> Attachment | None:
        found = await same_content(connection, case_id, mac)
        await asyncio.sleep(0.05)
        return found

    same_content = attachment_store.same_content
    monkeypatch.setattr("services.chassis.calls.fault_of", noted)
    monkeypatch.setattr(attachment_store, "same_content", slowly)
    for _ in range(3):
        content = pdf(1_000)
        wish = announced(case, content)
        await ask(place, wish)
        await send(place, wish.attachment_id, content)
        finish = FinishAttachment(attachment_id=wish.attachment_id)
        remove = RemoveAttachment(attachment_id=wish.attachment_id, reason="Nộp nhầm.")
        sent = [announced(case, content), finish, announced(case, content), finish, remove, announced(case, content)]
        codes = {
            reply.refusal.code for reply in await asyncio.gather(*(ask(place, each) for each in sent)) if reply.refusal
        }
        assert codes <= {"not-found", "wrong-offset", "wrong-content"}
    assert [each for each in failures if not isinstance(each, Refused)] == []
    await chain(place, case)


async def test_a_check_holds_up_nobody_who_begins_another_file(
    place: Place, case: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = pdf(1_000)
    wish = announced(case, content)
    await ask(place, wish)
    await send(place, wish.attachment_id, content)
    at_it, go_on = threading.Event(), threading.Event()
    check = domain.check_content

    def slowly(media_type: str, content: bytes) -> None:
        at_it.set()
        assert go_on.wait(30)
        check(media_type, content)

    monkeypatch.setattr(domain, "check_content", slowly)
    finishing = asyncio.create_task(ask(place, FinishAttachment(attachment_id=wish.attachment_id)))
    try:
        assert await asyncio.to_thread(at_it.wait, 30)
        other = announced(case, pdf(500))
        assert (await ask(place, other)).refusal is None
        assert (await ask(place, RemoveAttachment(attachment_id=other.attachment_id, reason="Thôi."))).refusal is None
        assert (await ask(place, RemoveAttachment(attachment_id=wish.attachment_id, reason="Thôi."))).refusal is None
    finally:
        go_on.set()
    assert (await finishing).refusal.code == "not-found", "what was removed meanwhile is not kept"
    assert place.stored() == []
    assert (await ask(place, Attachments(case_id=case))).result["attachments"] == []
