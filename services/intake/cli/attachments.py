"""`tiepsuc case attach`, `tiepsuc case fetch`: files of a case, in pieces that the bus carries."""

import asyncio
import base64
import hashlib
from pathlib import Path
from uuid import UUID

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from contracts.intake.commands.attachments import (
    PIECE_BYTES,
    AddAttachmentPiece,
    AttachmentKind,
    AttachmentProgress,
    BeginAttachment,
    FinishAttachment,
)
from contracts.intake.queries.attachments import (
    AttachmentPiece,
    AttachmentPieceView,
    AttachmentsView,
    AttachmentView,
    ListAttachments,
)
from contracts.intake.queries.cases import CaseByCode, CaseById, CaseView
from contracts.intake.refusals import IntakeRefusal
from contracts.refusals import Refused
from services.chassis.client import Caller
from services.chassis.connect import operator
from services.chassis.ids import uuid7
from services.intake.cli.options import CaseNamed
from services.intake.domain.attachments import TYPES


@click.command("attach")
@click.argument("case", type=CaseNamed())
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--kind", type=click.Choice([str(kind) for kind in AttachmentKind]), default="paper", show_default=True)
def attach(case: CaseByCode | CaseById, files: tuple[Path, ...], kind: str) -> None:
    """Đính kèm giấy tờ đã số hóa; gửi lại thì đi tiếp / attach digitised papers; sent again, it goes on."""
    asyncio.run(_attach(case, files, AttachmentKind(kind)))


@click.command("fetch")
@click.argument("case", type=CaseNamed())
@click.option(
    "-d", "--directory", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Thư mục / to"
)
def fetch(case: CaseByCode | CaseById, directory: Path) -> None:
    """Lấy các tệp của hồ sơ về, không ghi đè / get a case's files; nothing is overwritten."""
    directory.mkdir(parents=True, exist_ok=True)
    asyncio.run(_fetch(case, directory))


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    return Progress(*columns, console=Console(stderr=True))


async def _attach(wish: CaseByCode | CaseById, files: tuple[Path, ...], kind: AttachmentKind) -> None:
    async with operator() as (_, caller):
        case = await caller.call("intake", wish, CaseView)
        with _progress() as progress:
            for file in files:
                await _send(caller, case.case_id, file, kind, progress)


async def _send(caller: Caller, case: UUID, file: Path, kind: AttachmentKind, progress: Progress) -> None:
    content = await asyncio.to_thread(file.read_bytes)
    if not content:
        raise click.ClickException(f"Tệp trống / the file is empty: {file}")
    begin = BeginAttachment(
        attachment_id=uuid7(),
        case_id=case,
        name=file.name[-255:],
        media_type=TYPES.get(file.suffix.lower(), "application/octet-stream"),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        kind=kind,
    )
    task = progress.add_task(file.name, total=len(content))
    state = await caller.call("intake", begin, AttachmentProgress, id=uuid7())
    while not state.kept_at:
        progress.update(task, completed=state.received)
        id, start = state.attachment_id, state.received
        wish: AddAttachmentPiece | FinishAttachment = FinishAttachment(attachment_id=id)
        if start < len(content):
            piece = base64.b64encode(content[start : start + PIECE_BYTES]).decode()
            wish = AddAttachmentPiece(attachment_id=id, offset=start, content=piece)
        try:
            state = await caller.call("intake", wish, AttachmentProgress, id=uuid7(), timeout=60)
        except Refused as refused:
            # Somebody else sends the same content: intake says from where to go on.
            if refused.refusal.code != IntakeRefusal.WRONG_OFFSET or "received" not in refused.refusal.details:
                raise
            state = state.model_copy(update={"received": refused.refusal.details["received"]})
    progress.update(task, completed=len(content))
    click.echo(f"{file.name}: {state.attachment_id}")


async def _fetch(wish: CaseByCode | CaseById, directory: Path) -> None:
    async with operator() as (_, caller):
        case = await caller.call("intake", wish, CaseView)
        found = await caller.call("intake", ListAttachments(case_id=case.case_id), AttachmentsView)
        with _progress() as progress:
            for each in found.attachments:
                if each.named:
                    await _receive(caller, each, directory, progress)
                else:
                    click.echo(f"{each.name}: đã xóa cùng dữ liệu cá nhân / erased with the person's data", err=True)
        if not found.attachments:
            click.echo("Hồ sơ chưa có tệp nào / the case has no files")


async def _receive(caller: Caller, each: AttachmentView, directory: Path, progress: Progress) -> None:
    place = directory / Path(each.name).name
    if place.exists():
        place = place.with_stem(f"{place.stem}-{str(each.attachment_id)[-6:]}")
    draft = place.with_name(place.name + ".part")
    task = progress.add_task(each.name, total=each.size)
    with draft.open("wb") as file:
        while (at := file.tell()) < each.size:
            wish = AttachmentPiece(attachment_id=each.attachment_id, offset=at)
            piece = await caller.call("intake", wish, AttachmentPieceView)
            if not (content := base64.b64decode(piece.content)):
                raise click.ClickException(f"Tệp bị cắt / the file was cut off: {each.name}")
            file.write(content)
            progress.update(task, completed=at + len(content))
    draft.replace(place)
    click.echo(str(place))
