"""The embedded stack: what is started, in which order, and what it is told."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from contracts.topology import SERVICES, TOPOLOGY
from services.operations.embedded import home as notes
from services.operations.embedded import ports
from services.operations.embedded.postgres import EmbeddedPostgres
from services.operations.embedded.process import Child, ChildSpec, uninterrupted
from services.operations.provisioning import nats_conf, secrets

_READY_SECONDS = 60.0
_LOGS_EVERY = 60.0
STREAM_BYTES = 1 << 30  # the server sets so much of the disk aside for each stream; a commune's month is a hundredth


@dataclass
class Stack:
    """A running stack. `children` in the order of starting."""

    home: Path
    ports: dict[str, int]
    children: dict[str, Child]
    seconds_to_ready: float = 0.0

    @property
    def nats_url(self) -> str:
        return f"nats://127.0.0.1:{self.ports['nats']}"

    @property
    def secrets_dir(self) -> Path:
        return self.home / "secrets"


@asynccontextmanager
async def running(
    home: Path, services: Sequence[str] = SERVICES, *, ready_seconds: float = _READY_SECONDS
) -> AsyncIterator[Stack]:
    """Starts everything and waits until it is ready; stops everything at the end, in reverse order.

    With fewer `services` the rest is left to the caller; NATS, PostgreSQL and the provisioner always run.
    Misconfigured: another stack runs in this home. TimeoutError: something does not get ready; the message says what.
    """
    with notes.Held(home):
        notes.clear_up(home)
        stack = Stack(home, ports.choose(home), {})
        started = time.monotonic()
        logs = asyncio.create_task(_keep_logs_small(stack))
        try:
            await _start(stack, services)
            await _all_ready(stack, ready_seconds)
            stack.seconds_to_ready = time.monotonic() - started
            notes.note_running(home, _note(stack))
            yield stack
        finally:
            notes.forget_running(home)
            logs.cancel()
            await uninterrupted(_stop(stack))


async def _start(stack: Stack, services: Sequence[str]) -> None:
    secrets.create(stack.secrets_dir, TOPOLOGY)
    conf = stack.secrets_dir / "nats" / "nats.conf"
    keys = secrets.public_keys(stack.secrets_dir, TOPOLOGY)
    text = nats_conf.render(
        TOPOLOGY,
        keys,
        host="127.0.0.1",
        port=stack.ports["nats"],
        http_host="127.0.0.1",
        http_port=stack.ports["nats_http"],
        store=stack.home / "jetstream",
    )
    secrets.write_private(conf, text)
    password = secrets.read(stack.secrets_dir, secrets.PROVISIONER, "database.password")
    postgres = EmbeddedPostgres(stack.home, stack.ports["postgres"], password)
    await _child(stack, _nats(stack, conf))
    # Services import while initdb works; they wait by themselves for what is not there yet.
    for name in services:
        await _child(stack, _service(stack, name))
    await postgres.initialise()
    await _child(stack, _postgres(stack, postgres, password))
    await _child(stack, _provisioner(stack))


async def _child(stack: Stack, spec: ChildSpec) -> Child:
    child = Child(spec, lambda name, pid: notes.note_child(stack.home, name, pid))
    stack.children[spec.name] = child
    child.keep_log_small()
    await child.start()
    return child


async def _all_ready(stack: Stack, seconds: float) -> None:
    """TimeoutError: names every part that is not, what the others stand on first, with the end of its log."""
    order = sorted(stack.children.values(), key=lambda child: child.spec.name in {*SERVICES, "provisioner"})
    results = await asyncio.gather(*(child.wait_ready(seconds) for child in order), return_exceptions=True)
    failures = [result for result in results if isinstance(result, BaseException)]
    if others := [failure for failure in failures if not isinstance(failure, TimeoutError)]:
        raise others[0]
    if failures:
        raise TimeoutError("\n\n".join(str(failure) for failure in failures))


async def _keep_logs_small(stack: Stack) -> None:
    while True:
        await asyncio.sleep(_LOGS_EVERY)
        for child in stack.children.values():
            child.keep_log_small()


async def _stop(stack: Stack) -> None:
    """Services first, so that they can finish; then the provisioner, then what they stand on."""
    children = stack.children
    ground = ("nats", "postgres")
    await asyncio.gather(*(child.stop() for name, child in children.items() if name not in ground))
    for name in ground:
        if name in children:
            await children[name].stop()
    notes.forget_children(stack.home)


def _nats(stack: Stack, conf: Path) -> ChildSpec:
    program = str(Path(sys.executable).with_name("nats-server"))
    port = stack.ports["nats_http"]
    return ChildSpec(
        "nats",
        [program, "-c", str(conf)],
        _log(stack, "nats"),
        lambda: _answers(port, "/healthz?js-enabled-only=true"),
    )


def _postgres(stack: Stack, postgres: EmbeddedPostgres, password: str) -> ChildSpec:
    async def ready() -> bool:
        try:
            connection = await asyncpg.connect(
                host="127.0.0.1", port=postgres.port, user="postgres", password=password, database="postgres", timeout=2
            )
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            return False
        await connection.close()
        return True

    return ChildSpec(
        "postgres",
        postgres.command,
        _log(stack, "postgres"),
        ready,
        uid=postgres.ids[0],
        gid=postgres.ids[1],
        stop_signal=signal.SIGINT,  # PostgreSQL's fast shutdown
    )


def _provisioner(stack: Stack) -> ChildSpec:
    env = _env(stack, "provisioner") | {
        "TIEPSUC_SECRETS_ROOT": str(stack.secrets_dir),
        "TIEPSUC_STREAM_MAX_BYTES": os.environ.get("TIEPSUC_STREAM_MAX_BYTES", str(STREAM_BYTES)),
    }
    return _python(stack, "provisioner", ["provision"], env)


def _service(stack: Stack, name: str) -> ChildSpec:
    env = _env(stack, name) | {"TIEPSUC_SECRETS_DIR": str(stack.secrets_dir / name)}
    if name == "intake":
        env["TIEPSUC_ATTACHMENTS_DIR"] = str(stack.home / "attachments")
    return _python(stack, name, ["serve", name], env)


def _python(stack: Stack, name: str, arguments: list[str], env: dict[str, str]) -> ChildSpec:
    port = stack.ports[name]
    command = [sys.executable, "-m", "services.operations", *arguments]
    return ChildSpec(name, command, _log(stack, name), lambda: _answers(port, "/ready"), env=env)


def _env(stack: Stack, name: str) -> dict[str, str]:
    return {
        "TIEPSUC_ENVIRONMENT": "embedded",
        "TIEPSUC_NATS_URL": stack.nats_url,
        "TIEPSUC_DATABASE_HOST": "127.0.0.1",
        "TIEPSUC_DATABASE_PORT": str(stack.ports["postgres"]),
        "TIEPSUC_HTTP_HOST": "127.0.0.1",
        "TIEPSUC_HTTP_PORT": str(stack.ports[name]),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }


def _log(stack: Stack, name: str) -> Path:
    return stack.home / "logs" / f"{name}.log"


async def _answers(port: int, path: str) -> bool:
    """Whether a GET is answered with 200. Asked many times a second: an HTTP client made for each would cost a core."""
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
                return b" 200 " in await reader.readline()
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
    except (OSError, TimeoutError):
        return False


def _note(stack: Stack) -> dict[str, object]:
    urls = {name: f"http://127.0.0.1:{stack.ports[name]}" for name in (*SERVICES, "provisioner")}
    return {
        "pid": os.getpid(),
        "nats_url": stack.nats_url,
        "secrets_dir": str(stack.secrets_dir),
        "database_port": stack.ports["postgres"],
        "http": urls,
    }
