"""An administrator's commands on a whole stack: a file checked, drafted, published, and what moved with it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from contracts.intake.catalogue import ReferenceKind
from services.intake.reference import shipped
from services.operations.embedded.stack import Stack, running
from tests.support.stack import command, converged, database, new_home, sample_in

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack() -> AsyncIterator[Stack]:
    with new_home() as home:
        async with running(home) as started:
            await command(home, "import", sample_in(home), "--json")
            await converged(started)
            yield started


async def test_a_new_day_off_is_published_and_the_command_says_what_moved(stack: Stack, tmp_path: Path) -> None:
    export = tmp_path / "days.csv"
    await command(stack.home, "catalogue", "export", "days", "--output", str(export))
    text = export.read_text(encoding="utf-8-sig")
    assert text == shipped(ReferenceKind.DAYS)
    first, *rest = text.splitlines()
    days = [line for line in rest if not line.startswith("2025-08-01")]
    off = days[0].replace("2025-01-01", "2025-08-01")
    export.write_text("\n".join([first, *days, off, ""]), encoding="utf-8-sig")
    assert "✓" in await command(stack.home, "catalogue", "check", str(export))
    async with database(stack, "intake") as log:
        await log.execute("delete from deadline_recompute")
        due = await log.fetch("select case_code, due_at from cases where state = 'accepted'")
    said = await command(stack.home, "catalogue", "publish", "days", str(export), "--note", "Nghỉ thử", "--yes")
    assert "+ 2025-08-01" in said
    async with database(stack, "intake") as log:
        after = {row["case_code"]: row["due_at"] for row in await log.fetch("select case_code, due_at from cases")}
    moved = {row["case_code"] for row in due if after[row["case_code"]] != row["due_at"]}
    assert moved
    assert f"Đã xem {len(due)} hồ sơ, dời hạn {len(moved)}" in said
    passed = f"{len(moved)}, {len(moved)} đã quá hạn khi công bố"  # the sample month is over
    assert passed in said
    (run,) = (json.loads(line) for line in (await command(stack.home, "catalogue", "moved", "--json")).splitlines())
    assert (run["looked"], run["moved"]) == (len(due), len(moved))
    listed = (await command(stack.home, "catalogue", "moved", run["id"], "--json")).splitlines()
    assert {json.loads(line)["case_code"] for line in listed} == moved
    told = await command(stack.home, "catalogue", "moved", run["id"])
    assert told.splitlines()[0].count("Nghỉ thử") == 1
    assert "(ngày nghỉ, bản " in told


async def test_a_bad_file_is_refused_line_by_line_and_nothing_is_kept(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "days.csv"
    file.write_text(shipped(ReferenceKind.DAYS) + "2028-01-01,closed,a,b\n", encoding="utf-8")
    listed = await command(stack.home, "catalogue", "list", "days", "--json")
    await command(stack.home, "catalogue", "draft", "days", str(file), "--note", "x", code=1)
    assert await command(stack.home, "catalogue", "list", "days", "--json") == listed


async def test_drafts_are_listed_withdrawn_and_not_published_after(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    text = shipped(ReferenceKind.PROCEDURES)
    file.write_text(text.replace("7,working_days", "6,working_days"), encoding="utf-8")
    drafted = json.loads(
        await command(stack.home, "catalogue", "draft", "procedures", str(file), "--note", "x", "--json")
    )
    assert drafted["diff"]["changed"] == 1
    version = str(drafted["version"])
    await command(stack.home, "catalogue", "withdraw", "procedures", "--version", version)
    await command(stack.home, "catalogue", "publish", "procedures", "--version", version, code=1)


async def test_one_procedure_one_unit_and_what_is_past_its_period(stack: Stack) -> None:
    said = await command(stack.home, "catalogue", "show", "1.001193")
    assert "Giấy chứng sinh" in said
    assert "general knowledge" in said
    assert "Hồ Đắc Kiện" in await command(stack.home, "catalogue", "show", "31570")
    lines = (await command(stack.home, "retention", "report", "--on", "2040-01-01", "--codes", "--json")).splitlines()
    report, cases = json.loads(lines[0]), lines[1:]
    assert report["closed"] == 536
    assert report["due"] == len(cases) > 0
    assert "536" in await command(stack.home, "retention", "report", "--unit", "31570")


async def test_without_a_stack_a_file_is_judged_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "units-2026.csv"
    file.write_text(shipped(ReferenceKind.UNITS).replace("31570,", "3157O,"), encoding="utf-8")
    said = await command(tmp_path, "catalogue", "check", str(file), code=1)
    assert "units-2026.csv, dòng/line 3259, cột/column code: “3157O”" in said
    latin = tmp_path / "days.csv"
    latin.write_bytes(shipped(ReferenceKind.DAYS).encode("utf-16"))
    await command(tmp_path, "catalogue", "check", str(latin), code=1)
