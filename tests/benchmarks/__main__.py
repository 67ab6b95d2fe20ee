"""`python -m tests.benchmarks`: measures, prints a table, and writes `build/benchmarks.json`.

Full by default; `TIEPSUC_FULL=` (empty) takes the small size, which only shows that measuring works.
"""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks import lifecycle, lookups, worktime

_OUTPUT = Path("build/benchmarks.json")


def main() -> None:
    console = Console()
    full = bool(os.environ.get("TIEPSUC_FULL", "1"))

    def say(text: str) -> None:
        console.print(f"[dim]{text}[/]")

    times = worktime.measure(worktime.FULL if full else worktime.SMALL, say)
    _show_worktime(times, console)
    result = asyncio.run(lifecycle.measure(lifecycle.FULL if full else lifecycle.SMALL, say))
    _show(result, console)
    result["worktime"] = times
    result["lookups"] = asyncio.run(lookups.measure(lookups.FULL if full else lookups.SMALL, say))
    _show_lookups(result["lookups"], console)
    _OUTPUT.parent.mkdir(exist_ok=True)
    _OUTPUT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    console.print(f"→ {_OUTPUT}")


def _show_worktime(result: dict[str, Any], console: Console) -> None:
    table = Table("working time", "a second", "million a minute", "ratio", "to", box=None)
    for name, rate in result["per_second"].items():
        ratio, peer = result["ratio"].get(name), worktime.RATIOS.get(name, "")
        table.add_row(name, f"{rate:,.0f}", f"{rate * 60 / 1e6:,.2f}", f"{ratio:,.2f}" if ratio else "", peer)
    console.print(table)


def _show(result: dict[str, Any], console: Console) -> None:
    table = Table("case lifecycles/s, 4 events each", "median", "of", "ratio", box=None)
    median, few, many = result["median"], result["few"], result["many"]
    table.add_row("floor: the raw steps one by one", f"{median['floor']:,.0f}", "", "1.00")
    table.add_row(
        f"log to report, up to {few['present_at_end']:,} cases present",
        f"{median['few']:,.0f}",
        "floor",
        f"{result['ratio_to_floor']:.2f}",
    )
    table.add_row(
        f"log to report, up to {many['present_at_end']:,} cases present",
        f"{median['many']:,.0f}",
        "few cases",
        f"{result['ratio_many_to_few']:.2f}",
    )
    console.print(table)
    cpu = sorted(result["cpu_ms_per_lifecycle"].items(), key=lambda pair: -pair[1])
    console.print("processor ms a lifecycle, without the command: " + ", ".join(f"{name} {ms:.2f}" for name, ms in cpu))


def _show_lookups(result: dict[str, Any], console: Console) -> None:
    for where in ("spread", "one unit"):
        title = f"{result['cases']:,} open cases, {where}"
        table = Table(title, "ms, median", "first", "general plan", "rows", "buffers", "by", box=None)
        for name, told in result[where].items():
            times = [f"{told[key]:.2f}" for key in ("median_ms", "first_ms", "general_plan_ms")]
            looks = not name.startswith("import")  # those are 500 cases at once
            slow = looks and max(told["median_ms"], told["general_plan_ms"]) > lookups.BAR
            table.add_row(
                f"[red]{name}[/]" if slow else name,
                *times,
                f"{told['rows']:,}",
                f"{told['buffers']:,}",
                ", ".join(dict.fromkeys((*told["scans"], *told["general_scans"]))),
            )
        console.print(table)
    console.print(f"The bar for each look-up: {lookups.BAR:.0f} ms in the database.")


if __name__ == "__main__":
    main()
