"""A service's life as a process: how it waits, what it says of itself, how it stops, with which code it ends."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import nats
import psutil
import pytest
import pytest_asyncio
from nats.aio.client import Client

from contracts.topology import TOPOLOGY
from services.chassis.guards import ExitCode
from services.operations.embedded.stack import Stack, running
from services.operations.provisioning import secrets
from tests.support import slow_reporting
from tests.support.served import Served, down, serving
from tests.support.stack import command, converged, database, new_home, sample_in

pytestmark = pytest.mark.asyncio(loop_scope="module")

IDLE = 0.3
"""The share of a core below which a process does not spin: many times what it needs, a third of what a spin takes."""


@dataclass
class Early:
    """What was seen of a service that started before everything else."""

    stack: Stack
    findings: dict[str, str]
    cpu_share: float
    restarted: bool


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def early() -> AsyncIterator[Early]:
    """A stack with intake, and what reporting did before and while it came up."""
    with new_home() as home:
        secrets.create(home / "secrets", TOPOLOGY)
        async with serving(home, "reporting") as served:
            waiting = await served.finds(lambda found: "database: " in found.get("process", ""), 20)
            share = await served.cpu_share(2)
            async with running(home, ("intake",)) as stack:
                await served.ready()
                served.process.terminate()
                code = await served.ended(10)
                yield Early(stack, waiting, share, restarted=code != ExitCode.STOPPED)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(early: Early) -> Stack:
    return early.stack


async def test_it_waits_for_what_is_not_there_yet_and_says_for_what(early: Early) -> None:
    assert early.findings["process"].startswith("waiting for the database: ConnectionRefused")
    assert early.cpu_share < IDLE
    assert not early.restarted


async def test_it_tells_the_truth_and_does_not_spin_while_nats_is_away(stack: Stack) -> None:
    async with (
        serving(stack.home, "reporting") as served,
        serving(stack.home, "scheduling", TIEPSUC_LOST_SECONDS="3") as impatient,
    ):
        await served.ready()
        await impatient.ready()
        assert await served.cpu_share(3) < IDLE, "idle"
        async with down(stack.children["nats"]):
            found = await served.finds(lambda found: "nats" in found, 5)
            assert found["nats"] == "not connected"
            assert await served.cpu_share(5) < IDLE, "without NATS"
            assert await impatient.ended(15) == ExitCode.CONNECTION_LOST
            assert "no NATS connection for" in impatient.text
        await served.ready()
        assert served.process.poll() is None


async def test_it_tells_the_truth_while_postgresql_hangs_or_is_away(stack: Stack) -> None:
    async with serving(stack.home, "reporting") as served:
        await served.ready()
        pid = stack.children["postgres"].pid
        assert pid is not None
        server = [psutil.Process(pid), *psutil.Process(pid).children()]
        for process in server:
            process.suspend()
        try:
            for _ in range(4):
                found = await served.findings()
                assert found["database"], "a prober gets its answer"
        finally:
            for process in reversed(server):
                process.resume()
        await served.ready(30)
        async with down(stack.children["postgres"]):
            found = await served.finds(lambda found: {"database", "relay"} <= set(found), 10)
            assert "nats" not in found
            assert await served.cpu_share(3) < IDLE
        await served.ready(30)


async def test_sigterm_finishes_what_is_in_hand(stack: Stack) -> None:
    module = (slow_reporting.__name__,)
    async with serving(stack.home, "reporting", module=module) as served:
        await served.ready()
        await command(stack.home, "import", sample_in(stack.home), "--json")
        async with asyncio.timeout(20):
            while slow_reporting.BEGUN not in served.text:
                await asyncio.sleep(0.02)
        os.kill(served.process.pid, signal.SIGTERM)
        assert await served.ended(15) == ExitCode.STOPPED
        begun = [line for line in served.text.splitlines() if line.startswith(slow_reporting.BEGUN)]
        async with database(stack, "reporting") as connection:
            applied = await connection.fetchval("select coalesce(sum(version), 0) from gate")
        in_hand = sum(int(line.split()[-2]) for line in begun)
        assert applied >= in_hand > 0, "committed"
    async with serving(stack.home, "reporting") as served:
        await served.ready()
        # What was left fetched and not acknowledged would come again only `ack_wait` after the stop.
        await converged(stack, TOPOLOGY.durables_of("reporting")[0].ack_wait.total_seconds() - 4)
        assert 'outcome="applied"' in await served.metrics()
        assert 'outcome="duplicate"' not in await served.metrics(), "what was committed was acknowledged"


async def test_a_durable_that_is_gone_ends_it_and_the_next_one_waits_for_it(stack: Stack) -> None:
    async with serving(stack.home, "reporting") as served:
        await served.ready()
        async with down(stack.children["provisioner"]):
            await _delete_durable(stack)
            found = await served.finds(lambda found: "durables" in found, 5)
            assert found["durables"] == "no durable on INTAKE"
            assert await served.cpu_share(2) < IDLE, "a fetch from nowhere fails at once"
            assert await served.ended(20) == ExitCode.CANNOT_CONSUME
            next_one = Served(stack.home, "reporting")
            try:
                await next_one.finds(lambda found: found == {"process": "waiting for its durables"}, 20)
                assert await next_one.cpu_share(2) < IDLE
            except BaseException:
                next_one.process.kill()
                raise
        try:
            await next_one.ready()
        finally:
            next_one.process.kill()
            next_one.process.wait()


async def test_a_durable_made_anew_ends_it_too(stack: Stack) -> None:
    """Its fetches may hang on the old one: only a fresh subscription is sure to read the new one."""
    async with serving(stack.home, "reporting") as served:
        await served.ready()
        await _delete_durable(stack)
        assert await served.ended(20) == ExitCode.CANNOT_CONSUME


async def test_sigterm_stops_it_soon_when_everything_else_is_gone(stack: Stack) -> None:
    """As when the supervisor was killed: the kernel tells all of its children at the same moment."""
    async with serving(stack.home, "reporting") as served:
        await served.ready()
        async with down(stack.children["nats"]), down(stack.children["postgres"]):
            served.process.terminate()
            assert await served.ended(15) == ExitCode.STOPPED


async def test_what_it_cannot_start_with_is_told_with_a_code_of_its_own(stack: Stack) -> None:
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"TIEPSUC_SECRETS_DIR": ""}, "TIEPSUC_SECRETS_DIR: Field required"),
        ({"TIEPSUC_SECRETS_DIR": "/nowhere"}, "/nowhere/database.password cannot be read"),
        ({"TIEPSUC_DRAIN_SECONDS": "0"}, "TIEPSUC_DRAIN_SECONDS: Input should be greater than 0"),
    )
    for env, told in wrong:
        async with serving(stack.home, "escalation", **env) as served:
            assert await served.ended(15) == ExitCode.MISCONFIGURED
            assert told in served.text
            assert "Traceback" not in served.text
    weak = stack.home / "secrets" / "escalation" / "database.password"
    good = weak.read_text()
    try:
        weak.write_text("postgres")
        async with serving(stack.home, "escalation", TIEPSUC_ENVIRONMENT="production") as served:
            assert await served.ended(15) == ExitCode.MISCONFIGURED
            assert f"{weak} holds a default or short value" in served.text
    finally:
        weak.write_text(good)


async def test_it_waits_for_a_server_that_does_not_know_it_yet(stack: Stack) -> None:
    seed = stack.home / "secrets" / "escalation" / "nats.seed"
    good = seed.read_text()
    try:
        secrets.write_private(seed, secrets._new_seed())
        async with serving(stack.home, "escalation") as served:
            found = await served.finds(lambda found: "Authorization Violation" in found.get("process", ""), 20)
            assert found["process"].startswith("waiting for NATS: ")
            assert await served.cpu_share(2) < IDLE
    finally:
        secrets.write_private(seed, good)


async def test_a_taken_port_ends_it(stack: Stack) -> None:
    async with serving(stack.home, "reporting") as first:
        await first.ready()
        async with serving(stack.home, "reporting") as second:
            assert await second.ended(15) == ExitCode.FAILED
            assert "cannot listen on port" in second.text
        assert not await first.findings()


async def _delete_durable(stack: Stack) -> None:
    async with _provisioner(stack) as client:
        assert await client.jetstream().delete_consumer("INTAKE", "reporting")


@asynccontextmanager
async def _provisioner(stack: Stack) -> AsyncIterator[Client]:
    """A connection with the provisioner's rights."""
    client = await nats.connect(
        stack.nats_url,
        nkeys_seed=str(stack.secrets_dir / "provisioner" / "nats.seed"),
        inbox_prefix=b"_INBOX_provisioner",
    )
    try:
        yield client
    finally:
        await client.close()
