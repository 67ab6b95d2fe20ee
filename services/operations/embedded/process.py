"""Child processes that are watched, started again when they end, and never left behind."""

import asyncio
import logging
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from services.operations.embedded import child_exec

log = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE, _RAN_WELL = 0.2, 10.0, 30.0
_CHILD_EXEC = (sys.executable, "-I", "-S", str(Path(child_exec.__file__).resolve()))
_STAY = -1
_LONGEST_LOG = 10 << 20
_REAP_GRACE = 10.0


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
            ended = f", đã khởi động lại {self.restarts} lần / restarted {self.restarts} times" if self.restarts else ""
            raise TimeoutError(
                f"{self.spec.name}: sau {seconds:.0f} giây vẫn chưa sẵn sàng / "
                f"not ready after {seconds:.0f} s{ended} ({self.spec.log}):\n{self.tail()}"
            ) from None

    def tail(self, lines: int = 15) -> str:
        """The end of its log."""
        try:
            return "\n".join(self.spec.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return "(no log)"

    def keep_log_small(self) -> None:
        """Moves what it wrote to `.old` once it is much. It writes by appending, so it goes on at the new beginning."""
        with suppress(OSError):
            if self.spec.log.stat().st_size > _LONGEST_LOG:
                shutil.copyfile(self.spec.log, self.spec.log.with_suffix(".old"))
                os.truncate(self.spec.log, 0)

    async def stop(self) -> None:
        """Asks, waits, then kills."""
        self._stopping = True
        if self._task is not None and self.pid is None:
            self._task.cancel()  # it is between two starts: there shall be no next one
            await asyncio.wait({self._task})
        process = self._process
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
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
            await asyncio.wait({self._task})

    def kill(self) -> None:
        """At once, with everything that it started itself."""
        self._stopping = True
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    async def _spawn(self) -> None:
        self.spec.log.parent.mkdir(parents=True, exist_ok=True)
        with self.spec.log.open("ab") as output:
            self._process = await _execute(
                self.spec.command, self.spec.uid, self.spec.gid, output.fileno(), self.spec.stop_signal, self.spec.env
            )
        self._on_start(self.spec.name, self._process.pid)

    async def _watch(self) -> None:
        pause = _FIRST_PAUSE
        loop = asyncio.get_running_loop()
        started = loop.time()
        while True:
            if self.pid is not None and self._process is not None:
                code = await self._process.wait()
                if self._stopping:
                    return
                log.warning("%s ended with %s and is started again", self.spec.name, code)
            if loop.time() - started > _RAN_WELL:
                pause = _FIRST_PAUSE
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))
            pause = min(pause * 2, _LONGEST_PAUSE)
            started = loop.time()
            self.restarts += 1
            try:
                await self._spawn()
            except OSError as error:  # a full disk, no more files or processes: it may pass
                log.warning("%s cannot be started: %s", self.spec.name, error)


async def _execute(
    command: Sequence[str],
    uid: int | None,
    gid: int | None,
    output: int,
    death_signal: signal.Signals,
    env: Mapping[str, str],
) -> asyncio.subprocess.Process:
    ids = (_STAY if each is None else each for each in (uid, gid))
    return await asyncio.create_subprocess_exec(
        *_CHILD_EXEC,
        *map(str, (os.getpid(), int(death_signal), *ids)),
        *command,
        env={**os.environ, **env},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=asyncio.subprocess.STDOUT,
        cwd="/",
        start_new_session=True,  # the terminal's Ctrl-C is for the supervisor, which stops in order
    )


async def run_to_end(command: Sequence[str], uid: int | None, gid: int | None) -> None:
    """Runs a program that ends by itself; it ends with us, too. RuntimeError: it failed; the message has its words."""
    process = await _execute(command, uid, gid, asyncio.subprocess.PIPE, signal.SIGKILL, {})
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode != 0:
        raise RuntimeError(
            f"{Path(command[0]).name} ended with {process.returncode}:\n{output.decode(errors='replace')}"
        )


async def uninterrupted(work: Awaitable[None]) -> None:
    """Awaits work that must be finished even if we are cancelled meanwhile, however often; then passes that on."""
    task = asyncio.ensure_future(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            cancelled = True
    task.result()
    if cancelled:
        raise asyncio.CancelledError


def reap(pids: Mapping[str, tuple[int, float]]) -> list[str]:
    """Stops children of an earlier run that are still there; their names. A pid that was given anew is let alone."""
    left: list[tuple[str, psutil.Process]] = []
    for name, (pid, started) in pids.items():
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if abs(process.create_time() - started) < 1 and _alive(process):
                process.send_signal(signal.SIGINT if name == "postgres" else signal.SIGTERM)
                left.append((name, process))
    end = time.monotonic() + _REAP_GRACE
    while (alive := [process for _, process in left if _alive(process)]) and time.monotonic() < end:
        time.sleep(0.05)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    while any(_alive(process) for process in alive):
        time.sleep(0.05)
    return [name for name, _ in left]


def _alive(process: psutil.Process) -> bool:
    """A zombie is not: nobody may ever collect it, where the first process of a container does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
