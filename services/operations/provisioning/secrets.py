"""Secrets as files: one folder for each user, holding what that user needs and nothing else.

<root>/<user>/nats.seed                              every NATS user
<root>/<service>/{database,relay}.password           every service
<root>/intake/attachments.key                        what the keys of attached files are wrapped in; keep it safe
<root>/intake/people.master                          keys that people's keys are wrapped under, the newest first
<root>/intake/people.search                          the key of the hashes that people are searched by
<root>/intake/audit.seed                             signs the audit's daily root
<root>/provisioner/database.password                 the superuser's
<root>/postgres/superuser.password                   the same, for a PostgreSQL server that reads it from a file
<root>/nats/nats.conf                                public keys and rights only
"""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

import nkeys

from contracts.topology import Topology

PROVISIONER = "provisioner"
IDENTITIES = "intake"
"""The one service that keeps people's identities."""
MASTER = "people.master"


def create(root: Path, topology: Topology) -> None:
    """Makes what is missing; what is there stays as it is."""
    root.mkdir(parents=True, exist_ok=True)
    for user in topology.users:
        _write_once(root / user / "nats.seed", _new_seed)
    for service in topology.services:
        _write_once(root / service / "database.password", _new_password)
        _write_once(root / service / "relay.password", _new_password)
    if "intake" in topology.services:
        _write_once(root / "intake" / "attachments.key", _new_password)
    for service in {IDENTITIES} & set(topology.services):
        _write_once(root / service / MASTER, _new_master_key)
        _write_once(root / service / "people.search", _new_key)
        _write_once(root / service / "audit.seed", _new_key)
    _write_once(root / PROVISIONER / "database.password", _new_password)


def add_master_key(root: Path) -> str:
    """A new master key before the ones that are there; its id. What is wrapped under those stays readable by them."""
    file = root / IDENTITIES / MASTER
    line = _new_master_key()
    write_private(file, f"{line}\n{file.read_text().strip()}\n")
    return line.partition(" ")[0]


def hand_to_postgres(root: Path) -> None:
    """Gives the server its copy of the superuser's password: it must not see the rest of the provisioner's folder."""
    write_private(root / "postgres" / "superuser.password", read(root, PROVISIONER, "database.password"))


def public_keys(root: Path, topology: Topology) -> dict[str, str]:
    """The public nkey of each NATS user."""
    keys = {}
    for user in topology.users:
        pair = nkeys.from_seed((root / user / "nats.seed").read_bytes().strip())
        keys[user] = pair.public_key.decode()
        pair.wipe()
    return keys


def read(root: Path, user: str, name: str) -> str:
    """One secret."""
    return (root / user / name).read_text().strip()


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def _write_once(path: Path, make: Callable[[], str]) -> None:
    if not path.exists():
        write_private(path, make())


def _new_seed() -> str:
    seed: bytes = nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_USER)
    return seed.decode()


def _new_password() -> str:
    return secrets.token_urlsafe(32)


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _new_master_key() -> str:
    """An id that no other key has, and the key."""
    return f"key-{secrets.token_hex(4)} {_new_key()}"
