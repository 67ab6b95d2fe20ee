"""People's data under lock: each person has a key, wrapped under a master key; the person's key destroyed is erasure.

AES-256-GCM throughout. What is authenticated besides the content ties it to its person (and version), so that no row
can be put in the place of another. Nonces are random: 2**32 wrappings are safe under one master key (NIST SP 800-38D
8.3), which is forty times the population. Search goes by HMAC-SHA-256 under a key of its own.

Who loses `people.master` has lost the data, and who loses `people.search` cannot find by number any more.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12
_KEY_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class BadKey(ValueError):
    """A key file does not hold keys; the message says where, and not what."""


class Tampered(Exception):
    """What is stored does not open under its key, person and version: somebody changed it, or the key is another."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A person's key under a master key."""

    key_id: str
    data: bytes


class Vault:
    """Wraps, seals and opens. Keeps the keys in memory only."""

    def __init__(self, master: Mapping[str, bytes], search: bytes) -> None:
        self._masters = {key_id: AESGCM(key) for key_id, key in master.items()}
        self._search = search
        self.current = next(iter(master))

    @classmethod
    def of_files(cls, master: str, search: str) -> "Vault":
        """From the content of the files. BadKey: it is not what it must be."""
        return cls(parse_master(master), parse_key(search))

    @property
    def key_ids(self) -> tuple[str, ...]:
        return tuple(self._masters)

    @property
    def search_check(self) -> bytes:
        """Tells one search key from another and reveals neither."""
        return hmac.digest(self._search, b"tiepsuc/search/check", "sha256")

    @property
    def fingerprint_key(self) -> bytes:
        """Of commands: without it, a fingerprint would let somebody guess what a command carried."""
        return hmac.digest(self._search, b"tiepsuc/command/fingerprint", "sha256")

    def new_key(self, person: UUID) -> tuple[bytes, Wrapped]:
        """A new key for a person, in the clear and wrapped under the newest master key."""
        key = os.urandom(KEY_BYTES)
        return key, self.wrap(person, key)

    def wrap(self, person: UUID, key: bytes) -> Wrapped:
        return Wrapped(self.current, _seal(self._masters[self.current], key, _about_key(person, self.current)))

    def unwrap(self, person: UUID, wrapped: Wrapped) -> bytes:
        """A person's key. Tampered: it does not open; KeyError: its master key is not here."""
        return _open(self._masters[wrapped.key_id], wrapped.data, _about_key(person, wrapped.key_id))

    def seal(self, person: UUID, version: int, key: bytes, content: bytes) -> bytes:
        return _seal(AESGCM(key), content, _about_content(person, version))

    def open(self, person: UUID, version: int, key: bytes, sealed: bytes) -> bytes:
        """What was sealed. Tampered: another person's, another version, or changed."""
        return _open(AESGCM(key), sealed, _about_content(person, version))

    def hash(self, kind: str, form: str) -> bytes:
        """What somebody is searched by, in place of it."""
        return hmac.digest(self._search, f"{kind}\0{form}".encode(), "sha256")


def parse_master(text: str) -> dict[str, bytes]:
    """Master keys by id, the newest first: lines `<id> <base64 of 32 bytes>`. BadKey: a line that is none."""
    keys: dict[str, bytes] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        key_id, _, key = line.strip().partition(" ")
        if not _KEY_ID.fullmatch(key_id) or key_id in keys:
            raise BadKey(
                f"people.master, line {number}: an id of a-z, 0-9 and - that no other line has must come first"
            )
        try:
            keys[key_id] = parse_key(key)
        except BadKey as error:
            raise BadKey(f"people.master, line {number}: {error}") from None
    if not keys:
        raise BadKey("people.master holds no key")
    return keys


def parse_key(text: str) -> bytes:
    """32 bytes in base64. BadKey: anything else."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise BadKey("a key is the base64 of 32 bytes")
    return key


def digest(sealed: bytes) -> bytes:
    """What the audit keeps of a version of somebody's details."""
    return hashlib.sha256(sealed).digest()


def _about_key(person: UUID, key_id: str) -> bytes:
    return b"tiepsuc/person/key/1\0" + person.bytes + key_id.encode()


def _about_content(person: UUID, version: int) -> bytes:
    return b"tiepsuc/person/details/1\0" + person.bytes + version.to_bytes(8, "big")


def _seal(cipher: AESGCM, content: bytes, about: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, content, about)


def _open(cipher: AESGCM, sealed: bytes, about: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about)
    except (InvalidTag, ValueError):
        raise Tampered from None
