"""`tiepsuc retention`: what is past the time it is to be kept. It reports; it deletes nothing."""

import asyncio
from datetime import datetime
from uuid import UUID

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contracts.intake.queries.retention import RetentionCase, RetentionReport, RetentionReportView
from services.chassis.client import Caller
from services.chassis.command_group import Group
from services.chassis.command_options import UnitCode
from services.chassis.connect import operator
from services.intake.cli.catalogue_views import sure

_PAGE = 1_000


@click.group("retention", cls=Group)
def retention() -> None:
    """Thời hạn lưu hồ sơ / how long cases are kept."""


@retention.command("report")
@click.option(
    "--on", type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]), default=None, help="Ngày / day; mặc định hôm nay / today"
)
@click.option(
    "--unit", type=UnitCode(), default=None, help="Mã xã (5 số) hay tỉnh (2 số) / commune or province; without: all"
)
@click.option("--codes", is_flag=True, help="Liệt kê cả mã hồ sơ / list the cases' codes, too")
@click.option("--json", "as_json", is_flag=True, help="In JSON, mỗi dòng một đối tượng / JSON, an object a line")
def report(on: datetime | None, unit: str | None, codes: bool, as_json: bool) -> None:
    """Hồ sơ đã quá thời hạn lưu; không xoá gì / closed cases past their period; nothing is deleted."""
    wish = RetentionReport(on=on.date() if on else None, unit=unit, limit=_PAGE if codes else 0)
    asyncio.run(_report(wish, as_json))


async def _report(wish: RetentionReport, as_json: bool) -> None:
    async with operator() as (_, caller):
        view = await _ask(caller, wish)
        if as_json:
            click.echo(view.model_dump_json(exclude={"cases", "next"}))
        else:
            show(view, Console())
        while True:
            for case in view.cases:
                click.echo(case.model_dump_json() if as_json else _line(case))
            after: UUID | None = view.next
            if after is None:
                return
            view = await _ask(caller, wish.model_copy(update={"after": after}))


async def _ask(caller: Caller, wish: RetentionReport) -> RetentionReportView:
    return await caller.call("intake", wish, RetentionReportView, timeout=120)


def _line(case: RetentionCase) -> str:
    return f"{case.case_code}  {case.unit}  {case.procedure}  {case.closed_on:%d/%m/%Y} → {case.kept_until:%d/%m/%Y}"


def show(view: RetentionReportView, console: Console) -> None:
    """The counts, and with each period how sure it is and where it comes from."""
    console.print(
        f"Đến {view.on:%d/%m/%Y}: {view.due} trên {view.closed} hồ sơ đã đóng quá thời hạn lưu / "
        f"{view.due} of {view.closed} closed cases are past their period. Không xoá gì / nothing is deleted.",
        highlight=False,
    )
    table = Table("đơn vị / unit", "lĩnh vực / field", "năm / year", box=None)
    for title in ("đã đóng / closed", "quá hạn lưu / due"):
        table.add_column(title, justify="right")
    for group in view.groups:
        table.add_row(group.unit, group.field, str(group.year), str(group.closed), str(group.due))
    bases = Table("thủ tục\nprocedure", "lưu (năm)\nkept (years)", box=None)
    for title in ("đã đóng\nclosed", "quá hạn lưu\ndue"):
        bases.add_column(title, justify="right")
    bases.add_column("độ tin cậy, nguồn\nhow sure, source")
    for basis in view.bases:
        kept = "vĩnh viễn / ∞" if basis.permanent else str(basis.years or "chưa rõ / ?")
        source = escape(sure(basis.confidence, basis.source))
        bases.add_row(basis.procedure, kept, str(basis.closed), str(basis.due), f"[dim]{source}[/]")
    if view.groups:
        console.print(table, "", bases, sep="\n")
