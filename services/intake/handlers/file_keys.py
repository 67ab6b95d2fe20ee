"""The keys of attached files, wrapped in a key that somebody else keeps: destroying that one destroys the files.

A file's name is sealed under the file's own key, and so is destroyed with it.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.chassis.database import Connection
from services.chassis.errors import Misconfigured
from services.intake.domain.vault import Tampered
from services.intake.handlers.people import People
from services.intake.store import cases

_VERSION = b"\x01"
_OF_PERSON = b"\x02"


class KeyGone(Exception):
    """The key around a file's key was destroyed, and the file with it."""


class KeyWrapper(Protocol):
    """Wraps the key of a file of a case, and unwraps those of several; None for one that cannot be had any more."""

    async def wrap(self, connection: Connection, key: bytes, case_id: UUID) -> bytes: ...

    async def unwrap_all(
        self, connection: Connection, wrapped: Sequence[bytes], case_id: UUID
    ) -> list[bytes | None]: ...


async def unwrap(keys: KeyWrapper, connection: Connection, wrapped: bytes, case_id: UUID) -> bytes:
    """The key of one file. KeyGone: it cannot be had any more."""
    (key,) = await keys.unwrap_all(connection, [wrapped], case_id)
    if key is None:
        raise KeyGone
    return key


class SecretWrapper:
    """Wraps under one secret of intake's; a wrapped key is of use for its own case only."""

    def __init__(self, secret: str) -> None:
        self._cipher = AESGCM(derived(secret, b"attachment keys"))

    async def wrap(self, connection: Connection, key: bytes, case_id: UUID) -> bytes:  # noqa: ARG002 - others need it
        nonce = secrets.token_bytes(12)
        return _VERSION + nonce + self._cipher.encrypt(nonce, key, case_id.bytes)

    async def unwrap_all(
        self,
        connection: Connection,  # noqa: ARG002
        wrapped: Sequence[bytes],
        case_id: UUID,
    ) -> list[bytes | None]:
        return [self.unwrapped(each, case_id) for each in wrapped]

    def unwrapped(self, wrapped: bytes, case_id: UUID) -> bytes:
        """The key. Misconfigured: it was wrapped under another secret."""
        try:
            return self._cipher.decrypt(wrapped[1:13], wrapped[13:], case_id.bytes)
        except InvalidTag as error:
            raise Misconfigured("attachments.key is not the one that the files' keys were wrapped in") from error


class PersonWrapper:
    """Wraps under the key of whoever's case it is, so that erasing the person erases the files; under intake's secret
    where a case names nobody."""

    def __init__(self, people: People, secret: SecretWrapper) -> None:
        self._people = people
        self._secret = secret

    async def wrap(self, connection: Connection, key: bytes, case_id: UUID) -> bytes:
        person = await cases.applicant_of(connection, case_id)
        if person is None:
            return await self._secret.wrap(connection, key, case_id)
        cipher, nonce = AESGCM(await self._people.key_of(connection, person)), secrets.token_bytes(12)
        return _OF_PERSON + person.bytes + nonce + cipher.encrypt(nonce, key, case_id.bytes)

    async def unwrap_all(self, connection: Connection, wrapped: Sequence[bytes], case_id: UUID) -> list[bytes | None]:
        people = {_person(each) for each in wrapped if each.startswith(_OF_PERSON)}
        keys = await self._people.keys_of(connection, people) if people else {}
        return [self._unwrapped(each, keys, case_id) for each in wrapped]

    def _unwrapped(self, wrapped: bytes, keys: Mapping[UUID, bytes], case_id: UUID) -> bytes | None:
        if not wrapped.startswith(_OF_PERSON):
            return self._secret.unwrapped(wrapped, case_id)
        if (key := keys.get(_person(wrapped))) is None:
            return None
        try:
            return AESGCM(key).decrypt(wrapped[17:29], wrapped[29:], case_id.bytes)
        except InvalidTag as error:
            raise Tampered(f"the key of a file of case {case_id} does not open") from error


def _person(wrapped: bytes) -> UUID:
    return UUID(bytes=wrapped[1:17])


def sealed_name(key: bytes, file: UUID, name: str) -> bytes:
    """A file's name under the file's key."""
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(key).encrypt(nonce, name.encode(), b"name" + file.bytes)


def opened_name(key: bytes, file: UUID, sealed: bytes) -> str:
    """A file's name. Tampered: it is another file's, or was changed."""
    try:
        return AESGCM(key).decrypt(sealed[:12], sealed[12:], b"name" + file.bytes).decode()
    except (InvalidTag, ValueError) as error:
        raise Tampered(f"the name of file {file} does not open") from error


def derived(secret: str, purpose: bytes) -> bytes:
    """A key of 256 bits for one purpose."""
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"tiepsuc " + purpose).derive(secret.encode())
