"""The main job on the embedded stack, through faults: every event takes effect once, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from pathlib import Path

import psutil

from services.operations.embedded.stack import running
from tests.support.stack import SAMPLE, assert_sample_month, command, converged, database, sample_in


async def test_the_sample_month_is_imported_once_and_survives_a_restart(home: Path) -> None:
    async with running(home) as stack:
        pids = [child.pid for child in stack.children.values()]
        first = json.loads(await command(home, "import", sample_in(home), "--json"))
        assert (first["imported"], first["rejected"]) == (552, 0)
        again = json.loads(await command(home, "import", sample_in(home), "--json"))
        assert (again["imported"], again["already_present"]) == (0, 552)
        await converged(stack)
        await assert_sample_month(home)
    assert not any(psutil.pid_exists(pid) for pid in pids if pid)
    assert not (home / "lock").exists()
    assert not (home / "stack.json").exists()
    async with running(home) as stack:
        await converged(stack)
        await assert_sample_month(home)


async def test_bad_rows_are_told_and_the_corrected_file_adds_only_what_is_missing(home: Path) -> None:
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()[:40]
    bad = [*lines]
    bad[5] = bad[5].replace(",31570,31570,", ",99999,31570,")
    cells = bad[7].split(",")
    bad[7] = ",".join([*cells[:3], "9.999999", *cells[4:]])
    cells = bad[9].split(",")
    bad[9] = ",".join([*cells[:6], "2025-01-01T08:00:00+07:00", *cells[7:]])
    other = {"online": "direct", "direct": "post", "post": "online"}
    cells = bad[10].split(",")
    bad[11] = ",".join([*cells[:4], other[cells[4]], *cells[5:]])  # another story of the case above
    bad[13] = bad[13][:50]
    log = home / "log.csv"
    log.write_text("\n".join(bad) + "\n", encoding="utf-8")
    async with running(home) as stack:
        first = json.loads(await command(home, "import", str(log), "--json", "--lang", "en", code=3))
        assert (first["imported"], first["already_present"], first["rejected"]) == (34, 0, 5)
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
        second = json.loads(await command(home, "import", str(log), "--json"))
        assert (second["imported"], second["already_present"], second["rejected"]) == (5, 34, 0)
        await converged(stack)


async def test_killed_parts_come_back_and_nothing_is_lost_or_done_twice(home: Path) -> None:
    async with running(home) as stack:
        await command(home, "import", sample_in(home), "--json")
        for name in ("nats", "reporting", "intake", "postgres"):
            pid = stack.children[name].pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(1)
        await converged(stack)
        await assert_sample_month(home)


async def test_a_wiped_jetstream_is_filled_again_from_the_outbox(home: Path) -> None:
    async with running(home) as stack:
        await command(home, "import", sample_in(home), "--json")
        await converged(stack)
        async with database(stack, "intake") as intake:
            events = await intake.fetchval("select count(*) from outbox")
            before = await intake.fetchval("select max(generation) from outbox")
            pid = stack.children["nats"].pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            shutil.rmtree(home / "jetstream")
            async with asyncio.timeout(60):
                while await intake.fetchval("select count(*) from outbox where generation > $1", before) < events:
                    await asyncio.sleep(0.2)
        await converged(stack)
        await assert_sample_month(home)
