"""How the command line finds and enters a running stack: by environment variables, else by the stack's own note."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import nats
import nkeys
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoServersError

from contracts.envelope import Actor
from contracts.roles import Role
from contracts.topology import TOPOLOGY
from services.chassis.client import Caller
from services.chassis.errors import Misconfigured
from services.worktime.clock import SystemClock

USER = "operator"


def home() -> Path:
    """Where the embedded stack keeps its state: TIEPSUC_HOME, else `.tiepsuc` in the working directory."""
    return Path(os.environ.get("TIEPSUC_HOME", ".tiepsuc")).absolute()


def stack_note() -> dict[str, object]:
    """What the running embedded stack wrote about itself. Misconfigured: none runs here."""
    note = home() / "stack.json"
    try:
        found: dict[str, object] = json.loads(note.read_text())
    except (OSError, ValueError) as error:
        raise Misconfigured(
            "Không thấy hệ thống đang chạy. Hãy chạy `make run`, hoặc đặt TIEPSUC_NATS_URL và TIEPSUC_SECRETS_DIR.\n"
            f"No running stack found ({note}). Run `make run`, or set TIEPSUC_NATS_URL and TIEPSUC_SECRETS_DIR."
        ) from error
    return found


def _where() -> tuple[str, Path]:
    url, secrets = os.environ.get("TIEPSUC_NATS_URL"), os.environ.get("TIEPSUC_SECRETS_DIR")
    if url and secrets:
        return url, Path(secrets)
    note = stack_note()
    return str(note["nats_url"]), Path(str(note["secrets_dir"])) / USER


def _seed() -> tuple[str, Path]:
    """Where NATS is, and the file of the operator's key. Misconfigured: no stack runs, or the key is not there."""
    url, secrets = _where()
    seed = secrets / "nats.seed"
    if not seed.is_file():
        raise Misconfigured(f"Không đọc được khóa / cannot read the key {seed}; set TIEPSUC_SECRETS_DIR.")
    return url, seed


def deployment() -> str:
    """What tells this installation from every other: the operator's public key, made with it. Misconfigured: none."""
    key: bytes = nkeys.from_seed(_seed()[1].read_bytes().strip()).public_key
    return key.decode()


@asynccontextmanager
async def operator() -> AsyncIterator[tuple[Client, Caller]]:
    """A connection of the operator's NATS user, and a caller over it. Misconfigured: it cannot be had, or broke off."""
    url, seed = _seed()

    async def quiet(_: Exception) -> None:
        """Errors reach the caller as exceptions; nats-py would also print them."""

    try:
        client = await nats.connect(
            url,
            nkeys_seed=str(seed),
            inbox_prefix=f"_INBOX_{USER}".encode(),
            name=f"tiepsuc-{USER}",
            connect_timeout=5,
            max_reconnect_attempts=3,
            error_cb=quiet,
        )
    except (OSError, NatsError, NoServersError, TimeoutError) as error:
        raise Misconfigured(
            f"Không nối được NATS / cannot reach NATS at {url}: {error}\n"
            "Hệ thống có đang chạy không? / Does the stack run? `make run`, `docker compose ps`"
        ) from error
    client.options["max_reconnect_attempts"] = -1  # once it has been there, it is worth waiting for
    try:
        yield client, Caller(client, TOPOLOGY, SystemClock(), Actor(id=USER, role=Role.OPERATOR))
    except NatsError as error:
        raise Misconfigured(f"Lỗi khi nói chuyện với NATS / talking to NATS at {url} failed: {error}") from error
    finally:
        with suppress(NatsError):  # it may be reconnecting, and what went wrong is told already
            await client.drain()
