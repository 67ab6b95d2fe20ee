"""`tiepsuc verify`: logs, streams, gates and projections agree, or it is said in counts what differs."""

import asyncio
import sys
from contextlib import nullcontext

import click
from rich.console import Console

from contracts.topology import TOPOLOGY
from services.chassis.connect import operator
from services.operations import verdict
from services.operations.survey import Survey
from services.operations.verdict import ProjectionCheck, SubscriberCheck, Verification
from services.operations.words import table, tell
from services.worktime.clock import SystemClock


@click.command("verify")
@click.option("--wait", type=click.FloatRange(min=0), default=30.0, show_default=True, help="Giây chờ tối đa / seconds")
@click.option("--json", "as_json", is_flag=True, help="In JSON / print JSON")
def verify(wait: float, as_json: bool) -> None:
    """Đối soát mọi sự kiện (mã thoát 1: có sai lệch) / reconcile everything (exit code 1: something differs)."""
    console = Console(stderr=as_json, quiet=as_json)
    found = asyncio.run(run(wait, console))
    if as_json:
        click.echo(found.model_dump_json(indent=2))
    else:
        show(found, console)
    sys.exit(0 if found.ok else 1)


async def run(wait: float, console: Console) -> Verification:
    """Compares everything, once what was on its way has arrived or `wait` seconds have passed."""
    spinner = console.status("…") if console.is_terminal and not console.quiet else nullcontext()
    async with operator() as (client, caller):
        with spinner as shown:
            survey = Survey(client, caller, TOPOLOGY, lambda text: shown.update(text) if shown else None)
            await survey.assert_reachable()
            waited = await survey.settle(wait)
            logs = [await survey.log(owner) for owner in survey.owners]
            by_owner = {each.owner: each for each in logs}
            consumers = [await survey.consumer(by_owner[owner], spec) for owner, spec in survey.consumers]
            cases = await survey.cases(max(wait - waited, 0))
            moving = await survey.moving()
            outside = await survey.subscribers()
    still = sum(len(each.judged.on_the_way) for each in consumers)
    differences = [
        *(finding for each in logs for finding in verdict.of_log(each)),
        *(finding for each in consumers for finding in verdict.of_consumer(each)),
        *verdict.of_projection(cases),
    ]
    return Verification(
        ok=not differences,
        at=SystemClock().now(),
        waited_seconds=round(waited, 1),
        on_the_way=max(moving, still),
        logs=[verdict.log_check(each) for each in logs],
        consumers=[verdict.consumer_check(each) for each in consumers],
        subscribers=[
            SubscriberCheck(name=each.name, stream=each.stream, lag=each.lag, unacknowledged=each.unacknowledged)
            for each in outside
        ],
        projections=[
            ProjectionCheck(
                name="cases",
                source="intake",
                projection="reporting",
                cases=cases.cases,
                projected=cases.projected,
                cells=cases.cells,
                differing=len(cases.differing),
                by_hand=cases.by_hand,
            )
        ],
        differences=differences,
    )


def show(found: Verification, console: Console) -> None:
    """A table of counts, then each difference in words."""
    logs = table("Nhật ký → luồng/log → stream", "sự kiện/events>", "còn/held>", "hết hạn/expired>", "mất/lost>")
    for log in found.logs:
        logs.add_row(log.owner, str(log.events), str(log.held), str(log.expired), str(log.lost + log.went_back))
    console.print(logs, "")
    gates = table(
        "Nơi nhận/consumer",
        "thiếu/lack>",
        "dừng/stopped>",
        "vượt/ahead>",
        "chờ/waiting>",
        "thư chết/dead>",
    )
    for gate in found.consumers:
        gates.add_row(
            f"{gate.owner} → {gate.service}",
            str(gate.behind + gate.missing),
            str(gate.blocked),
            str(gate.ahead),
            str(gate.parked),
            str(gate.dead),
        )
    for each in found.subscribers:
        gates.add_row(f"{each.stream.lower()} → {each.name}", "–", "–", "–", str(each.lag + each.unacknowledged), "–")
    console.print(gates, "")
    figures = table("Số liệu/figures", "nguồn/source>", "bản chiếu/projection>", "khác/differ>", "xử lý tay/by hand>")
    for figure in found.projections:
        figures.add_row(
            f"{figure.source} → {figure.projection}",
            str(figure.cases),
            str(figure.projected),
            str(figure.differing),
            str(figure.by_hand),
        )
    console.print(figures)
    console.print()
    if found.on_the_way:
        console.print(
            f"{found.on_the_way} sự kiện vẫn đang trên đường, không tính là sai lệch. / "
            f"{found.on_the_way} events are still on their way, and no difference.",
            highlight=False,
        )
    if found.ok:
        console.print("[green]✓[/] Mọi thứ khớp nhau / everything agrees")
    tell(found.differences, console)
