"""`tiepsuc demo`: the embedded stack, the sample month from import to report, and then it stays up."""

import asyncio
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from contracts.refusals import CommonRefusal, Refused
from services.chassis.connect import home
from services.operations.terminal import StopSignals, lasting

if TYPE_CHECKING:
    from services.operations.embedded.stack import Stack

_VISIBLE_WITHIN = 60.0
_SAMPLE = Path("deploy/samples/ho-dac-kien-2025-07.csv")


@click.command("demo")
@click.option("--exit", "leave", is_flag=True, help="Xong thì dừng / end when done")
def demo(leave: bool) -> None:
    """Chạy cả hệ thống với tháng mẫu / the whole system with the sample month."""
    signals = StopSignals()
    console = Console(file=lasting(sys.stdout))
    log = Path(__file__).parents[2] / _SAMPLE
    if not log.exists():
        raise click.ClickException(f"Không thấy sổ mẫu / the sample log is not there: {log}")
    try:
        done = asyncio.run(_until_stopped(log, console, leave, signals))
    except (TimeoutError, RuntimeError) as error:  # a part does not start, or what it did cannot be seen
        raise click.ClickException(str(error)) from error
    if leave and not done and signals.received is not None:  # it was asked to do something, and has not done it
        sys.exit(128 + signals.received)


async def _until_stopped(log: Path, console: Console, leave: bool, signals: StopSignals) -> bool:
    """Works until it is done or told to stop, and stops in order either way; whether it was done."""
    work = asyncio.create_task(_work(log, console, leave))
    stop = asyncio.create_task(signals.wait())
    await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
    if not work.done():
        console.print("\nĐang dừng… / stopping…")
        work.cancel()
        await asyncio.wait({work})
        if work.cancelled():
            return False
    stop.cancel()
    await work
    return True


async def _work(log: Path, console: Console, leave: bool) -> None:
    from services.operations.embedded.stack import running  # noqa: PLC0415 - keeps `tiepsuc --help` quick

    console.print("Khởi động… / starting…")
    async with running(home()) as stack:
        console.print(f"Sẵn sàng sau {stack.seconds_to_ready:.1f} giây / ready in {stack.seconds_to_ready:.1f} s")
        await _story(log, console)
        _addresses(stack, console)
        if not leave:
            console.print("\nỞ cửa sổ khác / in another terminal: [bold].venv/bin/tiepsuc status[/]")
            console.print("Ctrl-C để dừng / to stop")
            await asyncio.Event().wait()


def _addresses(stack: "Stack", console: Console) -> None:
    from services.operations.embedded.ports import PREFERRED  # noqa: PLC0415 - as above

    console.print("\nĐịa chỉ / addresses:")
    console.print(f"  {'NATS':11} {stack.nats_url}")
    console.print(f"  {'PostgreSQL':11} 127.0.0.1:{stack.ports['postgres']}")
    for name in stack.children:
        if name not in {"nats", "postgres"}:
            console.print(f"  {name:11} http://127.0.0.1:{stack.ports[name]}/ready")
    if other := [name for name, port in stack.ports.items() if port != PREFERRED[name]]:
        console.print(f"Không dùng cổng thường lệ / not on their usual ports: {', '.join(other)}")


async def _story(log: Path, console: Console) -> None:
    """Import, wait until every event has taken effect, report."""
    importing, reporting = _part("import"), _part("report")
    console.print("\nSổ mẫu tổng hợp, không có thật / a synthetic sample log:", log.name, highlight=False)
    try:
        summary = await importing.run(log, log.with_suffix(".rejects.csv"), "vi", console, resumable=False)
    except importing.BadFile as error:
        raise click.ClickException(str(error)) from error
    importing.show(summary, console)
    wish = reporting.FormII06a(unit="31570", first_day="2025-07-01", last_day="2025-07-29")
    wanted = summary.imported + summary.advanced + summary.already_present
    try:
        async with asyncio.timeout(_VISIBLE_WITHIN):
            while (form := await _asked(reporting, wish)) is None or form.total.received < wanted:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise TimeoutError(
            f"Sau {_VISIBLE_WITHIN:.0f} giây, biểu vẫn chưa đủ {wanted} hồ sơ. / "
            f"After {_VISIBLE_WITHIN:.0f} s the form still has not all {wanted} cases."
        ) from None
    reporting.show(form, console)


async def _asked(reporting: Any, wish: Any) -> Any:
    """The form; None while reporting has not heard of the unit yet."""
    try:
        return await reporting.ask(wish)
    except Refused as refused:
        if refused.refusal.code != CommonRefusal.NOT_FOUND:
            raise
        return None


def _part(name: str) -> Any:
    """The module of a service's part of the command; operations does not import services."""
    (found,) = entry_points(group="tiepsuc.commands", name=name)
    found.load()
    return sys.modules[found.module]
