"""`tiepsuc catalogue`: the reference data that an administrator looks after, as files."""

import asyncio
import json
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click
from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from contracts.intake.catalogue import MAX_DOCUMENT, ReferenceKind
from contracts.intake.commands.catalogue import (
    DraftReference,
    PublishReference,
    ReferenceDrafted,
    ReferenceMoved,
    WithdrawDraft,
)
from contracts.intake.queries.catalogue import (
    ProcedureByCode,
    ProcedureView,
    ReferenceDocument,
    ReferenceDocuments,
    ReferenceDocumentsView,
    ReferenceDocumentView,
    UnitHistory,
    UnitHistoryView,
)
from contracts.intake.queries.recompute import (
    DeadlineMoves,
    DeadlineMovesView,
    DeadlineRecomputes,
    DeadlineRecomputesView,
    RecomputeRun,
)
from contracts.intake.refusals import IntakeRefusal
from contracts.refusals import Refused
from services.chassis.client import Caller
from services.chassis.command_group import Group
from services.chassis.connect import operator
from services.chassis.ids import uuid7
from services.intake.cli.catalogue_views import (
    STATUS,
    kind_name,
    moved_line,
    moved_of,
    show_diff,
    show_procedure,
    show_run,
    show_unit,
)
from services.intake.cli.words import clock, reason
from services.intake.domain.reference_documents import FORMS
from services.intake.domain.tables import neutral_table

Result = TypeVar("Result", bound=BaseModel)

_LOOK_EVERY = 0.3
_EXAMPLES = 5
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_KIND = click.Choice([kind.value for kind in ReferenceKind])
_json = click.option("--json", "as_json", is_flag=True, help="In JSON / print JSON")
_note = click.option("--note", required=True, help="Lý do / why: số văn bản, ngày ban hành…")


@click.group("catalogue", cls=Group)
def catalogue() -> None:
    """Danh mục: thủ tục, giấy tờ, đơn vị, lịch / the catalogue: procedures, papers, units, calendar."""


@catalogue.command("check")
@click.argument("file", type=_FILE)
@click.option("--kind", type=_KIND, default=None, help="Loại; mặc định theo tên tệp / by the file's name if left out")
@_json
def check(file: Path, kind: str | None, as_json: bool) -> None:
    """Kiểm tra một tệp, không cần hệ thống / judge a file; needs no running stack."""
    from services.intake.reference import check_alone

    faults = check_alone(_kind_of(file, kind), _text(file), file.name)
    if as_json:
        keys = ("file", "line", "column", "reason_vi", "reason_en")
        click.echo(json.dumps([{key: getattr(fault, key) for key in keys} for fault in faults], ensure_ascii=False))
    else:
        for fault in faults:
            click.echo(fault.both())
        click.echo(f"{len(faults)} lỗi / faults" if faults else f"✓ {file.name}: hợp lệ / valid")
    if faults:
        raise SystemExit(1)


@catalogue.command("draft")
@click.argument("kind", type=_KIND)
@click.argument("file", type=_FILE)
@_note
@_json
def draft(kind: str, file: Path, note: str, as_json: bool) -> None:
    """Lưu dự thảo, cho biết khác gì bản hiện hành / keep a draft; says what it changes."""
    drafted = asyncio.run(_call(_draft(ReferenceKind(kind), file, note), ReferenceDrafted, file))
    if as_json:
        click.echo(drafted.model_dump_json(indent=2))
        return
    show_diff(drafted.diff, Console())
    click.echo(
        f"Dự thảo / draft: {kind_name(drafted.kind)} {drafted.version}. "
        f"Công bố / publish: tiepsuc catalogue publish {kind} --version {drafted.version}"
    )


@catalogue.command("publish")
@click.argument("kind", type=_KIND)
@click.argument("file", type=_FILE, required=False)
@click.option("--version", type=click.IntRange(1), default=None, help="Dự thảo đã lưu / a draft that is kept")
@click.option("--note", default="", help="Lý do / why; bắt buộc với FILE / required with FILE")
@click.option("--yes", is_flag=True, help="Không hỏi lại / do not ask")
@_json
def publish(kind: str, file: Path | None, version: int | None, note: str, yes: bool, as_json: bool) -> None:
    """Công bố dự thảo hoặc tệp; lịch mới thì chờ tính lại hạn / put a draft or file in force.

    Một lịch mới làm thay đổi hạn của hồ sơ đang giải quyết: lệnh chờ và cho biết hồ sơ nào. /
    A new calendar moves open deadlines: the command waits, and says which.
    """
    if (file is None) == (version is None):
        raise click.UsageError("cần FILE hoặc --version / FILE or --version is needed, and one of them only")
    if file is not None and not note:
        raise click.UsageError("--note là bắt buộc với FILE / is required with FILE")
    asyncio.run(_publish(ReferenceKind(kind), file, version, note, ask=not yes, as_json=as_json))


@catalogue.command("withdraw")
@click.argument("kind", type=_KIND)
@click.option("--version", type=click.IntRange(1), required=True, help="Dự thảo / the draft")
def withdraw(kind: str, version: int) -> None:
    """Bỏ một dự thảo / give a draft up."""
    moved = asyncio.run(_call(WithdrawDraft(kind=ReferenceKind(kind), version=version), ReferenceMoved))
    click.echo(f"Đã bỏ / withdrawn: {kind_name(moved.kind)} {moved.version}")


@catalogue.command("list")
@click.argument("kind", type=_KIND, required=False)
@_json
def list_(kind: str | None, as_json: bool) -> None:
    """Các bản / the versions, newest first."""
    wish = ReferenceDocuments(kind=ReferenceKind(kind) if kind else None)
    view = asyncio.run(_call(wish, ReferenceDocumentsView))
    if as_json:
        click.echo(view.model_dump_json(indent=2))
        return
    table = Table("loại / kind", "bản", "trạng thái / status", "ngày / at", "bởi / by", "lý do / note", box=None)
    for line in view.documents:
        at = line.published_at or line.created_at
        by = line.published_by or line.created_by
        table.add_row(
            kind_name(line.kind), str(line.version), STATUS[line.status], clock(at), escape(by), escape(line.note)
        )
    Console().print(table)


@catalogue.command("export")
@click.argument("kind", type=_KIND)
@click.option("--version", type=click.IntRange(1), default=None, help="Mặc định: bản hiện hành / the one in force")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), default=None, help="Tệp / a file; else stdout"
)
def export(kind: str, version: int | None, output: Path | None) -> None:
    """Xuất ra tệp để sửa / write a document out, to be edited and drafted again."""
    wish = ReferenceDocument(kind=ReferenceKind(kind), version=version)
    content = as_file(asyncio.run(_call(wish, ReferenceDocumentView)).content, FORMS[wish.kind].file)
    if output is None:
        click.echo(content, nl=False)
    else:
        # With a byte order mark, without which Excel takes Vietnamese for something else.
        mark = "utf-8-sig" if output.suffix == ".csv" and not content.startswith("\ufeff") else "utf-8"
        output.write_text(content, encoding=mark, newline="")


def as_file(content: str, name: str) -> str:
    """A document as it may be opened in a spreadsheet, where its file is one that somebody would open so."""
    return neutral_table(content) if name.endswith(".csv") else content


@catalogue.command("show")
@click.argument("code")
@click.option("--on", type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]), default=None, help="Ngày / day; mặc định hôm nay")
@_json
def show(code: str, on: datetime | None, as_json: bool) -> None:
    """Một thủ tục hay đơn vị theo mã / a procedure, or a unit with its history."""
    day: date | None = on.date() if on else None
    if re.fullmatch(r"\d{2}|\d{5}", code, re.ASCII):
        units = asyncio.run(_call(UnitHistory(code=code), UnitHistoryView))
        click.echo(units.model_dump_json(indent=2)) if as_json else show_unit(units, Console())
    elif re.match(r"\d\.\d{6}", code, re.ASCII):
        found = asyncio.run(_call(ProcedureByCode.model_validate({"code": code, "on": day}), ProcedureView))
        click.echo(found.model_dump_json(indent=2)) if as_json else show_procedure(found, Console())
    else:
        raise click.UsageError(f"“{code}”: mã thủ tục hay đơn vị / a procedure's or unit's code, 1.004222 or 31570")


@catalogue.command("moved")
@click.argument("run", type=click.UUID, required=False)
@_json
def moved(run: UUID | None, as_json: bool) -> None:
    """Hạn trả đã dời theo lịch mới / deadlines that a new calendar moved, all of them; without RUN: the runs."""
    asyncio.run(_moved(run, as_json))


def _draft(kind: ReferenceKind, file: Path, note: str) -> DraftReference:
    return DraftReference(kind=kind, content=_text(file), note=note)


async def _call(data: BaseModel, result: type[Result], file: Path | None = None) -> Result:
    async with operator() as (_, caller):
        return await _ask(caller, data, result, file)


async def _ask(
    caller: Caller, data: BaseModel, result: type[Result], file: Path | None = None, expected: int | None = None
) -> Result:
    """A call's result; a document's faults are told one by one."""
    try:
        return await caller.call("intake", data, result, id=uuid7(), expected_version=expected, timeout=60)
    except Refused as refused:
        details: dict[str, Any] = refused.refusal.details
        if refused.refusal.code != IntakeRefusal.BAD_REFERENCE or file is None:
            raise
        for fault in details["faults"]:
            place = f"{file.name}, dòng/line {fault['line']}, cột/column {fault['column']}"
            click.echo(f"{place}: {fault['reason_vi']} / {fault['reason_en']}", err=True)
        raise click.ClickException(f"{details['total']} lỗi, chưa lưu gì / faults; nothing was kept") from refused


async def _publish(
    kind: ReferenceKind, file: Path | None, version: int | None, note: str, *, ask: bool, as_json: bool
) -> None:
    console = Console(stderr=as_json)
    async with operator() as (_, caller):
        base: int | None = None
        if file is not None:
            drafted = await _ask(caller, _draft(kind, file, note), ReferenceDrafted, file)
            version, base = drafted.version, drafted.base
            show_diff(drafted.diff, console)
            if ask and not await asyncio.to_thread(click.confirm, "Công bố / publish?", err=as_json):
                click.echo(f"Vẫn là dự thảo / still a draft: {kind_name(kind)} {version}", err=True)
                raise click.Abort
        wish = PublishReference(kind=kind, version=version or 1, note=note)
        done = await _ask(caller, wish, ReferenceMoved, file, base)
        if not as_json:
            console.print(
                f"Đã công bố / published: {kind_name(done.kind)} {done.version}; "
                f"{done.events} mục được thông báo / entries told"
            )
        run = await _follow(caller, done.recompute, console) if done.recompute else None
        found = await _page(caller, run.id, None, _EXAMPLES) if run and run.limits else None
    if as_json:
        told = {"published": done.model_dump(mode="json"), "recompute": run and run.model_dump(mode="json")}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    elif run:
        show_run(run, console)
        for move in moved_of(found)[:_EXAMPLES] if found else ():
            console.print(f"  {moved_line(move)}", highlight=False, soft_wrap=True)
        if sum(each.moved for each in run.limits) > _EXAMPLES:
            console.print(f"  … tất cả / all: tiepsuc catalogue moved {run.id}", highlight=False)


async def _follow(caller: Caller, id: UUID, console: Console) -> RecomputeRun:
    """Waits until a run is done. Cut short, it goes on without us: `moved` tells of it later."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Tính lại hạn / deadlines", total=None)
        while True:
            view = await _ask(caller, DeadlineRecomputes(id=id), DeadlineRecomputesView)
            run = view.runs[0]
            progress.update(task, total=run.open_cases, completed=run.looked)
            if run.done_at is not None:
                return run
            await asyncio.sleep(_LOOK_EVERY)


async def _page(caller: Caller, run: UUID, after: UUID | None, limit: int) -> DeadlineMovesView:
    return await _ask(caller, DeadlineMoves(recompute=run, after=after, limit=limit), DeadlineMovesView)


async def _moved(run: UUID | None, as_json: bool) -> None:
    """Streams all pages, so that a list of a million needs no more room than one of ten."""
    async with operator() as (_, caller):
        if run is None:
            view = await _ask(caller, DeadlineRecomputes(), DeadlineRecomputesView)
            for each in view.runs:
                state = clock(each.done_at) if each.done_at else f"{each.looked}/{each.open_cases or '?'}"
                limits = sum(kind.moved for kind in each.limits)
                passed = sum(kind.overdue for kind in each.limits)
                counts = f"dời / moved {limits}, đã quá hạn / had passed {passed}"
                line = f"{each.id}  {state}  {counts}  {reason(each.reason_vi, each.reason_en)}"
                click.echo(each.model_dump_json() if as_json else line)
            return
        after: UUID | None = None
        while True:
            page = await _page(caller, run, after, 1_000)
            if after is None and not as_json:
                click.echo(reason(page.reason_vi, page.reason_en))
            for move in moved_of(page):
                click.echo(move.model_dump_json() if as_json else moved_line(move))
            if (after := page.next) is None:
                return


def _text(file: Path) -> str:
    """A file's text. ClickException: too large, or no UTF-8."""
    if file.stat().st_size > MAX_DOCUMENT:
        raise click.ClickException(f"{file}: lớn hơn / larger than {MAX_DOCUMENT:,} bytes")
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        raise click.ClickException(
            f"{file}, dòng/line {line}: không phải UTF-8, hãy lưu dạng “CSV UTF-8” / no UTF-8; save it as “CSV UTF-8”"
        ) from error


def _kind_of(file: Path, kind: str | None) -> ReferenceKind:
    for each in ReferenceKind:
        if each == kind or (kind is None and file.stem.lower().startswith(each)):
            return each
    names = ", ".join(ReferenceKind)
    raise click.UsageError(f"không đoán được loại / cannot tell its kind from {file.name}; --kind {names}")
