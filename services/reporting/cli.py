"""`tiepsuc report`: the statutory form."""

import asyncio
from datetime import date, datetime

import click
from rich.console import Console
from rich.table import Table

from contracts.reporting.queries import FormII06a, FormII06aView, FormLine
from services.chassis.connect import operator

_COLUMNS = (
    ("received", 3, "Tổng nhận", "received"),
    ("received_online", 4, "trực tuyến", "online"),
    ("received_direct_or_post", 5, "trực tiếp, bưu chính", "direct, post"),
    ("carried_over", 6, "từ kỳ trước", "carried over"),
    ("resolved", 7, "Đã giải quyết", "resolved"),
    ("resolved_early", 8, "trước hạn", "early"),
    ("resolved_on_time", 9, "đúng hạn", "on time"),
    ("resolved_overdue", 10, "quá hạn", "overdue"),
    ("in_progress", 11, "Đang giải quyết", "in progress"),
    ("in_progress_within_limit", 12, "trong hạn", "within limit"),
    ("in_progress_overdue", 13, "quá hạn", "overdue"),
)
_IDENTITIES = (
    ("3 = 4 + 5 + 6", 3, (4, 5, 6)),
    ("7 = 8 + 9 + 10", 7, (8, 9, 10)),
    ("11 = 12 + 13", 11, (12, 13)),
    ("3 = 7 + 11", 3, (7, 11)),
)


def _day(text: datetime) -> date:
    return text.date()


@click.command("report")
@click.option("--unit", default=None, help="Mã đơn vị (5 số: xã; 2 số: tỉnh; bỏ trống: toàn quốc) / unit code")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Ngày đầu / first day")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Ngày cuối / last day")
@click.option("--by", type=click.Choice(["total", "field"]), default="total", help="Chia theo / by")
@click.option("--json", "as_json", is_flag=True, help="In JSON / print JSON")
def report(unit: str | None, first: datetime, last: datetime, by: str, as_json: bool) -> None:
    """Biểu II.06a của một đơn vị / the statutory form of a unit."""
    wish = FormII06a.model_validate({"unit": unit, "first_day": _day(first), "last_day": _day(last), "by": by})
    form = asyncio.run(ask(wish))
    if as_json:
        click.echo(form.model_dump_json(indent=2))
    else:
        show(form, Console())


async def ask(wish: FormII06a) -> FormII06aView:
    """The form from the running stack."""
    async with operator() as (_, caller):
        return await caller.call("reporting", wish, FormII06aView)


def show(form: FormII06aView, console: Console) -> None:
    """Prints the form upright, as a phone or an 80-column terminal can show it, with its identities checked."""
    console.print(f"\n[bold]Biểu II.06a/VPCP/KSTT[/] — {form.unit_name}" + (f" ({form.unit})" if form.unit else ""))
    console.print(f"{form.first_day:%d/%m/%Y} – {form.last_day:%d/%m/%Y}")
    table = Table("Cột", "Chỉ tiêu", "Column", box=None, pad_edge=False)
    for line in (form.total, *form.lines):
        table.add_column(line.label if form.lines else "Số hồ sơ / cases", justify="right")
    for name, number, vi, en in _COLUMNS:
        main = number in {3, 7, 11}
        cells = [str(getattr(line, name)) for line in (form.total, *form.lines)]
        table.add_row(
            str(number), vi if main else f"  {vi}", en if main else f"  {en}", *cells, style="bold" if main else ""
        )
    console.print(table)
    checks = [f"{text} {'✓' if _holds(form.total, left, right) else '✗'}" for text, left, right in _IDENTITIES]
    console.print("Đẳng thức / identities: " + "   ".join(checks))
    console.print(f"[dim]{form.reading_vi}\n{form.reading_en} ({form.reading_version})[/]")


def _holds(line: FormLine, left: int, right: tuple[int, ...]) -> bool:
    values = {number: getattr(line, name) for name, number, _, _ in _COLUMNS}
    return bool(values[left] == sum(values[number] for number in right))
