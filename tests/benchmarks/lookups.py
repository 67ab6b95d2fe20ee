"""Looking things up among very many open cases: milliseconds in the database, and by which indexes.

Twice: the cases spread over all communes, and all of them in one commune of one province, which no commune ever has.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

from services.intake.reference import Reference
from services.worktime.clock import SystemClock
from tests.component.ground import ground
from tests.component.intake import replica
from tests.support import lookups
from tests.support.stack import database

FULL, SMALL = 1_000_000, 20_000
BAR = 20.0
"""Milliseconds that each may take in the database."""

_TIMES = 7
_UNIT = ("31570", "92")


async def measure(count: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Each look-up's median and longest time, in milliseconds, planning included, and its plan."""
    clock = SystemClock()
    communes = [(u.code, u.province) for u in Reference.shipped().unit_by_code.values() if len(u.code) == 5]
    async with AsyncExitStack() as exit_stack:
        here = await exit_stack.enter_async_context(ground())
        await lookups.seed(replica(await here.database("intake"), clock))
        connection = await exit_stack.enter_async_context(database(here.stack, "intake"))
        say(f"look-ups: making {count:,} open cases in {len(communes):,} communes")
        await lookups.copy(connection, count, communes, log=True)
        await connection.execute("vacuum analyze", timeout=1_800)
        result = {"cases": count, "spread": await _measure(connection)}
        say(f"look-ups: making {count:,} open cases in one commune")
        await lookups.drop_copies(connection)
        await lookups.copy(connection, count, [_UNIT], log=False)
        await connection.execute("analyze", timeout=1_800)
        return result | {"one unit": await _measure(connection)}


async def _measure(connection: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in [*await lookups.lookups(connection, *_UNIT), *await lookups.writes(connection)]:
        plans = [await lookups.explain(connection, each) for _ in range(_TIMES)]
        general = await lookups.explain(connection, each, generic=True)
        found[each.name] = {
            "first_ms": plans[0].milliseconds,
            "median_ms": statistics.median(plan.milliseconds for plan in plans[1:]),
            "general_plan_ms": general.milliseconds,
            "buffers": plans[-1].buffers,
            "rows": plans[-1].rows,
            "scans": plans[-1].scans,
            "general_scans": general.scans,
        }
    return found
