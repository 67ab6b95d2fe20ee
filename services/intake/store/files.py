"""Files outside the database: encrypted in chunks, addressed by the digest of what is stored, whole or not at all.

    <root>/aa/bb/<sha256 of the stored bytes>     kept
    <root>/incoming/<attachment>/<offset>         pieces of one that is still arriving, encrypted as well

AES-256-GCM under a key of the file's own; a chunk's place is authenticated with it, so that chunks cannot be moved.
"""

import hashlib
import hmac
import io
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK = 262_144
_NONCE, _TAG = 12, 16
_STORED_CHUNK = _NONCE + CHUNK + _TAG


class Damaged(Exception):
    """A stored file is not there, or not as it was stored."""


class Files:
    """The directory of files. OSError: it cannot be written or read; nothing half is left then."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / "incoming"

    def prepare(self) -> None:
        """Makes the folders. OSError: they cannot be made, or written to."""
        self._root.parent.mkdir(parents=True, exist_ok=True)
        for folder in (self._root, self._incoming):
            folder.mkdir(mode=0o700, exist_ok=True)
        (self._incoming / ".probe").write_bytes(b"")
        (self._incoming / ".probe").unlink(missing_ok=True)

    def add_piece(self, id: UUID, key: bytes, offset: int, content: bytes) -> None:
        """Keeps a piece; the same offset again replaces it."""
        folder = self._incoming / str(id)
        folder.mkdir(mode=0o700, exist_ok=True)
        _write(folder / f"{offset:012}", _seal(key, b"piece", id, offset, content))

    def pieces(self, id: UUID, key: bytes, size: int) -> bytes:
        """All that arrived, put together. Damaged: a piece is missing or was changed."""
        content = io.BytesIO()  # its value is taken out without a copy, unlike a bytearray's
        while (at := content.tell()) < size:
            try:
                sealed = (self._incoming / str(id) / f"{at:012}").read_bytes()
            except FileNotFoundError as error:
                raise Damaged(f"{id}: the piece at {at} is missing") from error
            content.write(_open(key, b"piece", id, at, sealed))
        return content.getvalue()

    def keep(self, id: UUID, key: bytes, content: bytes) -> str:
        """Stores the whole file, chunk by chunk; the digest it is found by."""
        digest = hashlib.sha256()

        def sealed() -> Iterator[bytes]:
            for start in range(0, len(content), CHUNK):
                chunk = _seal(key, b"chunk", id, start, content[start : start + CHUNK])
                digest.update(chunk)
                yield chunk

        # Its name is known at its end only. Until then it lies among its pieces, and is swept with them.
        folder = self._incoming / str(id)
        folder.mkdir(mode=0o700, exist_ok=True)
        with _draft(folder / "whole") as draft:
            _fill(draft, sealed())
            place = self.place(digest.hexdigest())
            for folder in (place.parent.parent, place.parent):  # `parents=True` would give the outer one another mode
                folder.mkdir(mode=0o700, exist_ok=True)
            _move(draft, place)
        return digest.hexdigest()

    def read(self, id: UUID, key: bytes, digest: str, offset: int, length: int) -> bytes:
        """Some of a file's plain content. Damaged: it is missing or was changed."""
        content = bytearray()
        first = offset - offset % CHUNK
        try:
            with self.place(digest).open("rb") as file:
                file.seek(first // CHUNK * _STORED_CHUNK)
                for start in range(first, offset + length, CHUNK):
                    if not (sealed := file.read(_STORED_CHUNK)):
                        break
                    content += _open(key, b"chunk", id, start, sealed)
        except FileNotFoundError as error:
            raise Damaged(f"{id}: the file is missing") from error
        return bytes(content[offset - first : offset - first + length])

    def forget_pieces(self, id: UUID) -> None:
        """Takes away what arrived of a file."""
        folder = self._incoming / str(id)
        if folder.is_dir():
            for piece in folder.iterdir():
                piece.unlink(missing_ok=True)
            folder.rmdir()

    def arriving(self) -> list[UUID]:
        """Files of which pieces are there."""
        return [UUID(folder.name) for folder in self._incoming.iterdir() if folder.is_dir()]

    def kept(self, older_than: float) -> Iterator[str]:
        """The names of stored files that were written so many seconds ago, those of broken-off writes included."""
        limit = time.time() - older_than
        for place in self._root.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
            try:
                if place.stat().st_mtime <= limit:
                    yield place.name
            except FileNotFoundError:
                continue

    def remove(self, name: str) -> None:
        self.place(name).unlink(missing_ok=True)

    def place(self, name: str) -> Path:
        """Where a stored file lies."""
        return self._root / name[:2] / name[2:4] / name


def content_mac(key: bytes, sha256: str) -> bytes:
    """The keyed digest of a plain content's digest."""
    return hmac.digest(key, sha256.encode(), hashlib.sha256)


def _seal(key: bytes, kind: bytes, id: UUID, place: int, content: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, kind + id.bytes + place.to_bytes(8, "big"))


def _open(key: bytes, kind: bytes, id: UUID, place: int, sealed: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], kind + id.bytes + place.to_bytes(8, "big"))
    except (InvalidTag, ValueError) as error:
        raise Damaged(f"{id}: what is stored at {place} was changed, or is under another key") from error


def _write(place: Path, content: bytes) -> None:
    """The whole file under its name, on the disk, or none. A draft's name begins as its file's, for the sweep."""
    with _draft(place) as draft:
        _fill(draft, (content,))
        _move(draft, place)


@contextmanager
def _draft(place: Path) -> Iterator[Path]:
    """A name beside this one. What is not moved away in the end is removed."""
    draft = place.with_name(f"{place.name}.{secrets.token_hex(4)}.new")
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _fill(place: Path, content: Iterable[bytes]) -> None:
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.writelines(content)
        file.flush()
        os.fsync(file.fileno())


def _move(draft: Path, place: Path) -> None:
    draft.replace(place)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
