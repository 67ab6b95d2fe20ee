"""From a case log to the report: lifecycles a second through `tiepsuc import`, intake, JetStream and reporting.

Two stacks live side by side, one with few cases, one with many, and are measured in turn, so that what slows the
machine slows both.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from services.operations.embedded.stack import Stack, running
from tests.benchmarks import floor, logs, preload
from tests.support.stack import command, converged, database, new_home

_EVENTS = 4


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: rounds of `cases` each, beside `present` cases in the full stack."""

    cases: int
    rounds: int
    present: int


FULL = Size(20_000, 5, 1_000_000)
SMALL = Size(4_000, 2, 20_000)


@dataclass(slots=True)
class Side:
    """One of the two stacks and what was measured on it."""

    name: str
    stack: Stack
    present: int = 0
    rates: list[float] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)


async def measure(size: Size, say: Callable[[str], None]) -> dict[str, Any]:
    """Rates of both stacks and of the floor, in lifecycles a second, with the processor time of each process."""
    async with AsyncExitStack() as exit_stack:
        sides = []
        for name in ("few cases", "many cases"):
            home = exit_stack.enter_context(new_home())
            sides.append(Side(name, await exit_stack.enter_async_context(running(home))))
        folder = Path(exit_stack.enter_context(tempfile.TemporaryDirectory()))
        files = [logs.write(folder / f"{n}.csv", size.cases, n) for n in range(size.rounds + 1)]
        for side in sides:
            say(f"{side.name}: warming up")
            await _import(side, files[0], size.cases)
            side.present = size.cases
        many = sides[1]
        say(f"{many.name}: multiplying to {size.present:,}")
        many.present = await preload.multiply(many.stack, max(size.present // size.cases - 1, 1))
        floors = []
        for number, file in enumerate(files[1:], 1):
            for side in sides if number % 2 else reversed(sides):
                before = _cpu(side.stack)
                seconds = await _import(side, file, side.present + size.cases)
                side.present += size.cases
                side.rates.append(size.cases / seconds)
                _add(side.cpu, before, _cpu(side.stack))
                say(f"round {number}, {side.name} ({side.present:,}): {side.rates[-1]:,.0f} lifecycles/s")
            steps = await floor.measure(sides[0].stack, size.cases)
            floors.append(steps)
            say(f"round {number}, floor: {size.cases / sum(steps.values()):,.0f} lifecycles/s")
        return _result(size, sides, floors)


async def _import(side: Side, file: Path, wanted: int) -> float:
    """Imports a log; seconds from the start of the command until the projection has every case's last event."""
    home = side.stack.home
    await converged(side.stack)
    started = time.perf_counter()
    importing = asyncio.create_task(command(home, "import", str(file), "--json", timeout=1800))
    async with database(side.stack, "reporting") as reporting:
        # Counting a million rows again and again would be part of the load: the gate of the last event is enough.
        await importing
        async with database(side.stack, "intake") as intake:
            last = await intake.fetchval("select entity from outbox order by id desc limit 1")
        while await reporting.fetchval("select version from gate where entity = $1", last) != _EVENTS:
            await asyncio.sleep(0.02)
        seconds = time.perf_counter() - started
        await converged_count(side.stack, reporting, wanted)
    return seconds


async def converged_count(stack: Stack, reporting: Any, wanted: int) -> None:
    """Makes sure that the last event really was the last: every case is there, in its last state."""
    async with asyncio.timeout(60):
        while await reporting.fetchval("select count(*) from case_fact where state = 'returned'") != wanted:
            await asyncio.sleep(0.2)


def _cpu(stack: Stack) -> dict[str, float]:
    """Processor seconds of each child with its own children so far."""
    found = {}
    for name, child in stack.children.items():
        if child.pid is not None:
            process = psutil.Process(child.pid)
            times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
            found[name] = sum(t.user + t.system for t in times)
    return found


def _add(total: dict[str, float], before: dict[str, float], after: dict[str, float]) -> None:
    for name, seconds in after.items():
        total[name] = total.get(name, 0.0) + seconds - before.get(name, 0.0)


def _result(size: Size, sides: list[Side], floors: list[dict[str, float]]) -> dict[str, Any]:
    few, many = sides
    floor_rates = [size.cases / sum(steps.values()) for steps in floors]
    measured = size.cases * size.rounds
    return {
        "cases_per_round": size.cases,
        "rounds": size.rounds,
        "processors": os.cpu_count(),
        "few": {"present_at_end": few.present, "lifecycles_per_second": few.rates},
        "many": {"present_at_end": many.present, "lifecycles_per_second": many.rates},
        "floor": {"lifecycles_per_second": floor_rates, "seconds": floors},
        "median": {
            "few": statistics.median(few.rates),
            "many": statistics.median(many.rates),
            "floor": statistics.median(floor_rates),
        },
        "ratio_to_floor": statistics.median(a / b for a, b in zip(few.rates, floor_rates, strict=True)),
        "ratio_many_to_few": statistics.median(b / a for a, b in zip(few.rates, many.rates, strict=True)),
        "cpu_ms_per_lifecycle": {
            name: 1000 * seconds / measured for name, seconds in few.cpu.items() if seconds / measured > 1e-6
        },
    }
