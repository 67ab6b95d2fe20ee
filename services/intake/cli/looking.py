"""Looking at cases, and at the table of their life."""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import TypeVar

import click
from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from contracts.intake.lifecycle import CONDITIONS, MOVES, Target
from contracts.intake.queries import cases as queries
from contracts.intake.vocabulary import (
    STATE_NAMES,
    URGENCY_NAMES,
    CaseState,
    LimitKind,
    Outcome,
    StopCause,
    Urgency,
)
from contracts.roles import ROLE_NAMES
from services.chassis.command_options import UnitCode
from services.chassis.connect import operator
from services.intake.cli.options import CaseNamed
from services.intake.cli.words import CAUSES, OUTCOMES, STEPS, clock, limit, reason

Result = TypeVar("Result", bound=BaseModel)

_CODE_WIDTH = 20
_JSON = click.option("--json", "as_json", is_flag=True, help="In JSON / print JSON")
_LEADS = {Target.STAYS: "=", Target.WHERE_IT_CAME_FROM: "↩"}
_STYLES = {Urgency.OVERDUE: "red", Urgency.DUE_SOON: "yellow"}
_MARKS = {
    "supplement": ("bổ sung", "supplement"),
    "payment": ("nộp tiền", "payment"),
    "correction": ("sửa", "correction"),
}


@click.command("moves")
@click.option("--lang", type=click.Choice(["vi", "en"]), default="vi", envvar="TIEPSUC_LANG")
def moves(lang: str) -> None:
    """Bảng vòng đời hồ sơ: ai được làm gì, khi nào / the table of a case's life. No stack is needed."""
    vi = lang == "vi"
    table = Table(show_lines=True)
    table.add_column("lệnh\ncommand", width=max(len(move.verb) for move in MOVES))  # verbs are not cut
    for title in ("từ\nfrom", "đến\nto", "ai\nwho", "điều kiện\nconditions"):
        table.add_column(title)
    for move in MOVES:
        target = _LEADS[move.target] if isinstance(move.target, Target) else _state(move.target, lang)
        table.add_row(
            f"{move.vi if vi else move.en}\n[dim]{move.verb}[/]",
            ", ".join(_state(state, lang) for state in move.sources) or "–",
            target,
            ", ".join(sorted(ROLE_NAMES[role][0 if vi else 1] for role in move.movers)),
            "\n".join(
                f"{meaning.vi if vi else meaning.en} [dim]{meaning.article}[/]"
                for meaning in (CONDITIONS[condition] for condition in move.conditions)
            ),
        )
    Console().print(table)
    click.echo("↩ trở về bước trước khi chờ / back to where it waited from   = không đổi / stays as it is")


@click.command("show")
@click.argument("case", type=CaseNamed())
@_JSON
def show(case: queries.CaseByCode | queries.CaseById, as_json: bool) -> None:
    """Một hồ sơ: trạng thái, hạn và lý do, lịch sử / one case: state, explained deadline, history."""
    view, history = asyncio.run(_ask_for_case(case))
    if as_json:
        both = {"case": view, "history": history}
        click.echo(json.dumps({name: part.model_dump(mode="json", exclude_none=True) for name, part in both.items()}))
        return
    console = Console()
    console.print(f"[bold]{view.case_code or view.case_id}[/]  {_both(view.state)}  ·  v{view.version}")
    console.print(
        f"thủ tục / procedure {view.procedure}, tiếp nhận tại / received at {view.receiving_unit}, "
        f"giải quyết / decided by {view.deciding_unit}"
    )
    facts = Table.grid(padding=(0, 2))
    late = view.urgency if view.urgency in _STYLES else None
    for label, at, why in instants(view):
        if at is not None:
            mark = Text(" / ".join(URGENCY_NAMES[late]), _STYLES[late]) if late and at == view.act_by else ""
            facts.add_row(label, clock(at), f"[dim]{why}[/]", mark)
    if view.outcome is not None:
        facts.add_row("Kết quả / outcome", OUTCOMES[view.outcome])
    if view.stop_cause is not None:
        facts.add_row("Vì sao dừng / why stopped", CAUSES[view.stop_cause])
    for wait in view.waits:
        vi, en = _MARKS[wait.kind]
        facts.add_row(f"Chờ {vi} / {en}", f"{clock(wait.since)} → {clock(wait.until) if wait.until else '…'}")
    console.print(facts)
    steps = Table(
        "", "vì sao / why", "điều / article", title="Cách tính hạn / how the deadline came about", title_justify="left"
    )
    for step in view.deadline_steps:
        steps.add_row(clock(step.at), f"{step.note_vi}\n[dim]{step.note_en}[/]", step.article)
    if view.deadline_steps:
        console.print(steps)
    console.print(story(history))


@click.command("list")
@click.option("--unit", type=UnitCode(), required=True, help="Mã xã hay tỉnh / commune or province")
@click.option("--side", type=click.Choice(["receiving", "deciding", "province"]), default="deciding")
@click.option("--state", "states", type=click.Choice([str(s) for s in CaseState]), multiple=True)
@click.option("--size", type=click.IntRange(1, 200), default=20)
@click.option("--cursor", default=None, help="Trang tiếp / the next page")
@_JSON
def list_(unit: str, side: str, states: tuple[str, ...], size: int, cursor: str | None, as_json: bool) -> None:
    """Hồ sơ đang chờ, việc gấp trước / cases that wait, the most urgent first."""
    wish = queries.Inbox.model_validate(
        {"unit": unit, "side": side, "states": list(states), "size": size, "cursor": cursor}
    )
    page = asyncio.run(_ask(wish, queries.InboxView))
    if as_json:
        click.echo(page.model_dump_json(indent=2, exclude_none=True))
        return
    console = Console()
    console.print(
        "  ".join(f"{STATE_NAMES[state][0]} [bold]{count}[/]" for state, count in sorted(page.counts.items()))
        or "Không có hồ sơ nào đang chờ / no case waits"
    )
    for part in sections(page.cases):
        console.print(part)
    if page.cursor:
        console.print(f"[dim]trang tiếp / next page: --cursor '{page.cursor}'[/]", soft_wrap=True, highlight=False)


@click.command("find")
@click.argument("text")
@_JSON
def find(text: str, as_json: bool) -> None:
    """Tìm theo phần đầu hoặc phần cuối của mã / by how the code begins or ends."""
    try:
        wish = queries.FindCases(text=text.strip().upper())
    except ValueError as error:
        raise click.BadParameter(
            f"“{text}”: ít nhất 3 chữ số, chữ cái, dấu chấm, gạch / at least 3 of 0-9 A-Z . -"
        ) from error
    found = asyncio.run(_ask(wish, queries.FoundCases))
    if as_json:
        click.echo(found.model_dump_json(indent=2, exclude_none=True))
    elif found.cases:
        order: dict[Urgency | None, int] = {urgency: number for number, urgency in enumerate(Urgency)}
        for part in sections(sorted(found.cases, key=lambda each: order.get(each.urgency, len(order)))):
            Console().print(part)
    else:
        click.echo("Không tìm thấy hồ sơ nào / no case found")


async def _ask(wish: BaseModel, result: type[Result]) -> Result:
    async with operator() as (_, caller):
        return await caller.call("intake", wish, result)


async def _ask_for_case(
    case: queries.CaseByCode | queries.CaseById,
) -> tuple[queries.CaseView, queries.CaseHistoryView]:
    async with operator() as (_, caller):
        view = await caller.call("intake", case, queries.CaseView)
        history = queries.CaseHistory(case_id=view.case_id)
        return view, await caller.call("intake", history, queries.CaseHistoryView)


def story(history: queries.CaseHistoryView) -> Table:
    """What happened when; where it was written down later, as by an import, when that was as well."""
    story = Table("v", "khi / when", "việc / what", "nội dung / said", title="Lịch sử / history", title_justify="left")
    for entry in history.steps:
        vi, en, when = STEPS.get(entry.kind, (entry.kind, "", ""))
        told = entry.facts.get(when)
        recorded = clock(entry.recorded_at)
        at = clock(datetime.fromisoformat(told)) if isinstance(told, str) else recorded
        words = [escape(said) for said in (entry.reason, *entry.items, *_facts(entry)) if said]
        if at != recorded:
            words.append(f"[dim]ghi lúc / recorded {recorded}[/]")
        story.add_row(str(entry.version), at, f"{vi}\n[dim]{en}[/]", "\n".join(words))
    return story


def _facts(entry: queries.CaseStep) -> Iterator[str]:
    """What an event says besides when: which limit moved from when to when and why, what was decided, why it ended."""
    facts = entry.facts
    if isinstance(kind := facts.get("limit"), str):
        yield limit(LimitKind(kind))
    for old, new in ((facts.get("old_due_at"), facts.get("due_at")), (facts.get("old_by"), facts.get("by"))):
        if isinstance(old, str) and isinstance(new, str):
            yield f"{clock(datetime.fromisoformat(old))} → {clock(datetime.fromisoformat(new))}"
    if facts.get("was_overdue"):
        yield "đã quá hạn khi lịch được công bố / had passed when the calendar was published"
    vi, en = facts.get("reason_vi"), facts.get("reason_en")
    if isinstance(vi, str) and isinstance(en, str):
        yield reason(vi, en)
    if isinstance(outcome := facts.get("outcome"), str):
        yield OUTCOMES[Outcome(outcome)]
    if isinstance(cause := facts.get("cause"), str):
        yield CAUSES[StopCause(cause)]


def instants(view: queries.CaseView) -> Iterator[tuple[str, datetime | None, str]]:
    """What a case has to do with time: label, instant (None: there is nothing to say), and why it is so."""
    extended = view.new_due_at is not None
    holds = view.deadline_steps[-1].article if view.deadline_steps else ""
    first = view.first_due_at if view.first_due_at != view.due_at else None
    paused = view.due_at_paused if extended or view.due_at_paused != view.due_at else None
    after = ", tính từ lần hẹn lại / from the new date on" if extended else ""
    yield "Hạn trả / due", view.due_at, holds
    yield "  trên giấy hẹn / on the receipt", first, "NĐ 118/2025 Đ17.3"
    yield "  hẹn lại lúc / extended at", view.extended_at, "NĐ 118/2025 Đ19.6"
    yield "  cách đọc QĐ 766 / by Decision 766", paused, f"QĐ 766/QĐ-TTg mục 2.1{after}"
    yield "Chuyển giấy trước / paper forwarded by", view.forward_by, "NĐ 118/2025 Đ18.2"
    yield "Việc tiếp theo trước / next step by", view.act_by if view.act_by != view.due_at else None, ""


def sections(cases: list[queries.ListedCase]) -> list[Table]:
    """A list in parts by how urgent they are, in its order; columns are as wide in each."""
    rows = [
        (each.case_code or str(each.case_id), STATE_NAMES[each.state][0], each.procedure, each.receiving_unit)
        for each in cases
    ]
    titles = ("mã / code", "trạng thái / state", "thủ tục", "xã / unit", "trước / by")
    widths = [max(len(cell) for cell in column) for column in zip(titles[:4], *rows, strict=True)]
    found: list[Table] = []
    for urgency, part in groupby(zip(cases, rows, strict=True), key=lambda pair: pair[0].urgency):
        style = _STYLES.get(urgency, "") if urgency else ""
        name = " / ".join(URGENCY_NAMES[urgency]) if urgency else "đã xong / done"
        table = Table(box=None, pad_edge=False, title=Text(name, f"bold {style}"), title_justify="left")
        table.show_header = not found
        table.add_column(titles[0], overflow="fold", min_width=min(widths[0], _CODE_WIDTH))  # an id may be folded
        for title, width in zip(titles[1:], [*widths[1:], 0], strict=True):
            table.add_column(title, no_wrap=True, min_width=width)
        for each, cells in part:
            table.add_row(*cells, Text(("" if each.act_by else "từ ") + clock(each.queue_at), style))
        found.append(table)
    return found


def _state(state: CaseState, lang: str) -> str:
    return STATE_NAMES[state][0 if lang == "vi" else 1]


def _both(state: CaseState) -> str:
    return f"[bold]{STATE_NAMES[state][0]}[/] / {STATE_NAMES[state][1]}"
