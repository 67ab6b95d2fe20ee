"""A province's own system gets its events and no others, with the contracts and nats-py only."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import nats
import pytest
from nats.aio.client import Client
from nats.errors import TimeoutError as NatsTimeoutError

import deploy.samples
from contracts.topology import TOPOLOGY
from services.operations.embedded.stack import Stack, running
from services.operations.provisioning import secrets

SAMPLES = Path(deploy.samples.__file__).parent
SCRIPT = SAMPLES / "subscribe_province.py"
LOG = SAMPLES / "ho-dac-kien-2025-07.csv"
USER = "province-92"


@pytest.fixture
def home() -> Iterator[Path]:
    """A home that PostgreSQL's user can reach, unlike pytest's own temporary folders."""
    folder = Path(tempfile.mkdtemp(prefix="tiepsuc-test-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_the_script_needs_the_contracts_and_nats_only() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} - sys.stdlib_module_names == {"contracts", "nats"}
    main = next(node for node in tree.body if isinstance(node, ast.AsyncFunctionDef))
    assert main.end_lineno is not None
    assert main.end_lineno - main.lineno <= 12


async def test_a_province_gets_its_events_and_nothing_else(home: Path) -> None:
    async with running(home) as stack, script(stack) as printed:
        await tiepsuc(home, "import", str(LOG), "--json")
        published = await events_in_the_log(stack)
        wanted = {event for event, subject in published if subject.endswith(".92")}
        assert len(wanted) > 2000
        assert wanted < {event for event, _ in published}

        events = [json.loads(await printed.readline()) for _ in wanted]
        assert {event["id"] for event in events} == wanted
        assert {event["province"] for event in events} == {"92"}
        assert "tiepsuc.intake.case.accepted.v1" in {event["type"] for event in events}
        with pytest.raises(TimeoutError):  # and no more
            await asyncio.wait_for(printed.readline(), 1)

        await assert_everything_else_is_refused(stack)


async def assert_everything_else_is_refused(stack: Stack) -> None:
    async with connected(stack) as (client, errors):
        await client.subscribe("evt.intake.*.*.*.92")
        await client.flush()
        assert errors == []

        for subject in ("evt.intake.*.*.*.01", "evt.intake.case.accepted.v1.00", "evt.>", "_INBOX_reporting.>"):
            await client.subscribe(subject)
            assert (
                await refusal(client, errors) == f'nats: permissions violation for subscription to "{subject.lower()}"'
            )

        for subject in (
            "evt.intake.case.accepted.v1.92",
            "cmd.intake.accept-case.v1",
            "qry.intake.case-counts.v1",
            "$JS.API.STREAM.DELETE.INTAKE",
            "$JS.API.CONSUMER.MSG.NEXT.INTAKE.reporting",
        ):
            await client.publish(subject, b"{}")
            assert await refusal(client, errors) == f'nats: permissions violation for publish to "{subject.lower()}"'

        reporting = await client.jetstream().pull_subscribe_bind(durable="reporting", stream="INTAKE")
        with pytest.raises(NatsTimeoutError):
            await reporting.fetch(1, timeout=1)


async def refusal(client: Client, errors: list[str]) -> str:
    """What the server said to the last thing we did; the flush waits for its answer."""
    await client.flush()
    async with asyncio.timeout(5):
        while not errors:
            await asyncio.sleep(0.01)
    return errors.pop().lower()


@asynccontextmanager
async def connected(stack: Stack) -> AsyncIterator[tuple[Client, list[str]]]:
    """A connection with the province's key, and what the server complains about."""
    errors: list[str] = []

    async def note(error: Exception) -> None:
        errors.append(str(error))

    seed = stack.secrets_dir / USER / "nats.seed"
    client = await nats.connect(stack.nats_url, nkeys_seed=str(seed), inbox_prefix=f"_INBOX_{USER}", error_cb=note)
    try:
        yield client, errors
    finally:
        await client.close()


@asynccontextmanager
async def script(stack: Stack) -> AsyncIterator[asyncio.StreamReader]:
    """What the sample script prints, run as a province would run it."""
    seed = stack.secrets_dir / USER / "nats.seed"
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(SCRIPT), stack.nats_url, USER, str(seed), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def tiepsuc(home: Path, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.operations",
        *arguments,
        env=os.environ | {"TIEPSUC_HOME": str(home)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()


async def events_in_the_log(stack: Stack) -> list[tuple[str, str]]:
    """Id and subject of every event that intake has written."""
    connection: asyncpg.Connection[Any] = await asyncpg.connect(
        host="127.0.0.1",
        port=stack.ports["postgres"],
        user="postgres",
        password=secrets.read(stack.secrets_dir, secrets.PROVISIONER, "database.password"),
        database="intake",
    )
    try:
        return [(str(row[0]), row[1]) for row in await connection.fetch("select event_id, subject from outbox")]
    finally:
        await connection.close()


def test_the_durable_is_the_topologys() -> None:
    (durable,) = TOPOLOGY.durables_of(USER)
    assert (durable.stream, durable.name, durable.filters) == ("INTAKE", USER, ("evt.intake.*.*.*.92",))
