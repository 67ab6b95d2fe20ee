"""The keys of attached files, wrapped in a key that somebody else keeps: destroying that one destroys the files."""

import secrets
from typing import Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from contracts.refusals import Refused
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
    """Wraps the key of a file of a case, and unwraps it. KeyGone: it cannot be had any more."""

    async def wrap(self, connection: Connection, key: bytes, case_id: UUID) -> bytes: ...

    async def unwrap(self, connection: Connection, wrapped: bytes, case_id: UUID) -> bytes: ...


class SecretWrapper:
    """Wraps under one secret of intake's; a wrapped key is of use for its own case only."""

    def __init__(self, secret: str) -> None:
        self._cipher = AESGCM(derived(secret, b"attachment keys"))

    async def wrap(self, connection: Connection, key: bytes, case_id: UUID) -> bytes:  # noqa: ARG002 - others need it
        nonce = secrets.token_bytes(12)
        return _VERSION + nonce + self._cipher.encrypt(nonce, key, case_id.bytes)

    async def unwrap(self, connection: Connection, wrapped: bytes, case_id: UUID) -> bytes:  # noqa: ARG002
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

    async def unwrap(self, connection: Connection, wrapped: bytes, case_id: UUID) -> bytes:
        if not wrapped.startswith(_OF_PERSON):
            return await self._secret.unwrap(connection, wrapped, case_id)
        person, nonce, rest = UUID(bytes=wrapped[1:17]), wrapped[17:29], wrapped[29:]
        try:
            return AESGCM(await self._people.key_of(connection, person)).decrypt(nonce, rest, case_id.bytes)
        except Refused as refused:
            raise KeyGone from refused
        except InvalidTag as error:
            raise Tampered(f"the key of a file of case {case_id} does not open") from error


def derived(secret: str, purpose: bytes) -> bytes:
    """A key of 256 bits for one purpose."""
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"tiepsuc " + purpose).derive(secret.encode())
