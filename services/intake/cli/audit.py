"""`tiepsuc audit`: who did what to a case, and whether anybody has touched that since."""

import asyncio
import json
import sys
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from contracts.intake.queries.audit import AuditEntry, AuditRoots, AuditRootsView, AuditTrailView
from services.chassis.command_group import Group
from services.chassis.connect import operator
from services.intake.cli import audit_check
from services.intake.cli.audit_check import Finding, Verdict
from services.intake.cli.options import Case
from services.intake.cli.words import action, clock, role, state

_DAY = click.DateTime(["%Y-%m-%d"])
_WORDS = {
    "entry-changed": ("mục nhật ký đã bị sửa", "this entry was changed"),
    "entry-missing": ("mục nhật ký đã bị xóa", "this entry was removed"),
    "chain-broken": ("không nối tiếp mục liền trước", "does not follow the entry before it"),
    "events-changed": ("sự kiện của bước này đã bị sửa hoặc xóa", "this step's events were changed or removed"),
    "record-changed": ("dữ liệu đã bị sửa ngoài hệ thống", "the record was changed behind the system's back"),
    "row-changed": (
        "dữ liệu bị sửa hoặc xóa ngoài hệ thống",
        "the row was changed or removed behind the system's back",
    ),
    "event-without-entry": ("sự kiện không có mục nhật ký", "an event without an entry"),
    "day-missing": ("ngày đã niêm phong nay không còn", "a sealed day is gone"),
    "day-changed": ("các mục trong ngày khác lúc niêm phong", "the day's entries are not those that were sealed"),
    "day-unsealed": ("ngày đã qua mà chưa niêm phong", "the day is over and was not sealed"),
    "root-out-of-chain": ("niêm phong không nối tiếp ngày trước", "the seal does not follow the day before"),
    "key-unknown": (
        "hệ thống đang ký bằng khóa không có trong --public-key",
        "the system signs with a key that is not in --public-key",
    ),
    "root-forged": ("chữ ký không phải của khóa đã biết", "not signed by a key that is known"),
}


@click.group("audit", cls=Group)
def audit() -> None:
    """Nhật ký kiểm soát: xem và kiểm tra / the audit: show and verify."""


@audit.command("show")
@click.argument("case", type=Case(or_id=True))
@click.option("--json", "as_json", is_flag=True, help="In JSON / print JSON")
def show(case: str, as_json: bool) -> None:
    """Ai đã làm gì với hồ sơ CASE (mã hồ sơ hoặc định danh), hoặc với danh mục (ví dụ procedures) / who did what to a
    case, by its code or id, or to a kind of reference data, by its name."""
    found = asyncio.run(_trail(case))
    entries = found.entries
    if as_json:
        click.echo(json.dumps([each.model_dump(mode="json") for each in entries], ensure_ascii=False, indent=2))
        return
    click.echo(f"{found.entity}: {len(entries)} mục / entries")
    for each in entries:
        click.echo(_line(each))


@audit.command("verify")
@click.option("--from", "since", type=_DAY, default=None, help="Từ ngày / first day")
@click.option("--to", "until", type=_DAY, default=None, help="Đến ngày / last day")
@click.option("--case", type=Case(or_id=True), default=None, help="Chỉ một hồ sơ / one case only")
@click.option(
    "--public-key",
    "key_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=None,
    help="Tệp khóa công khai đã giữ / the public keys that you kept, one a line",
)
@click.option("--json", "as_json", is_flag=True, help="In JSON / print JSON")
def verify(
    since: datetime | None, until: datetime | None, case: str | None, key_file: Path | None, as_json: bool
) -> None:
    """Kiểm tra không ai sửa nhật ký (mã thoát 1: có) / check that nobody touched it (exit code 1: somebody did)."""
    if case and (since or until):
        raise click.UsageError("Chỉ dùng --case, hoặc --from và --to / use --case, or --from and --to")
    keys = read_keys(key_file) if key_file else []
    console = Console(stderr=as_json, quiet=as_json)
    if case:
        verdict = asyncio.run(_verify_case(case))
    else:
        verdict = asyncio.run(_verify(keys, since.date() if since else None, until.date() if until else None, console))
    if as_json:
        click.echo(json.dumps(asdict(verdict) | {"ok": not verdict.found}, default=str, indent=2))
    else:
        tell(verdict, console, trusted=bool(keys) or bool(case))
    sys.exit(1 if verdict.found else 0)


@audit.command("public-key")
def public_key() -> None:
    """Khóa công khai để giữ ở nơi khác / the public key, to be kept elsewhere."""
    click.echo(asyncio.run(_public_key()))


def read_keys(file: Path) -> list[bytes]:
    """Public keys of a file, one a line. ClickException: a line is none."""
    keys = []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if not line.strip():
            continue
        try:
            key = bytes.fromhex(line.strip())
        except ValueError:
            key = b""
        if len(key) != 32:
            raise click.ClickException(f"{file}, dòng/line {number}: không phải khóa / no key (64 hex digits)")
        keys.append(key)
    if not keys:
        raise click.ClickException(f"{file}: không có khóa / holds no key")
    return keys


async def _trail(case: str) -> AuditTrailView:
    async with operator() as (_, caller):
        return await audit_check.trail(caller, case)


async def _verify_case(case: str) -> Verdict:
    found = await _trail(case)
    verdict = Verdict(entries=len(found.entries), events=sum(each.events for each in found.entries))
    for finding in audit_check.trail_faults(found):
        verdict.add(finding)
    return verdict


async def _verify(keys: list[bytes], since: date | None, until: date | None, console: Console) -> Verdict:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("…", total=None)

        def tell_progress(what: str, done: float, total: float) -> None:
            progress.update(task, description=what, completed=done, total=total)

        async with operator() as (_, caller):
            return await audit_check.verify(caller, keys, tell_progress, since, until)


async def _public_key() -> str:
    async with operator() as (_, caller):
        return (await caller.call("intake", AuditRoots(after=2**31 - 1), AuditRootsView)).public_key


def _line(each: AuditEntry) -> str:
    """One entry: `3  09:00:00 01/07/2025  Tiếp nhận / accept-case  a-01 (chuyên viên)  mới nộp → …  v1 → 2`."""
    moved = (each.from_state, each.to_state)
    parts = [
        f"{each.number:>3}",
        clock(each.at, seconds=True),
        action(each.action),
        f"{each.actor} ({role(each.role)})",
        *([" → ".join(state(name) or "–" for name in moved)] if any(moved) else []),
        *([f"v{each.from_version} → {each.to_version}"] if each.from_version != each.to_version else []),
        *([f"“{'; '.join(each.reason.splitlines())}”"] if each.reason else []),
    ]
    return "  ".join(parts)


def tell(verdict: Verdict, console: Console, *, trusted: bool) -> None:
    """Each finding in words, then the sum."""
    for finding in verdict.findings:
        place = f"{where}: " if (where := _where(finding)) else ""
        console.print(f"[red]✗[/] {place}{' / '.join(_words(finding))}", highlight=False)
    if verdict.found > len(verdict.findings):
        console.print(f"… +{verdict.found - len(verdict.findings)}", highlight=False)
    console.print(
        f"{verdict.entries} mục, {verdict.days} ngày (đã niêm phong {verdict.sealed}), {verdict.events} sự kiện. / "
        "entries, days (sealed), events.",
        highlight=False,
    )
    if not trusted:
        console.print(
            "Chữ ký so với khóa mà hệ thống tự khai; hãy giữ khóa ở nơi khác và dùng --public-key. / "
            "Signatures were compared with the key that the system itself tells; keep it elsewhere: --public-key.",
            highlight=False,
        )
    if not verdict.found:
        console.print("[green]✓[/] Nhật ký nguyên vẹn / the audit is untouched")


def _where(finding: Finding) -> str:
    parts = [] if finding.day is None else [f"{finding.day:%d/%m/%Y}"]
    if finding.entity is not None:
        word = "phiên bản / version" if finding.kind == "event-without-entry" else "mục / entry"
        parts.append(f"{finding.entity}, {word} {finding.number}")
    return ", ".join(parts)


def _words(finding: Finding) -> tuple[str, str]:
    vi, en = _WORDS[finding.kind]
    if finding.kind == "day-changed":
        return f"{vi} ({finding.sealed} → {finding.present})", f"{en} ({finding.sealed} → {finding.present})"
    return (f"{vi} ({finding.table})", f"{en} ({finding.table})") if finding.table else (vi, en)
