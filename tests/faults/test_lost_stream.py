"""JetStream loses everything, while running and while down; PostgreSQL is the truth and fills it again."""

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.faults.scene import FULL, scene

pytestmark = pytest.mark.timeout(600)

CASES = 20_000 if FULL else 3_000
TIMES = 4 if FULL else 1


def _delete(folder: Path) -> None:
    """Deletes a folder into which somebody writes meanwhile."""
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=True)


async def test_the_store_is_deleted_under_a_running_server(home: Path) -> None:
    async with scene(home) as here:
        for _ in range(TIMES):
            here.load(CASES)
            await asyncio.sleep(1.5)
            _delete(home / "jetstream")  # the server goes on with open files, and has nothing when it restarts
            await asyncio.sleep(1)
            here.kill("nats")
            await asyncio.sleep(2)
        await here.settle()
        info = await here.stream("INTAKE")
        assert info.state.messages >= 4 * here.cases


async def test_a_stream_deleted_by_hand_is_made_and_filled_again(home: Path) -> None:
    async with scene(home) as here:
        here.load(CASES)
        await asyncio.sleep(1.5)
        async with here.jetstream() as js:
            await js.delete_stream("INTAKE")
        await here.settle()


async def test_an_old_copy_of_the_store_is_brought_up_to_date(home: Path) -> None:
    async with scene(home) as here:
        here.load(CASES // 3)
        await here.loaded()
        await here.stop("nats")
        shutil.copytree(home / "jetstream", home / "old")
        await here.start("nats")
        here.load(CASES // 3)
        await here.loaded()
        await here.settle()
        await here.stop("nats")
        shutil.rmtree(home / "jetstream")
        shutil.move(home / "old", home / "jetstream")
        await here.start("nats")
        here.load(CASES // 3)
        await here.settle()
        info = await here.stream("INTAKE")
        assert info.state.messages >= 4 * here.cases
