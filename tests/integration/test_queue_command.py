"""The queue from the command line on the whole stack; its events do not trouble those who know no queue."""

from __future__ import annotations

import json
from pathlib import Path

from services.operations.embedded.stack import running
from tests.support.stack import command, converged

UNIT = ("--unit", "31570")
JULY = ("--from", "2025-07-01", "--to", "2025-07-31")


async def test_numbers_are_taken_called_and_served(home: Path) -> None:
    async with running(home) as stack:
        assert "A001: đang chờ / waiting, trước bạn / ahead of you: 0" in await command(home, "queue", "issue", *UNIT)
        first = json.loads(await command(home, "queue", "issue", *UNIT, "--need", "elderly", "--json"))
        assert (first["number"], first["ahead"]) == ("U001", 0)
        assert "counter 2" in await command(home, "queue", "call", *UNIT, "--counter", "2")
        board = await command(home, "queue", "show", *UNIT)
        assert "U001" in board
        assert "A001" in board
        done = json.loads(await command(home, "queue", "finish", *UNIT, "--counter", "2", "--json"))
        assert (done["ticket_id"], done["state"], done["version"]) == (first["ticket_id"], "done", 4)
        view = json.loads(await command(home, "queue", "show", *UNIT, "--json"))
        assert (view["served"], view["counters"], [each["waiting"] for each in view["waiting"]]) == (1, [], [1, 0])
        await command(home, "queue", "finish", *UNIT, "--counter", "2", code=1)  # nobody is there any more
        summary = json.loads(await command(home, "assistance", "summary", *UNIT, *JULY, "--json"))
        assert (summary["visits"], len(summary["indicators"])) == (0, 11)
        assert "Hướng dẫn định danh mức 2" in await command(home, "assistance", "summary", *UNIT, *JULY)
        assert "0 đánh giá / ratings" in await command(home, "assistance", "satisfaction", *JULY)
        await converged(stack)
        await command(home, "verify")
