"""`tiepsuc audit` and `tiepsuc people` on a running stack: in words, and with which code they end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from contracts.topology import NO_PROVINCE
from services.chassis.ids import uuid7
from services.operations.embedded.stack import Stack, running
from services.operations.provisioning import secrets
from tests.support.stack import command, database, new_home

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack() -> AsyncIterator[Stack]:
    with new_home() as home:
        async with running(home) as started:
            yield started


async def test_an_untouched_audit_is_told_so_and_the_key_is_there_to_be_kept(stack: Stack, tmp_path: Path) -> None:
    key = (await command(stack.home, "audit", "public-key")).strip()
    kept = tmp_path / "kept.key"
    kept.write_text(f"{key}\n")
    clean = await command(stack.home, "audit", "verify", "--public-key", str(kept))
    assert "the audit is untouched" in clean
    assert "elsewhere" not in clean
    assert "elsewhere" in await command(stack.home, "audit", "verify")
    kept.write_text("x")
    assert not await command(stack.home, "audit", "verify", "--public-key", str(kept), code=1), "told on standard error"


async def test_a_case_whose_entry_is_gone_is_named_in_words(stack: Stack) -> None:
    entity = uuid7()
    async with database(stack, "intake") as superuser:
        await superuser.execute(
            """insert into outbox (event_id, entity, version, subject, payload, published_at)
               values ($1, $1, 1, 'evt.intake.case.submitted.v1.' || $2, '{}', now())""",
            entity,
            NO_PROVINCE,
        )
        told = await command(stack.home, "audit", "verify", code=1)
        assert f"{entity}, phiên bản / version 1" in told
        assert "an event without an entry" in told
        assert '"ok": false' in await command(stack.home, "audit", "verify", "--case", str(entity), "--json", code=1)
        await superuser.execute("delete from outbox where entity = $1", entity)
    for part in (("verify", "--case"), ("show",)):
        assert not await command(stack.home, "audit", *part, str(entity), code=1), "there is no such case any more"
    assert not await command(stack.home, "audit", "show", "H13.57-250701-9999", code=1)


async def test_the_master_key_is_rotated_and_who_did_it_is_shown(stack: Stack) -> None:
    done = await command(stack.home, "people", "rotate-master-key")
    key_id = secrets.read(stack.secrets_dir, "intake", "people.master").split()[0]
    assert f"0 keys wrapped under {key_id}" in done
    assert "may leave people.master" in done
