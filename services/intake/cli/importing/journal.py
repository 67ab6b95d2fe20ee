"""How far an import has come: a small file beside the log, so that the same command goes on where it was broken off.

Its first line, which is on the disk before anything is sent, says which import this is; each piece of rows that is
answered adds a line. Those are not forced to the disk one by one: a process that dies loses none of them, and where
the machine does, the lines that are missing are sent again under the same command ids, to which the service gives its
first answer. So the counts stay exact. A line counts only if the files of rejected and remarked lines have all that it
says they had.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from services.chassis.ids import uuid7
from services.intake.cli.importing.lines import BadFile, Place
from services.intake.cli.importing.row_file import Mark, Written

_FORMAT = 3

Files = Mapping[str, Path | None]
"""The files of lines that the import writes, by what they are; None: onto an output."""


@dataclass
class Counts:
    """What became of a file's rows so far. The last two are counted beside: rows that were taken, and remarked on."""

    rows: int = 0
    imported: int = 0
    advanced: int = 0
    already_present: int = 0
    rejected: int = 0
    possible_duplicates: int = 0
    other_applicants: int = 0

    @property
    def remarked(self) -> int:
        return self.possible_duplicates + self.other_applicants


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
    """Everything up to `place` is answered, counted, and told in the files up to their marks."""

    run: UUID = field(default_factory=uuid7)
    """Makes the ids of this import's commands; another import of the same file asks anew."""
    place: Place = field(default_factory=Place)
    counts: Counts = field(default_factory=Counts)
    marks: dict[str, Mark] = field(default_factory=dict)

    def mark(self, name: str) -> Mark:
        return self.marks.get(name, Mark())


class Journal:
    """The file of one import's state; without a path nothing is kept."""

    def __init__(self, path: Path | None, identity: Identity, files: Files) -> None:
        self._path = path
        self._identity = identity
        self._files = files
        self._file: BinaryIO | None = None
        self._end = 0

    def __enter__(self) -> "Journal":
        return self

    def load(self) -> State | None:
        """The state of an interrupted import of the same rows that told of them at the same places; None: begin."""
        try:
            lines = self._path.read_bytes().splitlines(keepends=True) if self._path else []
            head = json.loads(lines[0])
            state = State(UUID(head.pop("run")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
            return None
        if head != self._head() or not lines[0].endswith(b"\n"):
            return None
        self._end = len(lines[0])
        with ExitStack() as stack:
            written = {name: stack.enter_context(Written(path)) for name, path in self._files.items()}
            for line in lines[1:]:
                found = _parsed(line, state.run)
                if found is None or not all(each.has(found.mark(name)) for name, each in written.items()):
                    break
                state, self._end = found, self._end + len(line)
        return state

    def begin(self, state: State) -> None:
        """Before anything is sent: which import this is, on the disk; behind it what `load` found, and nothing else."""
        if self._path is None:
            return
        if not self._end:
            self._path.unlink(missing_ok=True)
        self._file = self._path.open("r+b" if self._end else "xb", buffering=0)
        if self._end:
            self._file.truncate(self._end)
            self._file.seek(self._end)
            return
        self._file.write(_line(self._head() | {"run": str(state.run)}))
        os.fsync(self._file.fileno())
        _sync_folder(self._path.parent)

    def save(self, state: State) -> None:
        """One more piece is answered."""
        if self._file is not None:
            told = asdict(state)
            del told["run"]
            self._file.write(_line(told))

    def _head(self) -> dict[str, Any]:
        files = {name: str(path.absolute()) if path else None for name, path in self._files.items()}
        rows = {"log": self._identity.log, "mapping": self._identity.mapping, "stack": self._identity.stack}
        return {"format": _FORMAT, **rows, "files": files}

    def remove(self) -> None:
        """The import is complete: the next one of this file asks anew."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()


def _parsed(line: bytes, run: UUID) -> State | None:
    """The state in a line; None: it was cut off, or is none."""
    try:
        told = json.loads(line)
        marks = {name: Mark(**mark) for name, mark in told["marks"].items()}
        return State(run, Place(**told["place"]), Counts(**told["counts"]), marks) if line.endswith(b"\n") else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _line(told: dict[str, Any]) -> bytes:
    return json.dumps(told).encode() + b"\n"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system that has no such thing
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
