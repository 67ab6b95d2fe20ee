"""Readiness answers also where a check hangs."""

import asyncio

import pytest

from services.chassis import health


async def test_a_check_that_hangs_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hangs() -> str | None:
        await asyncio.Event().wait()
        return None

    async def well() -> str | None:
        return None

    monkeypatch.setattr(health, "_PATIENCE", 0.05)
    looked = health.Health("intake")
    looked.add("database", hangs)
    looked.add("nats", well)
    looked.stage = "running"
    assert list(await looked.findings()) == ["database"]
