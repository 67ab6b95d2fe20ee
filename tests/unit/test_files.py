"""Attached files on the disk: the largest that may come is in memory once, and not several times, while it is kept."""

import secrets
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import pytest

from contracts.intake.commands.attachments import PIECE_BYTES
from services.intake.store.files import CHUNK, Files

LARGE = 20_000_000
T = TypeVar("T")


def peak(action: Callable[[], T]) -> tuple[T, int]:
    """What an action gives, and how many bytes it had in hand at most, that included."""
    tracemalloc.start()
    try:
        return action(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    made = Files(tmp_path / "attachments")
    made.prepare()
    return made


def test_a_large_file_is_put_together_and_kept_without_copies(files: Files) -> None:
    id, key, content = uuid4(), bytes(32), secrets.token_bytes(LARGE)
    for start in range(0, LARGE, PIECE_BYTES):
        files.add_piece(id, key, start, content[start : start + PIECE_BYTES])
    whole, most = peak(lambda: files.pieces(id, key, LARGE))
    assert whole == content
    assert most < 1.5 * LARGE
    digest, most = peak(lambda: files.keep(id, key, content))
    assert most < 10 * CHUNK
    assert files.read(id, key, digest, LARGE - 10, 10) == content[-10:]


def test_a_file_that_could_not_be_kept_leaves_nothing(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError("no space")

    id = uuid4()
    with monkeypatch.context() as broken:
        broken.setattr("services.intake.store.files.os.fsync", full)
        with pytest.raises(OSError, match="no space"):
            files.keep(id, bytes(32), b"x" * CHUNK * 3)
    files.forget_pieces(id)
    assert list(files.kept(-1)) == []
    assert files.arriving() == []
