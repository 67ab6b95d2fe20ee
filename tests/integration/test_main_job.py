"""The main job on the embedded stack, through faults: every event takes effect once, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from deploy.samples import generate
from services.operations.embedded.stack import Stack, running
from services.operations.provisioning import secrets

SAMPLE = Path(generate.__file__).with_name("ho-dac-kien-2025-07.csv")


@pytest.fixture
def stack_home() -> Iterator[Path]:
    """A home that PostgreSQL's user can reach, unlike pytest's own temporary folders."""
    home = Path(tempfile.mkdtemp(prefix="tiepsuc-test-", dir="/var/tmp"))
    home.chmod(0o755)
    yield home
    shutil.rmtree(home, ignore_errors=True)


def tiepsuc(home: Path, *arguments: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "services.operations", *arguments],
        env=os.environ | {"TIEPSUC_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


async def command(home: Path, *arguments: str, code: int = 0) -> str:
    return await asyncio.to_thread(tiepsuc, home, *arguments, code=code)


@asynccontextmanager
async def database(stack: Stack, name: str) -> AsyncIterator[asyncpg.Connection[Any]]:
    connection = await asyncpg.connect(
        host="127.0.0.1",
        port=stack.ports["postgres"],
        user="postgres",
        database=name,
        password=secrets.read(stack.secrets_dir, secrets.PROVISIONER, "database.password"),
    )
    try:
        yield connection
    finally:
        await connection.close()


async def converged(stack: Stack, seconds: float = 60) -> None:
    """Waits until everything in intake's log is published and has taken effect in reporting exactly once."""
    async with asyncio.timeout(seconds):
        while not await _agree(stack):  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.2)


async def _agree(stack: Stack) -> bool:
    """Entity by entity: the last version in intake's log is the last that took effect in reporting."""
    try:
        async with database(stack, "intake") as intake, database(stack, "reporting") as reporting:
            pending = await intake.fetchval("select count(*) from outbox where published_at is null")
            log = await intake.fetch(
                "select entity, max(version) as version from outbox group by entity order by entity"
            )
            gate = await reporting.fetch("select entity, version from gate where owner = 'intake' order by entity")
            parked = await reporting.fetchval("select count(*) from parked")
            dead = await reporting.fetchval("select count(*) from dead_letter")
            assert dead == 0
    except (OSError, asyncpg.PostgresError):
        return False
    return pending == 0 and parked == 0 and [tuple(r) for r in log] == [tuple(r) for r in gate]


async def form(home: Path) -> dict[str, int]:
    text = await command(home, "report", "--unit", "31570", "--from", "2025-07-01", "--to", "2025-07-29", "--json")
    total: dict[str, int] = json.loads(text)["total"]
    return total


async def assert_sample_month(home: Path) -> None:
    total = await form(home)
    wanted = {"received": 552, "carried_over": 0, "resolved": 536, "resolved_early": 536, "in_progress": 16}
    assert {key: total[key] for key in wanted} == wanted
    assert total["received"] == total["received_online"] + total["received_direct_or_post"] + total["carried_over"]


async def test_the_sample_month_is_imported_once_and_survives_a_restart(stack_home: Path) -> None:
    async with running(stack_home) as stack:
        pids = [child.pid for child in stack.children.values()]
        first = json.loads(await command(stack_home, "import", str(SAMPLE), "--json"))
        assert (first["imported"], first["rejected"]) == (552, 0)
        again = json.loads(await command(stack_home, "import", str(SAMPLE), "--json"))
        assert (again["imported"], again["already_present"]) == (0, 552)
        await converged(stack)
        await assert_sample_month(stack_home)
    assert not any(psutil.pid_exists(pid) for pid in pids if pid)
    assert not (stack_home / "lock").exists()
    assert not (stack_home / "stack.json").exists()
    async with running(stack_home) as stack:
        await converged(stack)
        await assert_sample_month(stack_home)


async def test_bad_rows_are_told_and_the_corrected_file_adds_only_what_is_missing(stack_home: Path) -> None:
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()[:40]
    bad = [*lines]
    bad[5] = bad[5].replace(",31570,31570,", ",99999,31570,")
    cells = bad[7].split(",")
    bad[7] = ",".join([*cells[:3], "9.999999", *cells[4:]])
    cells = bad[9].split(",")
    bad[9] = ",".join([*cells[:6], "2025-01-01T08:00:00+07:00", *cells[7:]])
    bad[11] = bad[10]
    bad[13] = bad[13][:50]
    log = stack_home / "log.csv"
    log.write_text("\n".join(bad) + "\n", encoding="utf-8")
    async with running(stack_home) as stack:
        first = json.loads(await command(stack_home, "import", str(log), "--json", "--lang", "en", code=3))
        assert (first["imported"], first["rejected"]) == (34, 5)
        rejects = Path(first["rejects_file"]).read_text(encoding="utf-8").splitlines()
        told = [row.split(",")[:3] for row in rejects[1:]]
        assert told == [
            ["6", "unit", "unknown-unit"],
            ["8", "procedure", "unknown-procedure"],
            ["10", "accepted_at", "impossible-time"],
            ["12", "case_code", "case-code-taken"],
            ["14", "accepted_at", "invalid"],
        ]
        log.write_text("\n".join(lines) + "\n", encoding="utf-8")
        second = json.loads(await command(stack_home, "import", str(log), "--json"))
        assert (second["imported"], second["already_present"], second["rejected"]) == (5, 34, 0)
        await converged(stack)


async def test_killed_parts_come_back_and_nothing_is_lost_or_done_twice(stack_home: Path) -> None:
    async with running(stack_home) as stack:
        importing = asyncio.create_task(command(stack_home, "import", str(SAMPLE), "--json"))
        await importing
        for name in ("nats", "reporting", "intake", "postgres"):
            pid = stack.children[name].pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(1)
        await converged(stack)
        await assert_sample_month(stack_home)


async def test_a_wiped_jetstream_is_filled_again_from_the_outbox(stack_home: Path) -> None:
    async with running(stack_home) as stack:
        await command(stack_home, "import", str(SAMPLE), "--json")
        await converged(stack)
        async with database(stack, "intake") as intake:
            events = await intake.fetchval("select count(*) from outbox")
            before = await intake.fetchval("select max(generation) from outbox")
            pid = stack.children["nats"].pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            shutil.rmtree(stack_home / "jetstream")
            async with asyncio.timeout(60):
                while await intake.fetchval("select count(*) from outbox where generation > $1", before) < events:  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
        await converged(stack)
        await assert_sample_month(stack_home)
