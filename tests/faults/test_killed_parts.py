"""kill -9 of every part, again and again, while cases pour in."""

import asyncio
from pathlib import Path

import pytest

from contracts.topology import SERVICES
from tests.faults.scene import FULL, scene

pytestmark = pytest.mark.timeout(600)

CASES = 20_000 if FULL else 3_000
TIMES = 5 if FULL else 1
PARTS = ("nats", "postgres", "provisioner", *SERVICES)


async def test_every_part_is_killed_under_load(home: Path) -> None:
    async with scene(home) as here:
        here.load(CASES)
        here.load(CASES)
        await asyncio.sleep(1)
        struck = await here.blows(PARTS, TIMES)
        await here.settle()
        assert struck >= TIMES
        for name in PARTS:
            assert here.stack.children[name].restarts >= 1


async def test_a_crash_between_commit_and_acknowledgement_applies_nothing_twice(home: Path) -> None:
    async with scene(home, crash=0.1) as here:
        here.load(CASES)
        await here.settle()
        assert here.stack.children["reporting"].restarts > 0


async def test_two_replicas_share_the_work_and_one_dies(home: Path) -> None:
    async with scene(home) as here:
        for name in ("intake", "reporting"):
            await here.replica(name)
        here.load(CASES)
        await here.blows(("intake", "reporting"), TIMES)
        await here.settle()


async def test_nats_absent_at_start(home: Path) -> None:
    async with scene(home) as here:
        await here.stop("nats", *SERVICES)
        await here.start(*SERVICES)
        await asyncio.sleep(5)
        assert {name: await here.ready(name) for name in SERVICES} == dict.fromkeys(SERVICES, False)
        await here.assert_nothing_spins()
        await here.start("nats")
        here.load(CASES)
        await here.settle()
