"""An embedded stack for a test: its home, its command line, its databases, and what it must agree on."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from deploy.samples import generate
from services.operations.embedded.stack import Stack
from services.operations.provisioning import secrets

SAMPLE = Path(generate.__file__).with_name("ho-dac-kien-2025-07.csv")
_PORTS = range(20_000, 32_000)  # below those that the kernel hands out to outgoing connections


@contextmanager
def new_home() -> Iterator[Path]:
    """An empty home that PostgreSQL's user can reach, unlike pytest's own temporary folders.

    Its ports are drawn at random: two stacks that start at the same instant would both find the usual ones free.
    """
    home = Path(tempfile.mkdtemp(prefix="tiepsuc-test-", dir="/var/tmp"))
    home.chmod(0o755)
    names = ("nats", "nats_http", "postgres", "provisioner", "intake", "scheduling", "escalation", "reporting")
    ports = random.sample([port for port in random.sample(_PORTS, 100) if _is_free(port)], len(names) + 1)
    (home / "ports.json").write_text(json.dumps(dict(zip((*names, "gateway"), ports, strict=True))))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def sample_in(home: Path) -> str:
    """A home's own copy of the sample log: an import keeps its journal beside it, so two homes cannot share one."""
    copy = home / SAMPLE.name
    if not copy.exists():
        shutil.copy(SAMPLE, copy)
    return str(copy)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def tiepsuc(home: Path, *arguments: str, code: int = 0, timeout: float = 90) -> str:
    """Runs the command against the stack in a home; its standard output. Fails if it ends with another code."""
    done = subprocess.run(
        [sys.executable, "-m", "services.operations", *arguments],
        env=os.environ | {"TIEPSUC_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == code, f"ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


async def command(home: Path, *arguments: str, code: int = 0, timeout: float = 90) -> str:
    """`tiepsuc` without blocking the loop that watches the stack's children."""
    return await asyncio.to_thread(tiepsuc, home, *arguments, code=code, timeout=timeout)


@asynccontextmanager
async def database(stack: Stack, name: str, role: str = "postgres") -> AsyncIterator[asyncpg.Connection[Any]]:
    """A connection to a service's database, as the superuser or as one of the service's roles."""
    if role == "postgres":
        password = secrets.read(stack.secrets_dir, secrets.PROVISIONER, "database.password")
    else:
        file = "relay.password" if role.endswith("_relay") else "database.password"
        password = secrets.read(stack.secrets_dir, name, file)
    connection = await asyncpg.connect(
        host="127.0.0.1", port=stack.ports["postgres"], user=role, database=name, password=password
    )
    try:
        yield connection
    finally:
        await connection.close()


async def converged(stack: Stack, seconds: float = 60, *, dead: int = 0) -> None:
    """Waits until everything in intake's log is published and has taken effect in reporting exactly once.

    AssertionError at the end of the time, or at once if there are more than `dead` dead letters.
    """
    difference: str | None = "not looked yet"
    try:
        async with asyncio.timeout(seconds):
            while (difference := await _difference(stack, dead)) is not None:
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise AssertionError(f"not converged after {seconds:.0f} s: {difference}") from None


async def _difference(stack: Stack, dead: int) -> str | None:
    """Entity by entity: the last version in intake's log is the last that took effect in reporting."""
    try:
        async with database(stack, "intake") as intake, database(stack, "reporting") as reporting:
            pending = await intake.fetchval("select count(*) from outbox where published_at is null")
            log = await intake.fetch("select entity, max(version) from outbox group by entity order by entity")
            gate = await reporting.fetch("select entity, version from gate where owner = 'intake' order by entity")
            parked = await reporting.fetchval("select count(*) from parked")
            letters = await reporting.fetch("select error from dead_letter where status = 'dead'")
    except (OSError, asyncpg.PostgresError) as error:
        return f"database: {error}"
    assert len(letters) <= dead, letters
    if pending or parked or len(letters) != dead:
        return f"{pending} pending, {parked} parked, {len(letters)} dead letters"
    wanted, found = [tuple(row) for row in log], [tuple(row) for row in gate]
    return None if wanted == found else f"{len(set(wanted) ^ set(found))} entities differ"


async def form(home: Path, unit: str = "31570", first: str = "2025-07-01", last: str = "2025-07-29") -> dict[str, Any]:
    """The total line of form II.06a."""
    text = await command(home, "report", "--unit", unit, "--from", first, "--to", last, "--json")
    total: dict[str, Any] = json.loads(text)["total"]
    return total


async def assert_sample_month(home: Path) -> None:
    """The published line: 552 received, 536 before the deadline, 16 in progress, and the form's identities."""
    total = await form(home)
    wanted = {"received": 552, "carried_over": 0, "resolved": 536, "resolved_early": 536, "in_progress": 16}
    assert {key: total[key] for key in wanted} == wanted
    assert total["received"] == total["received_online"] + total["received_direct_or_post"] + total["carried_over"]
    assert total["resolved"] == total["resolved_early"] + total["resolved_on_time"] + total["resolved_overdue"]
    assert total["in_progress"] == total["in_progress_within_limit"] + total["in_progress_overdue"]
