"""`tiepsuc queue`: the board of a centre's counters, and the few commands to try it out."""

import asyncio
from typing import TypeVar

import click
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from contracts.intake.assistance import Need
from contracts.intake.commands.queue import CallNext, FinishService, IssueTicket, StartService, TicketMoved
from contracts.intake.counter import Purpose, Series, ServiceOutcome, TicketState
from contracts.intake.queries.queue import AtCounter, Queue, QueueView
from services.chassis.command_group import Group
from services.chassis.command_options import UnitCode
from services.chassis.connect import operator
from services.chassis.ids import uuid7
from services.worktime.clock import ZONE

Result = TypeVar("Result", bound=BaseModel)

_unit = click.option("--unit", type=UnitCode(commune=True), required=True, help="Mã xã / the commune's code")
_counter = click.option("--counter", type=click.IntRange(1, 99), required=True, help="Số quầy / the counter's number")
_json = click.option("--json", "as_json", is_flag=True, help="In JSON / print JSON")


@click.group("queue", cls=Group)
def queue() -> None:
    """Hàng đợi tại quầy / the queue at a centre's counters."""


@queue.command("show")
@_unit
@_json
def board(unit: str, as_json: bool) -> None:
    """Bảng gọi số hôm nay / today's board."""
    view = asyncio.run(_ask(Queue(unit=unit), QueueView))
    if as_json:
        click.echo(view.model_dump_json(indent=2))
    else:
        show(view, Console())


@queue.command("issue")
@_unit
@click.option(
    "--purpose", type=click.Choice([each.value for each in Purpose]), default="receive", help="Đến để / came for"
)
@click.option(
    "--need", "needs", type=click.Choice([each.value for each in Need]), multiple=True, help="Ưu tiên / who comes first"
)
@_json
def issue(unit: str, purpose: str, needs: tuple[str, ...], as_json: bool) -> None:
    """Lấy số / take a number."""
    wish = IssueTicket(ticket_id=uuid7(), unit=unit, purpose=Purpose(purpose), needs=tuple(map(Need, needs)))
    _tell(asyncio.run(_ask(wish, TicketMoved)), as_json)


@queue.command("call")
@_unit
@_counter
@_json
def call(unit: str, counter: int, as_json: bool) -> None:
    """Gọi người kế tiếp / call whose turn it is."""
    _tell(asyncio.run(_ask(CallNext(unit=unit, counter=counter), TicketMoved)), as_json)


@queue.command("finish")
@_unit
@_counter
@click.option("--no-show", is_flag=True, help="Không ai đến / nobody came")
@_json
def finish(unit: str, counter: int, no_show: bool, as_json: bool) -> None:
    """Quầy xong việc với người đang phục vụ / a counter is done with whom it serves."""
    _tell(asyncio.run(_finish(unit, counter, no_show)), as_json)


async def _finish(unit: str, counter: int, no_show: bool) -> TicketMoved:
    async with operator() as (_, caller):
        view = await caller.call("intake", Queue(unit=unit), QueueView)
        here = next((each for each in view.counters if each.counter == counter), None)
        if here is None:
            raise click.ClickException(f"Quầy {counter} không có ai / nobody is at counter {counter}")
        if here.state is TicketState.CALLED and not no_show:
            await caller.call("intake", StartService(ticket_id=here.ticket_id), TicketMoved)
        outcome = ServiceOutcome.NO_SHOW if no_show else ServiceOutcome.DONE
        return await caller.call("intake", FinishService(ticket_id=here.ticket_id, outcome=outcome), TicketMoved)


async def _ask(wish: BaseModel, result: type[Result]) -> Result:
    async with operator() as (_, caller):
        return await caller.call("intake", wish, result)


def _tell(moved: TicketMoved, as_json: bool) -> None:
    if as_json:
        click.echo(moved.model_dump_json(indent=2))
        return
    where = f" → quầy / counter {moved.counter}" if moved.counter else ""
    ahead = f", trước bạn / ahead of you: {moved.ahead}" if moved.ahead is not None else ""
    click.echo(f"{moved.number}: {_STATE[moved.state]}{where}{ahead}")


_STATE = {
    TicketState.WAITING: "đang chờ / waiting",
    TicketState.CALLED: "mời đến quầy / called",
    TicketState.SERVING: "đang phục vụ / being served",
    TicketState.DONE: "đã xong / done",
    TicketState.NO_SHOW: "vắng mặt / no-show",
    TicketState.LEFT: "đã rời đi / left",
    TicketState.EXPIRED: "hết ngày / expired",
}


_SERIES = {Series.ORDINARY: "A thường / ordinary", Series.PRIORITY: "U ưu tiên / priority"}


def show(view: QueueView, console: Console) -> None:
    """The board: who is at which counter, and who waits."""
    counters = Table("Quầy", "Số", "Trạng thái / state", "Từ lúc / since", box=None, pad_edge=False)
    for at in view.counters:
        counters.add_row(str(at.counter) + (" ★" if at.reserved else ""), at.number, *_since(at))
    if view.counters:
        console.print(counters)
    else:
        console.print("[dim]Chưa quầy nào có người / nobody is at a counter[/]")
    waiting = Table("Loại", "Chờ / waiting", "Lâu nhất / longest", "Quá hạn / over", "Kế tiếp / next", box=None)
    waiting.add_column("Ước tính / estimate", justify="right")
    for each in view.waiting:
        estimate = "–" if each.estimate_minutes is None else f"{each.estimate_minutes} phút"
        waiting.add_row(
            _SERIES[each.series],
            str(each.waiting),
            f"{each.longest_minutes} phút",
            str(each.over_limit),
            " ".join(each.next_numbers),
            estimate,
        )
    console.print(waiting)
    console.print(f"Đã phục vụ / served: {view.served}", highlight=False)


def _since(at: AtCounter) -> tuple[str, str]:
    return _STATE[at.state], f"{at.since.astimezone(ZONE):%H:%M}"
