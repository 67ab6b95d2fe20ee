"""`tiepsuc demo`: the embedded stack, the sample month from import to report, and then it stays up."""

import asyncio
import signal
import sys
from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from contracts.refusals import CommonRefusal, Refused
from services.chassis.connect import home

_VISIBLE_WITHIN = 60.0
_SAMPLE = Path("deploy/samples/ho-dac-kien-2025-07.csv")


@click.command("demo")
@click.option("--exit", "leave", is_flag=True, help="Xong thì dừng / end when done")
@click.option("--file", type=click.Path(path_type=Path, exists=True), default=None, help="Sổ hồ sơ khác / another log")
def demo(leave: bool, file: Path | None) -> None:
    """Chạy cả hệ thống với tháng mẫu / the whole system with the sample month."""
    console = Console()
    log = file or Path(__file__).parents[2] / _SAMPLE
    if not log.exists():
        raise click.ClickException(f"Không thấy sổ mẫu / the sample log is not there: {log}")
    try:
        asyncio.run(_run(log, console, leave))
    except (TimeoutError, asyncio.CancelledError) as error:
        console.print(str(error) or "Đã dừng / stopped")
        sys.exit(1)


async def _run(log: Path, console: Console, leave: bool) -> None:
    from services.operations.embedded.stack import running  # noqa: PLC0415 - keeps `tiepsuc --help` quick

    stop = asyncio.Event()
    main = asyncio.current_task()
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        if stop.is_set() or main is None:
            return
        stop.set()
        if not ready.is_set():
            main.cancel()

    ready = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, on_signal)
    console.print("Khởi động… / starting…")
    async with running(home()) as stack:
        ready.set()
        console.print(f"Sẵn sàng sau {stack.seconds_to_ready:.1f} giây / ready in {stack.seconds_to_ready:.1f} s")
        await _story(log, console)
        if leave or stop.is_set():
            return
        console.print("\nĐịa chỉ / addresses:")
        console.print(f"  NATS        {stack.nats_url}")
        console.print(f"  PostgreSQL  127.0.0.1:{stack.ports['postgres']}")
        for name in (*stack.children,):
            if name not in {"nats", "postgres"}:
                console.print(f"  {name:11} http://127.0.0.1:{stack.ports[name]}/ready")
        console.print("Ctrl-C để dừng / to stop")
        await stop.wait()
        with suppress(OSError):  # a closed terminal takes no more text
            console.print("Đang dừng… / stopping…")


async def _story(log: Path, console: Console) -> None:
    """Import, wait until every event has taken effect, report."""
    importing, reporting = _part("import"), _part("report")
    console.print(f"\nSổ hồ sơ mẫu, số liệu tổng hợp (không có thật) / synthetic sample log: {log.name}")
    summary = await importing.run(log, log.with_suffix(".rejects.csv"), "vi", console)
    importing.show(summary, console)
    wish = reporting.FormII06a(unit="31570", first_day="2025-07-01", last_day="2025-07-29")
    wanted = summary.imported + summary.advanced + summary.already_present
    async with asyncio.timeout(_VISIBLE_WITHIN):
        while (form := await _asked(reporting, wish)) is None or form.total.received < wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
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
