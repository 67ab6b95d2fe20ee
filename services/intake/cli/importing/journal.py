"""How far an import has come: a small file beside the log, so that the same command goes on where it was broken off.

It is written after each piece of rows that is answered, whole or not at all. What was answered but not written is sent
again under the same command ids, and the service gives its first answer: the counts stay exact.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import UUID

from services.chassis.ids import uuid7
from services.intake.cli.importing.lines import BadFile, Place

_FORMAT = 2


@dataclass
class Counts:
    """What became of a file's rows so far."""

    rows: int = 0
    imported: int = 0
    advanced: int = 0
    already_present: int = 0
    rejected: int = 0


@dataclass(frozen=True)
class Identity:
    """Which rows these are: of another file, or mapped otherwise, nothing is continued."""

    log: str
    mapping: str
    stack: str
    """The installation they go to: what one has answered, another has never seen."""
    lines: int
    """Line ends in the file, for a progress bar."""


@dataclass
class State:
    """Everything up to `place` is answered, counted, and told in the first `rejects_size` bytes of `rejects`."""

    run: UUID = field(default_factory=uuid7)
    """Makes the ids of this import's commands; another import of the same file asks anew."""
    place: Place = field(default_factory=Place)
    counts: Counts = field(default_factory=Counts)
    rejects: str | None = None
    rejects_size: int = 0


class Journal:
    """The file of one import's state; without a path nothing is kept."""

    def __init__(self, path: Path | None, identity: Identity) -> None:
        self._path = path
        self._identity = identity

    def load(self, rejects: Path | None) -> State | None:
        """The state of an interrupted import of the same rows that told its rejects at the same place; None: begin."""
        if self._path is None:
            return None
        try:
            told = json.loads(self._path.read_bytes())
            if told["format"] != _FORMAT or any(told[key] != value for key, value in self._rows().items()):
                return None
            state = State(
                UUID(told["run"]),
                Place(**told["place"]),
                Counts(**told["counts"]),
                told["rejects"],
                told["rejects_size"],
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if state.rejects != _name(rejects) or (rejects and _size(rejects) < state.rejects_size):
            return None  # what was rejected would be lost: told once more from the beginning, nothing happens twice
        return state

    def save(self, state: State) -> None:
        """Replaces the file in one step."""
        if self._path is None:
            return
        told = asdict(state) | {"run": str(state.run), "format": _FORMAT}
        told |= self._rows()
        beside = _beside(self._path)
        with beside.open("w", encoding="utf-8") as file:
            json.dump(told, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)

    def _rows(self) -> dict[str, str]:
        return {"log": self._identity.log, "mapping": self._identity.mapping, "stack": self._identity.stack}

    def remove(self) -> None:
        """The import is complete: the next one of this file asks anew."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            _beside(self._path).unlink(missing_ok=True)  # of a run that was killed while it wrote


def begin(rejects: Path | None) -> State:
    """The state of an import that has done nothing yet."""
    return State(rejects=_name(rejects))


def place_of(log: Path, rejects: Path | None) -> Path | None:
    """Where the journal of a log stands: beside it, else beside its rejects file; None if neither can be written."""
    for folder in (log.parent, *([rejects.parent] if rejects else [])):
        if os.access(folder, os.W_OK):
            return folder / f"{log.name}.import.json"
    return None


def identify(log: Path, mapping: str, stack: str) -> Identity:
    """Reads the whole file once. BadFile: it cannot be read."""
    digest, lines = hashlib.sha256(), 0
    try:
        with log.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
                lines += piece.count(b"\n")
    except OSError as error:
        raise BadFile(f"Không mở được tệp / cannot open {log}: {error.strerror}") from error
    return Identity(digest.hexdigest(), mapping, stack, lines)


@contextmanager
def alone(log: Path) -> Iterator[None]:
    """Keeps a second import of the same file away for as long. BadFile: there is one."""
    with log.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadFile(f"Tệp đang được nhập ở nơi khác / this file is being imported already: {log}") from None
        except OSError:
            pass  # a file system without locks
        yield


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.new")


def _name(rejects: Path | None) -> str | None:
    return str(rejects.absolute()) if rejects else None


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
