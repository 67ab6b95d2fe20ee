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

from tests.benchmarks import lifecycle, worktime

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


if __name__ == "__main__":
    main()
