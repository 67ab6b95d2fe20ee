"""Child processes that are watched, started again when they end, and never left behind."""

import asyncio
import logging
import os
import random
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from services.operations.embedded import child_exec

log = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE, _RAN_WELL = 0.2, 10.0, 30.0
_CHILD_EXEC = (sys.executable, "-I", "-S", str(Path(child_exec.__file__).resolve()))
_STAY = -1


@dataclass(frozen=True)
class ChildSpec:
    """How to run a child. `stop_signal` asks it to stop within `grace` seconds; `ready` says that it works."""

    name: str
    command: list[str]
    log: Path
    ready: Callable[[], Awaitable[bool]]
    env: Mapping[str, str] = field(default_factory=dict)
    uid: int | None = None
    gid: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 30.0


class Child:
    """One child process through all its restarts. `on_start` is told each new pid."""

    def __init__(self, spec: ChildSpec, on_start: Callable[[str, int], None]) -> None:
        self.spec = spec
        self.restarts = 0
        self._on_start = on_start
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        await self._spawn()
        self._task = asyncio.create_task(self._watch(), name=f"watch {self.spec.name}")

    async def wait_ready(self, seconds: float) -> None:
        """TimeoutError: it did not get ready; the message has the end of its log."""
        try:
            async with asyncio.timeout(seconds):
                while not await self.spec.ready():  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise TimeoutError(f"{self.spec.name} is not ready after {seconds:.0f} s:\n{self.tail()}") from None

    def tail(self, lines: int = 15) -> str:
        """The end of its log."""
        try:
            return "\n".join(self.spec.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return "(no log)"

    async def stop(self) -> None:
        """Asks, waits, then kills."""
        self._stopping = True
        process = self._process
        if process is not None and process.returncode is None:
            process.send_signal(self.spec.stop_signal)
            try:
                async with asyncio.timeout(self.spec.grace):
                    await process.wait()
            except TimeoutError:
                log.warning("%s did not stop within %.0f s and is killed", self.spec.name, self.spec.grace)
                self.kill()
                await process.wait()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def kill(self) -> None:
        """At once, with everything that it started itself."""
        self._stopping = True
        if self.pid is not None:
            try:
                os.killpg(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                return

    async def _spawn(self) -> None:
        self.spec.log.parent.mkdir(parents=True, exist_ok=True)
        with self.spec.log.open("ab") as output:
            ids = (_STAY if each is None else each for each in (self.spec.uid, self.spec.gid))
            self._process = await asyncio.create_subprocess_exec(
                *_CHILD_EXEC,
                *map(str, (os.getpid(), int(self.spec.stop_signal), *ids)),
                *self.spec.command,
                env={**os.environ, **self.spec.env},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                start_new_session=True,  # the terminal's Ctrl-C is for the supervisor, which stops in order
            )
        self._on_start(self.spec.name, self._process.pid)

    async def _watch(self) -> None:
        pause = _FIRST_PAUSE
        loop = asyncio.get_running_loop()
        while self._process is not None:
            started = loop.time()
            code = await self._process.wait()
            if self._stopping:
                return
            if loop.time() - started > _RAN_WELL:
                pause = _FIRST_PAUSE
            log.warning("%s ended with %s; starts again in %.1f s", self.spec.name, code, pause)
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))
            pause = min(pause * 2, _LONGEST_PAUSE)
            self.restarts += 1
            await self._spawn()


def reap(pids: Mapping[str, tuple[int, float]]) -> list[str]:
    """Stops children of an earlier run that are still there; their names. A pid that was given anew is let alone."""
    left = []
    for name, (pid, started) in pids.items():
        try:
            process = psutil.Process(pid)
            if abs(process.create_time() - started) < 1:
                process.send_signal(signal.SIGINT if name == "postgres" else signal.SIGTERM)
                left.append((name, process))
        except psutil.NoSuchProcess:
            continue
    _, alive = psutil.wait_procs([process for _, process in left], timeout=20)
    for process in alive:
        process.kill()
    psutil.wait_procs(alive, timeout=5)
    return [name for name, _ in left]
