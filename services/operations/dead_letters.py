"""`tiepsuc dead-letters`: read what could not take effect, mend it, try it again, or give it up."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click
from rich.console import Console
from rich.markup import escape

from contracts.operations.commands import (
    DeadLetterRetried,
    DeadLetterSettled,
    DiscardDeadLetter,
    EditDeadLetter,
    RetryDeadLetter,
)
from contracts.refusals import CommonRefusal, Refused
from contracts.topology import SERVICES
from services.chassis.client import Caller
from services.chassis.command_group import Group
from services.chassis.connect import operator
from services.operations.letters import Found, find, listing
from services.operations.words import table
from services.worktime.clock import written

_LONG = 60.0
T = TypeVar("T")

_service = click.option("--service", type=click.Choice(SERVICES), default=None, help="Chỉ một dịch vụ / one service")
_settled = click.option("--settled", is_flag=True, help="Cả thư đã xử lý / those settled, too")
_json = click.option("--json", "as_json", is_flag=True, help="In JSON / print JSON")
_SHORTEST = 3


def _explained(_: click.Context, __: click.Parameter, reason: str) -> str:
    """The reason, if it is more than a keystroke; the contract asks for as much."""
    if len(reason.strip()) < _SHORTEST:
        raise click.BadParameter(f"cần ít nhất {_SHORTEST} ký tự / at least {_SHORTEST} characters are needed")
    return reason


_reason = click.option("--reason", required=True, callback=_explained, help="Lý do, được lưu lại / why; it is kept")


@dataclass(frozen=True)
class Tried:
    """What a retry came to."""

    service: str
    id: UUID
    dry_run: bool
    answer: DeadLetterRetried

    def as_json(self) -> dict[str, Any]:
        answer = self.answer.model_dump(mode="json")
        return {"service": self.service, "id": str(self.id), "dry_run": self.dry_run, **answer}


@click.group("dead-letters", cls=Group, invoke_without_command=True)
@_service
@_settled
@_json
@click.pass_context
def dead_letters(context: click.Context, service: str | None, settled: bool, as_json: bool) -> None:
    """Thư chết: xem, sửa, thử lại, bỏ / dead letters: read, edit, retry, discard."""
    if context.invoked_subcommand is None:
        _list(service, settled, as_json)


@dead_letters.command("list")
@_service
@_settled
@_json
def list_letters(service: str | None, settled: bool, as_json: bool) -> None:
    """Các thư chết, mới nhất trước / the dead letters, newest first."""
    _list(service, settled, as_json)


def _list(service: str | None, settled: bool, as_json: bool) -> None:
    found, total = _run(lambda caller: listing(caller, service, settled=settled))
    if as_json:
        _print_json({"total": total, "letters": [each.as_json() for each in found]})
        return
    console = Console()
    if not found:
        console.print("[green]✓[/] Không có thư chết / no dead letters")
        return
    for each in found:
        _show_line(each, console)
    console.print(
        f"\n{total} thư / letters. Xem / read: [bold]tiepsuc dead-letters show ID[/]; thử lại / try again: "
        "[bold]tiepsuc dead-letters retry ID --dry-run[/]",
        highlight=False,
    )


@dead_letters.command("show")
@click.argument("id", type=click.UUID)
@_json
def show(id: UUID, as_json: bool) -> None:
    """Một thư và nội dung / one letter with its payload."""
    service, view = _run(lambda caller: find(caller, id))
    if as_json:
        _print_json({"service": service, **view.model_dump(mode="json")})
        return
    console = Console()
    _show_line(Found(service, view.letter), console)
    rows = table("", "")
    for name, value in view.letter.model_dump(mode="json").items():
        rows.add_row(f"[dim]{name}[/]", escape(str(value if value is not None else "–")))
    console.print(rows)
    _show_payload("Nội dung / payload", view.payload, console)
    if view.original_payload is not None:
        _show_payload("Nội dung gốc / the original", view.original_payload, console)


@dead_letters.command("retry")
@click.argument("id", type=click.UUID, required=False)
@click.option("--all", "every", is_flag=True, help="Mọi thư, theo thứ tự / every letter, in order")
@click.option("--dry-run", is_flag=True, help="Chỉ thử, không lưu / try only, save nothing")
@_service
@_json
def retry(id: UUID | None, every: bool, dry_run: bool, service: str | None, as_json: bool) -> None:
    """Thử lại (mã thoát 1: vẫn hỏng) / try again (exit code 1: it failed again)."""
    if (id is None) is not every:
        raise click.UsageError("Cần ID hoặc --all / give ID or --all")
    tried = _run(lambda caller: retry_letters(caller, id, service, dry_run=dry_run))
    if as_json:
        _print_json({"results": [each.as_json() for each in tried]})
    else:
        for each in tried:
            _tell_retried(each, Console())
        if not tried:
            click.echo("Không có thư chết / no dead letters")
    sys.exit(0 if all(each.answer.applied for each in tried) else 1)


@dead_letters.command("edit")
@click.argument("id", type=click.UUID)
@click.option("--payload-file", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=True)
@_reason
@_json
def edit(id: UUID, payload_file: Path, reason: str, as_json: bool) -> None:
    """Thay nội dung; bản gốc được giữ / replace the payload; the original is kept."""
    try:
        payload = payload_file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"Không phải UTF-8 / not UTF-8: {payload_file}") from error
    wish = EditDeadLetter(id=id, payload=payload, reason=reason)
    service, settled = _run(lambda caller: _sent(caller, id, wish, DeadLetterSettled))
    if as_json:
        _print_json({"service": service, "id": str(id), **settled.model_dump(mode="json")})
    else:
        click.echo(f"Đã sửa; giờ hãy thử lại / edited, now try it again: tiepsuc dead-letters retry {id} --dry-run")


@dead_letters.command("discard")
@click.argument("id", type=click.UUID)
@_reason
@click.option("--yes", is_flag=True, help="Không hỏi lại / do not ask")
@_json
def discard(id: UUID, reason: str, yes: bool, as_json: bool) -> None:
    """Bỏ hẳn: sự kiện sẽ không có hiệu lực / give up for good: the event takes no effect."""
    if not yes:
        click.confirm(
            f"Bỏ thư {id}? Sự kiện này sẽ không bao giờ có hiệu lực. / Its event will never take effect. Discard it?",
            abort=True,
            err=as_json,
        )
    wish = DiscardDeadLetter(id=id, reason=reason)
    service, settled = _run(lambda caller: _sent(caller, id, wish, DeadLetterSettled))
    if as_json:
        _print_json({"service": service, "id": str(id), **settled.model_dump(mode="json")})
    else:
        click.echo(
            f"Đã bỏ; {settled.followed} sự kiện chờ sau nó đã có hiệu lực. / "
            f"Discarded; {settled.followed} events that waited behind it took effect."
        )


async def retry_letters(caller: Caller, id: UUID | None, service: str | None, *, dry_run: bool) -> list[Tried]:
    """Tries one letter, or all of a service or of all services, each entity's in the order of its versions."""
    if id is not None:
        name, answer = await _sent(caller, id, RetryDeadLetter(id=id, dry_run=dry_run), DeadLetterRetried, service)
        return [Tried(name, id, dry_run, answer)]
    tried = []
    for each in sorted((await listing(caller, service))[0], key=_order):
        wish = RetryDeadLetter(id=each.letter.id, dry_run=dry_run)
        try:
            answer = await caller.call(each.service, wish, DeadLetterRetried, timeout=_LONG)
        except Refused as refused:
            if refused.refusal.code != CommonRefusal.VERSION_CONFLICT:  # settled meanwhile, by a delivery or a person
                raise
            continue
        tried.append(Tried(each.service, each.letter.id, dry_run, answer))
    return tried


async def _sent(caller: Caller, id: UUID, wish: Any, result: type[Any], service: str | None = None) -> tuple[str, Any]:
    """Sends a command to the service that has the letter."""
    name = service or (await find(caller, id))[0]
    return name, await caller.call(name, wish, result, timeout=_LONG)


def _order(each: Found) -> tuple[str, str, str, int]:
    return each.service, each.letter.owner, str(each.letter.entity), each.letter.version or 0


def _run(work: Callable[[Caller], Awaitable[T]]) -> T:
    async def connected() -> T:
        async with operator() as (_, caller):
            return await work(caller)

    return asyncio.run(connected())


def _show_line(each: Found, console: Console) -> None:
    letter = each.letter
    kind = letter.subject.removeprefix("evt.")
    place = f", hồ sơ / entity {letter.entity}, bản / version {letter.version}" if letter.entity else ""
    console.print(f"[bold]{letter.id}[/] {each.service} ({letter.status})", highlight=False)
    console.print(f"  {written(letter.died_at, seconds=True)} {escape(kind)}{place}", highlight=False, soft_wrap=True)
    console.print(f"  [red]{escape(letter.error)}[/]", highlight=False, soft_wrap=True)
    if letter.behind or letter.tries > 1:
        console.print(
            f"  {letter.behind} sự kiện chờ sau / wait behind, đã thử {letter.tries} lần / tries", highlight=False
        )


def _show_payload(title: str, payload: str, console: Console) -> None:
    try:
        shown = json.dumps(json.loads(payload), indent=2, ensure_ascii=False)
    except ValueError:
        shown = payload
    console.print(f"[bold]{title}[/]")
    console.print(escape(shown), highlight=False, soft_wrap=True)


def _tell_retried(each: Tried, console: Console) -> None:
    answer = each.answer
    if answer.applied:
        vi, en = ("sẽ có hiệu lực", "would take effect") if each.dry_run else ("đã có hiệu lực", "took effect")
        console.print(
            f"[green]✓[/] {each.id}: {vi}, {answer.followed} sự kiện tiếp theo / {en}, {answer.followed} followed",
            highlight=False,
            soft_wrap=True,
        )
    else:
        console.print(
            f"[red]✗[/] {each.id}: vẫn hỏng / failed again: {escape(answer.error or '')}",
            highlight=False,
            soft_wrap=True,
        )


def _print_json(content: dict[str, Any] | Sequence[Any]) -> None:
    click.echo(json.dumps(content, indent=2, ensure_ascii=False))
