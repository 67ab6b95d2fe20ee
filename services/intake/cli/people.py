"""`tiepsuc people`: looking after the keys that people's data are encrypted under."""

import asyncio

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from contracts.intake.commands.people import MasterKeyRotated, RotateMasterKey
from services.chassis.connect import operator
from services.chassis.ids import uuid7


@click.group("people")
def people() -> None:
    """Dữ liệu cá nhân / people's data."""


@people.command("rotate-master-key")
@click.option("--pieces", type=click.IntRange(1, 10_000), default=2_000, show_default=True, help="Mỗi lần / at once")
def rotate(pieces: int) -> None:
    """Bọc lại khóa của mọi người bằng khóa chủ mới nhất / wrap everybody's key under the newest master key.

    Có thể ngắt và chạy lại. / May be interrupted and run again.
    """
    console = Console()
    done, key = asyncio.run(_rotate(pieces, console))
    console.print(
        f"{done} khóa đã bọc lại bằng {key}; các khóa chủ khác không còn dùng, có thể bỏ khỏi people.master. / "
        f"{done} keys wrapped under {key}; no other master key is in use, they may leave people.master.",
        highlight=False,
    )


async def _rotate(pieces: int, console: Console) -> tuple[int, str]:
    done = 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    async with operator() as (_, caller):
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("Bọc lại khóa / rewrapping keys", total=None)
            while True:
                piece = await caller.call(
                    "intake", RotateMasterKey(pieces=pieces), MasterKeyRotated, id=uuid7(), timeout=60
                )
                done += piece.rewrapped
                progress.update(task, completed=done, total=done + piece.left)
                if not piece.left:
                    return done, piece.key
                if not piece.rewrapped:
                    await asyncio.sleep(1)  # another such command has the rest in hand
