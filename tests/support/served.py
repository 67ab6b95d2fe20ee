"""One service as a process that nobody starts again, so that a test sees how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil

from services.operations.embedded.process import Child

SERVE = ("services.operations", "serve")


class Served:
    """`tiepsuc serve NAME` against the parts of a stack that have, or will have, these ports."""

    def __init__(self, home: Path, name: str, *, module: tuple[str, ...] = SERVE, **env: str) -> None:
        ports = json.loads((home / "ports.json").read_text())
        self.log = home / f"{name}.log"
        self._url = f"http://127.0.0.1:{ports[name]}"
        told = {
            "TIEPSUC_ENVIRONMENT": "embedded",
            "TIEPSUC_NATS_URL": f"nats://127.0.0.1:{ports['nats']}",
            "TIEPSUC_DATABASE_PORT": str(ports["postgres"]),
            "TIEPSUC_HTTP_PORT": str(ports[name]),
            "TIEPSUC_SECRETS_DIR": str(home / "secrets" / name),
            "TIEPSUC_ATTACHMENTS_DIR": str(home / "attachments"),
        }
        with self.log.open("ab") as output:
            self.process = psutil.Popen(
                [sys.executable, "-m", *module, *([name] if module == SERVE else [])],
                env={key: value for key, value in (os.environ | told | env).items() if value},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def text(self) -> str:
        return self.log.read_text()

    def _complaints(self) -> str:
        """What is worth reading when a test fails: errors, and the end."""
        lines = self.text.splitlines()
        return "\n".join([*(line for line in lines if '"level": "error"' in line), "...", *lines[-10:]])

    async def get(self, page: str) -> tuple[int, dict[str, object]]:
        """Status and body of `live` or `ready`; status 0: nobody listens."""
        try:
            async with httpx.AsyncClient(timeout=8, trust_env=False, verify=False) as client:  # noqa: S501 - no TLS
                answer = await client.get(f"{self._url}/{page}")
        except httpx.HTTPError:
            return 0, {}
        return answer.status_code, answer.json()

    async def metrics(self) -> str:
        """The page that Prometheus reads."""
        async with httpx.AsyncClient(timeout=8, trust_env=False, verify=False) as client:  # noqa: S501 - no TLS
            return (await client.get(f"{self._url}/metrics")).text

    async def findings(self) -> dict[str, str]:
        """What `/ready` finds wrong; it says 503 if and only if there is something, and `/live` 200 all the while."""
        (status, body), (live, _) = await asyncio.gather(self.get("ready"), self.get("live"))
        found: dict[str, str] = body.get("findings", {"process": "does not listen"})  # type: ignore[assignment]
        assert status in {503 if found else 200, 0}
        assert live == 200 or status == 0
        return found

    async def finds(self, judge: Callable[[dict[str, str]], bool], seconds: float) -> dict[str, str]:
        """Waits until what it finds is so."""
        end = time.monotonic() + seconds
        while not judge(found := await self.findings()):
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self._complaints()}"
            assert time.monotonic() < end, f"after {seconds} s it finds {found}:\n{self._complaints()}"
            await asyncio.sleep(0.1)
        return found

    async def ready(self, seconds: float = 20) -> None:
        await self.finds(lambda found: not found, seconds)

    async def cpu_share(self, seconds: float = 3) -> float:
        """Of one core, over some seconds."""
        before = self.process.cpu_times()
        await asyncio.sleep(seconds)
        after = self.process.cpu_times()
        return float(after.user + after.system - before.user - before.system) / seconds

    async def ended(self, seconds: float) -> int:
        """Its exit code."""
        try:
            return int(await asyncio.to_thread(self.process.wait, seconds))
        except psutil.TimeoutExpired:
            raise AssertionError(f"still runs after {seconds} s:\n{self._complaints()}") from None


@asynccontextmanager
async def serving(home: Path, name: str, *, module: tuple[str, ...] = SERVE, **env: str) -> AsyncIterator[Served]:
    """A service, killed at the end if it has not ended."""
    served = Served(home, name, module=module, **env)
    try:
        yield served
    finally:
        if served.process.poll() is None:
            served.process.kill()
        await asyncio.to_thread(served.process.wait)


@asynccontextmanager
async def down(child: Child) -> AsyncIterator[None]:
    """A part of the stack stopped, and started again at the end."""
    await child.stop()
    try:
        yield
    finally:
        child._stopping = False
        await child.start()
        await child.wait_ready(30)
