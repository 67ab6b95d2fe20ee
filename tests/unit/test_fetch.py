"""FastStream's batch loop with our guard: what was fetched reaches the handler, however the next fetch fails."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nkeys
import pytest
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.errors import APIError, ServiceUnavailableError

from contracts.topology import DURABLES
from services.chassis import broker as nats

FAILURES = (TimeoutError(), NatsTimeoutError(), ServiceUnavailableError(code=503), APIError(code=400))


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
async def test_a_failing_fetch_for_the_rest_of_a_batch_drops_nothing(tmp_path: Path, failure: Exception) -> None:
    seed = tmp_path / "nats.seed"
    seed.write_bytes(nkeys.encode_seed(bytes(32), nkeys.PREFIX_BYTE_USER))

    async def nothing() -> None:
        return None

    broker = nats.open_broker("reporting", "nats://127.0.0.1:1", seed, ca_file=None, drain_seconds=1, on_closed=nothing)
    nats.subscribe(broker, DURABLES[0], nothing)  # type: ignore[arg-type]
    (subscriber,) = broker.subscribers
    answers: list[Any] = [[1, 2, 3], failure, [4], asyncio.CancelledError()]

    async def fetch(**_: object) -> list[Any]:
        answer = answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return list(answer)

    consumed: list[list[int]] = []

    async def consume(messages: list[int]) -> None:
        consumed.append(messages)

    loop: Any = subscriber
    loop.subscription = SimpleNamespace(fetch=nats.Fetches(broker)._guarded(fetch))
    loop.consume, loop.running = consume, True
    with pytest.raises(asyncio.CancelledError):
        await loop._consume_pull()
    assert consumed == [[1, 2, 3]]
