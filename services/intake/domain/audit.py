"""The audit: who did what to what, when, from where to where and why, in a chain for each entity, and sealed by day.

Pure. An entry's hash covers the hash before it, and all that the entry says; what it says includes a digest of the
events that the step added to the log, so that the history of a case is covered as well. A day's root runs over the
hashes of its entries in the order of entity and number, begins with the root of the day before, and is signed. Who has
an old root and the public key notices whatever is changed, taken away or put in afterwards, by whomsoever.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.worktime.clock import ZONE, span

NOTHING = bytes(32)
"""What stands before the first entry of a chain, and before the first root."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Step(NamedTuple):
    """One command's effect on one entity, or one look at it (then the versions are equal).

    `digest`: of what was looked at or changed, where no events of the log tell it. `from_version` 0: the entity is new.
    """

    entity: UUID
    actor: str
    role: str
    action: str
    command_id: UUID
    from_version: int
    to_version: int
    from_state: str = ""
    to_state: str = ""
    reason: str | None = None
    digest: bytes | None = None


class Entry(NamedTuple):
    """A step in its chain. `events`: how many events of the log `digest` covers; 0: it covers something else."""

    entity: UUID
    number: int
    at: datetime
    actor: str
    role: str
    action: str
    command_id: UUID
    from_version: int
    to_version: int
    from_state: str
    to_state: str
    reason: str | None
    events: int
    digest: bytes
    previous: bytes
    hash: bytes = b""

    def computed_hash(self) -> bytes:
        """What `hash` must be. Texts are written with their length, so that no two entries read the same."""
        why = "-" if self.reason is None else f"{len(self.reason)}:{self.reason}"
        head = (
            f"{self.number}|{(self.at - _EPOCH) // _MICROSECOND}|{len(self.actor)}:{self.actor}"
            f"|{len(self.role)}:{self.role}|{len(self.action)}:{self.action}|{self.from_version}|{self.to_version}"
            f"|{len(self.from_state)}:{self.from_state}|{len(self.to_state)}:{self.to_state}|{why}|{self.events}|"
        )
        fixed = self.previous + self.entity.bytes + self.command_id.bytes + self.digest
        return hashlib.sha256(fixed + head.encode()).digest()


class Fault(NamedTuple):
    """What is wrong at a place of a chain, or in the row that it tells of, of a table.

    `kind`: entry-changed, entry-missing, chain-broken; what else there is, `AuditFinding` says.
    """

    kind: str
    entity: UUID
    number: int
    table: str | None = None


def chain_faults(entries: Sequence[Entry], before: Mapping[tuple[UUID, int], bytes]) -> Iterator[Fault]:
    """Entries that do not say what they said, or do not follow the one before.

    `before`: the hashes of those that come before some of these and are not among them, by entity and number.
    """
    known = {(entry.entity, entry.number): entry.hash for entry in entries}
    for entry in entries:
        if entry.computed_hash() != entry.hash:
            yield Fault("entry-changed", entry.entity, entry.number)
        if entry.number == 1:
            expected: bytes | None = NOTHING
        else:
            place = (entry.entity, entry.number - 1)
            expected = known.get(place) or before.get(place)
        if expected is None:
            yield Fault("entry-missing", entry.entity, entry.number - 1)
        elif expected != entry.previous:
            yield Fault("chain-broken", entry.entity, entry.number)


def digest_of(parts: Iterable[str]) -> bytes:
    """A digest of events (as they stand in the log, which have no line break) or of other words, in order."""
    return hashlib.sha256("\n".join(parts).encode()).digest()


def day_of(at: datetime) -> date:
    """The day an instant belongs to, in Vietnam."""
    return at.astimezone(ZONE).date()


def bounds(day: date) -> tuple[datetime, datetime]:
    """When a day begins, and when the next one does."""
    return span(day, day)


def root_start(day: date, previous: bytes) -> bytes:
    """Where a day's running hash begins."""
    return hashlib.sha256(b"tiepsuc/audit/day/1\0" + day.isoformat().encode() + previous).digest()


def root_step(running: bytes, entity: UUID, number: int, entry_hash: bytes) -> bytes:
    """The running hash one entry on."""
    return hashlib.sha256(running + entity.bytes + number.to_bytes(8, "big") + entry_hash).digest()


@dataclass(frozen=True, slots=True)
class Root:
    """A day sealed. `number` counts the days from 1; `previous` is the root of the day before."""

    number: int
    day: date
    entries: int
    root: bytes
    previous: bytes
    signature: bytes = b""
    public_key: bytes = b""

    def statement(self) -> bytes:
        """What is signed."""
        text = f"tiepsuc/audit/root/1|{self.number}|{self.day}|{self.entries}|{self.root.hex()}|{self.previous.hex()}"
        return text.encode()


class Signer:
    """Signs roots (Ed25519)."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes_raw()

    def sign(self, root: Root) -> bytes:
        return self._key.sign(root.statement())


def is_signed(root: Root, public_key: bytes) -> bool:
    """Whether a root is signed by the holder of the key."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(root.signature, root.statement())
    except (InvalidSignature, ValueError):
        return False
    return True
