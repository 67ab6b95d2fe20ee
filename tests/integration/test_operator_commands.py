"""The operator's commands on a whole stack: what they find, what they mend, and with which code they end.

The tests share one stack and go on where the one before stopped, as an operator does.
"""

from __future__ import annotations

import csv
import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import nats
import pytest
import pytest_asyncio

from services.operations.embedded.stack import Stack, running
from tests.support.stack import SAMPLE, assert_sample_month, command, converged, database, new_home, sample_in

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def shared_home() -> Iterator[Path]:
    with new_home() as path:
        yield path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(shared_home: Path) -> AsyncIterator[Stack]:
    async with running(shared_home) as started:
        await command(shared_home, "import", sample_in(shared_home), "--json")
        await converged(started)
        yield started


async def asked(home: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    """What a command prints with `--json`."""
    found: dict[str, Any] = json.loads(await command(home, *arguments, "--json", code=code))
    return found


async def verified(home: Path, code: int = 0) -> dict[str, Any]:
    return await asked(home, "verify", "--wait", "20", code=code)


def by_code(found: dict[str, Any], list_: str = "differences") -> dict[str, Any]:
    return {each["code"]: each for each in found[list_]}


async def test_all_is_well(stack: Stack) -> None:
    status = await asked(stack.home, "status")
    assert status["ok"]
    assert {each["name"]: each["health"]["stage"] for each in status["services"]} == dict.fromkeys(
        ("intake", "scheduling", "escalation", "reporting", "gateway"), "running"
    )
    assert all(each["health"]["relay"]["leading"] for each in status["services"])
    outside = {each["name"]: each["outside"] for each in status["durables"]}
    assert outside == {"reporting": False, "province-92": True}
    found = await verified(stack.home)
    (log,) = found["logs"]
    assert log["held"] == log["events"] == log["stream_messages"] > 552
    assert (log["lost"], log["superseded"], found["on_the_way"]) == (0, 0, 0)
    assert [(each["cases"], each["projected"], each["differing"]) for each in found["projections"]] == [(552, 552, 0)]
    assert [each["name"] for each in found["subscribers"]] == ["province-92"]
    for arguments in (("status",), ("verify",), ("dead-letters",)):
        assert "✓" in await command(stack.home, *arguments)


async def test_a_replay_is_published_and_nothing_happens_twice(stack: Stack) -> None:
    async with database(stack, "intake") as intake:
        events = await intake.fetchval("select count(*) from outbox")
        entity = await intake.fetchval("select entity from outbox where version = 4 limit 1")
    assert (await asked(stack.home, "replay", "intake", "--dry-run"))["events"] == events
    one = await asked(stack.home, "replay", "--entity", str(entity))
    assert (one["events"], one["published"]) == (4, True)
    every = await asked(stack.home, "replay", "intake")
    assert (every["events"], every["published"]) == (events, True)
    (log,) = (await verified(stack.home))["logs"]
    assert (log["held"], log["superseded"]) == (events, events + 4)
    await assert_sample_month(stack.home)


async def test_a_dead_letter_stops_its_entity_until_it_is_seen_to(stack: Stack) -> None:
    """Three cases cannot be completed in the projection: one is retried, one discarded, one mended by a replay."""
    home = stack.home
    log, codes = _advanced_log(home, 3)
    async with database(stack, "intake") as intake:
        rows = await intake.fetch("select id, case_code from cases where case_code = any($1)", codes)
    retried, discarded, replayed = (next(str(row["id"]) for row in rows if row["case_code"] == c) for c in codes)
    async with database(stack, "reporting") as reporting:
        await reporting.execute(
            f"""alter table case_fact add constraint poison check
                (completed_at is null or case_id not in ('{retried}', '{discarded}', '{replayed}')) not valid"""
        )
        assert (await asked(home, "import", str(log)))["advanced"] == 3
        found = await verified(home, code=1)
        (gates,) = found["consumers"]
        assert [gates[key] for key in ("dead", "blocked", "parked", "behind", "missing", "ahead")] == [3, 3, 3, 0, 0, 0]
        differences = by_code(found)
        assert differences.keys() == {"dead-letters"}, "a case that waits for its events is no case that was changed"
        assert (
            "3 dead letters in reporting: 3 entities stopped, 3 events waiting behind"
            in (differences["dead-letters"]["en"])
        )
        findings = by_code(await asked(home, "status", code=1), "findings")
        assert findings["dead-letters"]["en"] == "3 dead letters in reporting, 3 events of intake waiting behind."
        listed = await asked(home, "dead-letters", "list", "--service", "reporting")
        letters = {each["entity"]: each for each in listed["letters"]}
        assert {each["behind"] for each in letters.values()} == {1}
        one = letters[retried]["id"]
        assert retried in (await asked(home, "dead-letters", "show", one))["payload"]

        failed = await asked(home, "dead-letters", "retry", one, code=1)
        assert "CheckViolationError" in failed["results"][0]["error"]
        await reporting.execute("alter table case_fact drop constraint poison")

    dry = await asked(home, "dead-letters", "retry", one, "--dry-run")
    assert [(each["applied"], each["followed"]) for each in dry["results"]] == [(True, 1)]
    assert (await asked(home, "dead-letters"))["total"] == 3
    real = await asked(home, "dead-letters", "retry", one)
    assert [(each["applied"], each["followed"]) for each in real["results"]] == [(True, 1)]
    gone = await asked(home, "dead-letters", "discard", letters[discarded]["id"], "--reason", "a test", "--yes")
    assert (gone["status"], gone["followed"]) == ("discarded", 1)
    await command(home, "dead-letters", "discard", letters[discarded]["id"], "--reason", "again", "--yes", code=1)
    await command(home, "replay", "--entity", replayed)
    (figures,) = (await verified(home))["projections"]
    assert (figures["differing"], figures["by_hand"]) == (0, 1), (
        "the discarded one has no date of its result, knowingly"
    )
    settled = (await asked(home, "dead-letters", "--settled"))["letters"]
    assert {each["entity"]: each["status"] for each in settled} == {
        retried: "applied",
        discarded: "discarded",
        replayed: "applied",
    }
    assert await asked(home, "status")


async def test_verify_finds_what_was_tampered_with_and_a_replay_mends_it(stack: Stack) -> None:
    home = stack.home
    async with database(stack, "intake") as intake, database(stack, "reporting") as reporting:
        rows = await intake.fetch(
            "select entity, stream_seq as seq from outbox where version = 4 order by entity limit 5"
        )
        behind, missing, ahead, projected, deleted = (row["entity"] for row in rows)
        await reporting.execute("update gate set version = 2 where entity = $1", behind)
        await reporting.execute("delete from gate where entity = $1", missing)
        await reporting.execute("update gate set version = 9 where entity = $1", ahead)
        await reporting.execute("delete from case_fact where case_id = $1", projected)
        await _delete_message(stack, rows[4]["seq"])
        found = await verified(home, code=1)
        assert {code: each["count"] for code, each in by_code(found).items()} == {
            "lost-in-stream": 1,
            "missing": 1,
            "behind": 1,
            "ahead": 1,
            "projection": 1,
        }
        assert f"{behind}: log 4, gate 2" in by_code(found)["behind"]["examples"]
        assert str(deleted) in by_code(found)["lost-in-stream"]["remedy"]
        text = await command(home, "verify", "--wait", "5", code=1)
        assert "chưa hề có hiệu lực" in text
        assert "without any effect" in text
        for entity in (behind, missing, deleted):
            await command(home, "replay", "--entity", str(entity))
        await reporting.execute("update gate set version = 4 where entity = $1", ahead)
        found = await verified(home, code=1)
        assert by_code(found).keys() == {"projection"}
        assert "every event of theirs took effect" in by_code(found)["projection"]["en"]
        await reporting.execute("delete from gate where entity = $1", projected)
        await command(home, "replay", "--entity", str(projected))
        await verified(home)


async def test_verify_finds_the_case_whose_content_was_changed(stack: Stack) -> None:
    """Number and state of cases stay as they are: only a digest tells."""
    home = stack.home
    async with database(stack, "reporting") as reporting:
        rows = await reporting.fetch("select case_id from case_fact where state = 'accepted' order by case_id limit 2")
        late, renamed = (row["case_id"] for row in rows)
        later = "update case_fact set due_at = due_at + $2::interval where case_id = $1"
        await reporting.execute(later, late, timedelta(microseconds=1))
        found = await verified(home, code=1)
        assert by_code(found).keys() == {"projection"}
        assert by_code(found)["projection"]["examples"] == [f"31570 {late}"]
        assert [each["differing"] for each in found["projections"]] == [1]
        await reporting.execute("update case_fact set field = field || 'x' where case_id = $1", renamed)
        # An event that has not come yet explains a difference; what is wrong with the gate is told as such.
        await reporting.execute("update gate set version = version - 1 where entity = $1", late)
        found = await verified(home, code=1)
        assert by_code(found).keys() == {"projection", "behind"}
        assert by_code(found)["projection"]["examples"] == [f"31570 {renamed}"]
        await reporting.execute("update gate set version = version + 1 where entity = $1", late)
        text = await command(home, "verify", code=1)
        assert f"31570 {late}" in text
        assert f"31570 {renamed}" in text
        await reporting.execute(later, late, timedelta(microseconds=-1))
        await reporting.execute("update case_fact set field = left(field, -1) where case_id = $1", renamed)
        await verified(home)


async def test_a_service_that_does_not_answer_is_named(stack: Stack) -> None:
    pid = stack.children["reporting"].pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        found = await asked(stack.home, "status", code=1)
        assert {each["service"] for each in found["findings"] if each["code"] == "no-answer"} == {"reporting"}
        assert "không trả lời" in await command(stack.home, "status", code=1)
        assert await command(stack.home, "verify", code=2, timeout=20) == ""
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_without_a_stack_the_code_is_2(home: Path) -> None:
    for arguments in (("status",), ("verify",), ("dead-letters",), ("replay", "intake")):
        assert await command(home, *arguments, code=2) == ""


def _advanced_log(home: Path, wanted: int) -> tuple[Path, list[str]]:
    """A log in which so many cases that were in progress have been completed and handed over."""
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = [row for row in reader if not row["completed_at"]][:wanted]
        fields = reader.fieldnames
    assert fields
    for row in rows:
        row["completed_at"], row["returned_at"] = "2025-07-30T09:00:00+07:00", "2025-07-30T10:00:00+07:00"
    path = home / "advanced.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fields)
        writer.writeheader()
        writer.writerows(rows)
    return path, [row["case_code"] for row in rows]


async def _delete_message(stack: Stack, sequence: int) -> None:
    """Takes a message out of the middle of the stream, which only the provisioner may."""
    client = await nats.connect(
        stack.nats_url,
        nkeys_seed=str(stack.secrets_dir / "provisioner" / "nats.seed"),
        inbox_prefix=b"_INBOX_provisioner",
    )
    await client.jetstream().delete_msg("INTAKE", sequence)
    await client.close()
