"""`tiepsuc people`: looking after the keys that people's data are encrypted under."""

import asyncio

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from contracts.intake.commands.people import MasterKeyRotated, RotateMasterKey
from services.chassis.command_group import Group
from services.chassis.connect import operator
from services.chassis.ids import uuid7


@click.group("people", cls=Group)
def people() -> None:
    """Dữ liệu cá nhân / people's data."""


@people.command("rotate-master-key")
@click.option("--pieces", type=click.IntRange(1, 10_000), default=2_000, show_default=True, help="Mỗi lần / at once")
def rotate(pieces: int) -> None:
    """Bọc lại khóa của mọi người bằng khóa chủ mới nhất / wrap everybody's key under the newest master key.

    Có thể ngắt và chạy lại. / May be interrupted and run again.
    """
    console = Console()
    done, end = asyncio.run(_rotate(pieces, console))
    console.print(f"{done} khóa đã bọc lại bằng {end.key}. / {done} keys wrapped under {end.key}.", highlight=False)
    if end.left:
        console.print(
            f"[red]✗[/] {end.left} khóa vẫn dùng khóa chủ cũ: không mở được (xem nhật ký của intake), hoặc đang được "
            f"xử lý; hãy chạy lại. / {end.left} keys are still under an older master key: they do not open (see the "
            "log of intake), or somebody has them in hand; run it again.",
            highlight=False,
        )
        raise SystemExit(1)
    console.print(
        "Các khóa chủ cũ không còn dùng, có thể bỏ khỏi people.master. / "
        "The older master keys are not in use any more; they may leave people.master.",
        highlight=False,
    )


async def _rotate(pieces: int, console: Console) -> tuple[int, MasterKeyRotated]:
    done = 0
    wish = RotateMasterKey(pieces=pieces)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    async with operator() as (_, caller):
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("Bọc lại khóa / rewrapping keys", total=None)
            while True:
                piece = await caller.call("intake", wish, MasterKeyRotated, id=uuid7(), timeout=60)
                done += piece.rewrapped
                progress.update(task, completed=done, total=done + piece.left)
                if piece.last is None:
                    return done, piece
                wish = wish.model_copy(update={"after": piece.last})
