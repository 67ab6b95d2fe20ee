"""The embedded stack: what is started, in which order, and what it is told."""

import asyncio
import fcntl
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil

from contracts.topology import SERVICES, TOPOLOGY
from services.chassis.errors import Misconfigured
from services.operations.embedded.postgres import EmbeddedPostgres
from services.operations.embedded.process import Child, ChildSpec, reap
from services.operations.provisioning import nats_conf, secrets

_PREFERRED = {"nats": 14222, "nats_http": 18222, "postgres": 15432, "provisioner": 18100} | {
    name: 18101 + number for number, name in enumerate(SERVICES)
}
_READY_SECONDS = 60.0
_KEEP_LOG = 10 << 20


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
async def running(home: Path, services: Sequence[str] = SERVICES) -> AsyncIterator[Stack]:
    """Starts everything and waits until it is ready; stops everything at the end, in reverse order.

    With fewer `services` the rest is left to the caller; NATS, PostgreSQL and the provisioner always run.
    Misconfigured: another stack runs in this home. TimeoutError: something does not get ready; the message says what.
    """
    home.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - nothing else runs yet
    with _lock(home):
        _reap_leftovers(home)
        stack = Stack(home, _choose_ports(home), {})
        started = time.monotonic()
        try:
            await _start(stack, services)
            stack.seconds_to_ready = time.monotonic() - started
            _write(home / "stack.json", _note(stack))
            yield stack
        finally:
            (home / "stack.json").unlink(missing_ok=True)
            await asyncio.shield(_stop(stack))


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
    first_round = [await _child(stack, _nats(stack, conf))]
    # Services import while initdb works; they wait by themselves for what is not there yet.
    first_round += [await _child(stack, _service(stack, name)) for name in services]
    await asyncio.to_thread(postgres.initialise)
    first_round.append(await _child(stack, _postgres(stack, postgres, password)))
    first_round.append(await _child(stack, _provisioner(stack)))
    await asyncio.gather(*(child.wait_ready(_READY_SECONDS) for child in first_round))


async def _child(stack: Stack, spec: ChildSpec) -> Child:
    if spec.log.exists() and spec.log.stat().st_size > _KEEP_LOG:
        spec.log.replace(spec.log.with_suffix(".old"))
    child = Child(spec, lambda name, pid: _remember(stack.home, name, pid))
    stack.children[spec.name] = child
    await child.start()
    return child


async def _stop(stack: Stack) -> None:
    """Services first, so that they can finish; then the provisioner, then what they stand on."""
    children = stack.children
    await asyncio.gather(*(child.stop() for name, child in children.items() if name in {*SERVICES, "provisioner"}))
    for name in ("nats", "postgres"):
        if name in children:
            await children[name].stop()
    (stack.home / "pids.json").unlink(missing_ok=True)


def _nats(stack: Stack, conf: Path) -> ChildSpec:
    url = f"http://127.0.0.1:{stack.ports['nats_http']}/healthz?js-enabled-only=true"
    program = str(Path(sys.executable).with_name("nats-server"))
    return ChildSpec("nats", [program, "-c", str(conf)], _log(stack, "nats"), lambda: _answers(url))


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
        uid=postgres.user.pw_uid if postgres.user else None,
        gid=postgres.user.pw_gid if postgres.user else None,
        stop_signal=signal.SIGINT,  # PostgreSQL's fast shutdown
    )


def _provisioner(stack: Stack) -> ChildSpec:
    env = _env(stack, "provisioner") | {"TIEPSUC_SECRETS_ROOT": str(stack.secrets_dir)}
    return _python(stack, "provisioner", ["provision"], env)


def _service(stack: Stack, name: str) -> ChildSpec:
    env = _env(stack, name) | {"TIEPSUC_SECRETS_DIR": str(stack.secrets_dir / name)}
    return _python(stack, name, ["serve", name], env)


def _python(stack: Stack, name: str, arguments: list[str], env: dict[str, str]) -> ChildSpec:
    url = f"http://127.0.0.1:{stack.ports[name]}/ready"
    command = [sys.executable, "-m", "services.operations", *arguments]
    return ChildSpec(name, command, _log(stack, name), lambda: _answers(url), env=env)


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


async def _answers(url: str) -> bool:
    try:
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
            return (await client.get(url)).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


class _lock:  # noqa: N801 - used like a function
    """Holds the home; a lock of the kernel's, so none is left however we end."""

    def __init__(self, home: Path) -> None:
        self._path = home / "lock"

    def __enter__(self) -> None:
        self._file = self._path.open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            holder = self._file.read().strip()
            self._file.close()
            raise Misconfigured(
                f"Hệ thống đã chạy ở đây (pid {holder}). / A stack runs here already: {self._path.parent}"
            ) from None
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)
        self._file.close()


def _choose_ports(home: Path) -> dict[str, int]:
    """The ports of the last run, else the preferred ones, else any that are free; no two alike."""
    wanted = _PREFERRED | {k: v for k, v in _read(home / "ports.json").items() if k in _PREFERRED}
    held: list[socket.socket] = []
    chosen = {}
    try:
        for name, port in wanted.items():
            bound = _bind(port) or _bind(0)
            assert bound is not None  # noqa: S101 - port 0 is always to be had
            held.append(bound)
            chosen[name] = int(bound.getsockname()[1])
    finally:
        for each in held:
            each.close()
    _write(home / "ports.json", chosen)
    return chosen


def _bind(port: int) -> socket.socket | None:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError:
        bound.close()
        return None
    return bound


def _remember(home: Path, name: str, pid: int) -> None:
    with suppress(psutil.NoSuchProcess):
        _write(home / "pids.json", {**_read(home / "pids.json"), name: [pid, psutil.Process(pid).create_time()]})


def _reap_leftovers(home: Path) -> None:
    reap({name: (pid, started) for name, (pid, started) in _read(home / "pids.json").items()})
    (home / "pids.json").unlink(missing_ok=True)
    (home / "stack.json").unlink(missing_ok=True)


def _note(stack: Stack) -> dict[str, object]:
    urls = {name: f"http://127.0.0.1:{stack.ports[name]}" for name in (*SERVICES, "provisioner")}
    return {
        "pid": os.getpid(),
        "nats_url": stack.nats_url,
        "secrets_dir": str(stack.secrets_dir),
        "database_port": stack.ports["postgres"],
        "http": urls,
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found


def _write(path: Path, content: Mapping[str, object]) -> None:
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(content, indent=1))
    draft.replace(path)
