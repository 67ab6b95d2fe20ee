"""`tiepsuc assistance`: what volunteers did, in figures."""

import asyncio
from datetime import date
from typing import TypeVar

import click
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from contracts.intake.queries.feedback import SatisfactionSummary, SatisfactionSummaryView
from contracts.intake.queries.visits import AssistanceSummary, AssistanceSummaryView, VisitShare
from services.chassis.command_group import Group
from services.chassis.command_options import Day, UnitCode
from services.chassis.connect import operator
from services.intake.cli.words import COMPLAINTS, CONCLUSIONS, REASONS, SATISFACTION, SUBJECTS, VISITS

View = TypeVar("View", bound=BaseModel)

_unit = click.option(
    "--unit", type=UnitCode(), help="Mã xã hay tỉnh; bỏ trống: toàn quốc / commune or province; without: the nation"
)
_from = click.option(
    "--from", "first", type=Day(), required=True, help="Ngày đầu / first day, 2025-07-01 or 01/07/2025"
)
_to = click.option("--to", "last", type=Day(), required=True, help="Ngày cuối, tính cả ngày đó / last day, included")
_json = click.option("--json", "as_json", is_flag=True, help="In JSON / print JSON")


@click.group("assistance", cls=Group)
def assistance() -> None:
    """Hỗ trợ người dân và mức độ hài lòng / assistance given, and how content people are."""


@assistance.command("summary")
@_unit
@_from
@_to
@_json
def summary(unit: str | None, first: date, last: date, as_json: bool) -> None:
    """Số lượt hỗ trợ và 11 chỉ tiêu / visits and the eleven indicators."""
    _check(first, last)
    wish = AssistanceSummary(unit=unit, first_day=first, last_day=last)
    view = asyncio.run(_ask(wish, AssistanceSummaryView))
    if as_json:
        click.echo(view.model_dump_json(indent=2))
    else:
        show(view, Console())


@assistance.command("satisfaction")
@_unit
@_from
@_to
@_json
def satisfaction(unit: str | None, first: date, last: date, as_json: bool) -> None:
    """Đánh giá và phản ánh / ratings and complaints."""
    _check(first, last)
    wish = SatisfactionSummary(unit=unit, first_day=first, last_day=last)
    view = asyncio.run(_ask(wish, SatisfactionSummaryView))
    if as_json:
        click.echo(view.model_dump_json(indent=2))
    else:
        show_satisfaction(view, Console())


def _check(first: date, last: date) -> None:
    if last < first:
        raise click.UsageError("--to trước --from / is before --from")


async def _ask(wish: BaseModel, view: type[View]) -> View:
    async with operator() as (_, caller):
        return await caller.call("intake", wish, view)


def show(view: AssistanceSummaryView, console: Console) -> None:
    """The indicators, and what else the visits had in common. A dot marks what no source names."""
    console.print(
        f"[bold]{view.visits}[/] lượt hỗ trợ, {view.minutes} phút / visits, minutes — {view.unit or 'toàn quốc'}, "
        f"{view.first_day:%d/%m/%Y} – {view.last_day:%d/%m/%Y}",
        highlight=False,
    )
    table = Table("Chỉ tiêu", "Indicator", box=None, pad_edge=False)
    table.add_column("Số / amount", justify="right")
    for each in view.indicators:
        mark = "" if each.source == "read" else " ·"
        table.add_row(each.vi + mark, each.en, str(each.amount))
    console.print(table)
    for title, shares in (
        ("Độ tuổi / age", view.by_age_band),
        ("Nhóm việc / group", view.by_group),
        ("Ưu tiên / need", view.by_need),
        ("Kết quả / outcome", view.by_outcome),
        ("Nơi / place", view.by_place),
        ("Ngôn ngữ / language", view.by_language),
    ):
        if shares:
            console.print(f"{title}: {_shares(shares)}", highlight=False)
    console.print("[dim]· suy ra từ công việc, chưa thấy trong văn bản / inferred, not read in a text[/]")


def show_satisfaction(view: SatisfactionSummaryView, console: Console) -> None:
    """Ratings by answer, complaints by what they are about."""
    console.print(f"[bold]{view.rated}[/] đánh giá / ratings", highlight=False)
    table = Table("Trả lời / answer", "Lý do / reason", box=None, pad_edge=False)
    table.add_column("Số", justify="right")
    for rating in view.ratings:
        reason = REASONS[rating.reason] if rating.reason else ""
        table.add_row(SATISFACTION[rating.answer], reason, str(rating.ratings))
    if view.ratings:
        console.print(table)
    complaints = Table("Phản ánh / complaint", "Lý do", "Trạng thái", "Kết luận", box=None, pad_edge=False)
    complaints.add_column("Số", justify="right")
    for each in view.complaints:
        outcome = CONCLUSIONS[each.outcome] if each.outcome else ""
        words = (SUBJECTS[each.subject], REASONS[each.reason], COMPLAINTS[each.state], outcome)
        complaints.add_row(*words, str(each.complaints))
    if view.complaints:
        console.print(complaints)
    console.print(
        f"Hồ sơ bị phản ánh hoặc không hài lòng / cases disliked or complained of: {view.cases_against}",
        highlight=False,
    )


def _shares(shares: list[VisitShare]) -> str:
    return ", ".join(f"{VISITS.get(each.value, each.value)}: {each.visits}" for each in shares)
