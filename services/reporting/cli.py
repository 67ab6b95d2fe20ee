"""`tiepsuc report`: the statutory form."""

import asyncio
from datetime import date

import click
from rich.console import Console
from rich.table import Table

from contracts.reporting.queries import FormII06a, FormII06aView, FormLine
from services.chassis.command_options import Day, UnitCode
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
    ("3=4+5+6", 3, (4, 5, 6)),
    ("7=8+9+10", 7, (8, 9, 10)),
    ("11=12+13", 11, (12, 13)),
    ("3=7+11", 3, (7, 11)),
)
_MAIN = {3, 7, 11}


@click.command("report")
@click.option(
    "--unit",
    type=UnitCode(),
    default=None,
    help="Mã xã (5 số) hay tỉnh (2 số); bỏ trống: toàn quốc / commune or province; without: the nation",
)
@click.option("--from", "first", type=Day(), required=True, help="Ngày đầu / first day, 2025-07-01 or 01/07/2025")
@click.option("--to", "last", type=Day(), required=True, help="Ngày cuối, tính cả ngày đó / last day, included")
@click.option(
    "--by", type=click.Choice(["total", "field"]), default="total", help="field: thêm từng lĩnh vực / each field, too"
)
@click.option("--json", "as_json", is_flag=True, help="In JSON / print JSON")
def report(unit: str | None, first: date, last: date, by: str, as_json: bool) -> None:
    """Biểu II.06a của một đơn vị / the statutory form of a unit."""
    if last < first:
        raise click.UsageError("--to trước --from / is before --from")
    wish = FormII06a.model_validate({"unit": unit, "first_day": first, "last_day": last, "by": by})
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
    """Prints the form's total upright, as an 80-column terminal can show it, its lines, and its identities checked."""
    console.print(f"\n[bold]Biểu II.06a/VPCP/KSTT[/] — {form.unit_name}" + (f" ({form.unit})" if form.unit else ""))
    console.print(f"{form.first_day:%d/%m/%Y} – {form.last_day:%d/%m/%Y}")
    table = Table("Cột", "Chỉ tiêu", "Column", box=None, pad_edge=False)
    table.add_column("Số hồ sơ / cases", justify="right")
    for name, number, vi, en in _COLUMNS:
        main = number in _MAIN
        cells = (str(number), vi, en) if main else (str(number), f"  {vi}", f"  {en}")
        table.add_row(*cells, str(getattr(form.total, name)), style="bold" if main else "")
    console.print(table)
    if form.lines:
        console.print("", _fields(form.lines), "", sep="\n")
    checks = [f"{text} {'✓' if _holds(form.total, left, right) else '✗'}" for text, left, right in _IDENTITIES]
    console.print("Đẳng thức / identities: " + "  ".join(checks), highlight=False)
    console.print(f"[dim]{form.reading_vi}\n{form.reading_en} ({form.reading_version})[/]")


def _fields(lines: list[FormLine]) -> Table:
    """A field a row, under the numbers of the form's columns, which the upright part explains."""
    table = Table("Lĩnh vực / field", box=None, pad_edge=False)
    for _, number, _, _ in _COLUMNS:
        table.add_column(f"({number})", justify="right", no_wrap=True, style="bold" if number in _MAIN else "")
    for line in lines:
        table.add_row(line.label, *(str(getattr(line, name)) for name, *_ in _COLUMNS))
    return table


def _holds(line: FormLine, left: int, right: tuple[int, ...]) -> bool:
    values = {number: getattr(line, name) for name, number, _, _ in _COLUMNS}
    return bool(values[left] == sum(values[number] for number in right))
