"""`tiepsuc case` on the sample month: what waits, one case explained, a search."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from contracts.intake.lifecycle import MOVES
from services.operations.embedded.stack import running
from tests.support.stack import SAMPLE, command, new_home, sample_in, tiepsuc

HAND_IN = SAMPLE.with_name("hand_in_case.py")
README = SAMPLE.parents[2] / "README.md"


@pytest.fixture
def home() -> Iterator[Path]:
    with new_home() as home:
        yield home


async def test_cases_are_listed_found_and_explained(home: Path) -> None:
    async with running(home):
        await command(home, "import", sample_in(home), "--json")
        first = json.loads(await command(home, "case", "list", "--unit", "31570", "--size", "10", "--json"))
        open_cases = {state: count for state, count in first["counts"].items() if state != "completed"}
        assert open_cases == {"accepted": 16}
        rest = json.loads(
            await command(
                home, "case", "list", "--unit", "31570", "--cursor", first["cursor"], "--size", "200", "--json"
            )
        )
        shown = [*first["cases"], *rest["cases"]]
        assert len(shown) == sum(first["counts"].values()) == len({each["case_id"] for each in shown})
        order = [("act_by" not in each, each["queue_at"]) for each in shown]
        assert order == sorted(order)
        assert [each["urgency"] for each in shown] == ["overdue"] * 16 + ["ready"] * (len(shown) - 16)

        one = next(each for each in shown if each["state"] == "accepted")
        found = json.loads(await command(home, "case", "find", one["case_code"][-4:], "--json"))
        assert one["case_id"] in {each["case_id"] for each in found["cases"]}
        told = json.loads(await command(home, "case", "show", one["case_code"].lower(), "--json"))
        assert told["case"]["due_at"] == told["case"]["deadline_steps"][-1]["at"] == told["case"]["act_by"]
        assert [step["kind"] for step in told["history"]["steps"]] == ["submitted", "accepted"]
        for page in (
            ("show", one["case_code"]),
            ("list", "--unit", "31570", "--size", "200"),
            ("find", one["case_code"]),
        ):
            said = await command(home, "case", *page)
            assert one["case_code"] in said
            assert "quá hạn / overdue" in said
        by_id = await command(home, "case", "show", one["case_id"], "--json")
        assert json.loads(by_id)["case"]["case_code"] == one["case_code"]
        await command(home, "case", "show", "H13.57-250701-9999", code=1)
        await command(home, "case", "show", str(UUID(int=1)), code=1)

        # What the README has a newcomer do, as long as no gateway takes cases in.
        assert f"deploy/samples/{HAND_IN.name}" in README.read_text()
        script = await asyncio.create_subprocess_exec(
            sys.executable, HAND_IN, env=os.environ | {"TIEPSUC_HOME": str(home)}, stdout=asyncio.subprocess.PIPE
        )
        text = (await script.communicate())[0].decode()
        told = json.loads(await command(home, "case", "show", text.split()[0], "--json"))
        assert told["case"]["due_at"] in text.replace(" ", "T")
        assert [step["kind"] for step in told["history"]["steps"]] == ["submitted", "accepted"]
        await command(home, "case", "find", "%%%", code=2)


def test_the_table_is_shown_without_a_stack(tmp_path: Path) -> None:
    for lang in ("vi", "en"):
        text = tiepsuc(tmp_path, "case", "moves", "--lang", lang)
        assert all((move.vi if lang == "vi" else move.en).split()[0] in text for move in MOVES)
