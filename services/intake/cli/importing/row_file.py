"""A file of lines of a log, each with what is to be said of it: made with the first of them, continued where an
interrupted import left it.

It repeats what the log says of people, so nobody but its owner may read it; and it is opened in spreadsheets, so no
cell of it is a formula.
"""

import csv
import hashlib
import io
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, TextIO

from contracts.intake.commands.importing import RejectedRow, RemarkedRow
from services.intake.domain.spreadsheet import neutral_line

HEAD = ("line", "column", "code", "reason", "text")
_OWNER_ONLY = 0o600
_MARK = b"\xef\xbb\xbf"
"""Without it Excel takes Vietnamese for something else."""
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a file has come: its bytes, and a digest of all of them."""

    size: int = 0
    digest: str = ""


class Written:
    """Reads a file along its marks: whether it begins with what they say, or a power failure has taken some of it."""

    def __init__(self, path: Path | None) -> None:
        self._file: BinaryIO | None = None
        self._hash, self._size = hashlib.sha256(), 0
        if path is not None:
            with suppress(OSError):  # as though it were empty
                self._file = path.open("rb")

    def __enter__(self) -> "Written":
        return self

    def has(self, mark: Mark) -> bool:
        """Whether it has this mark, which does not lie before the one asked for last."""
        while self._size < mark.size:
            piece = self._file.read(min(_PIECE, mark.size - self._size)) if self._file else b""
            if not piece:
                return False
            self._size += len(piece)
            self._hash.update(piece)
        return self._size == mark.size and (not mark.size or _short(self._hash) == mark.digest)

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()


class RowFile:
    """Lines with place and reason, into a file or onto an output."""

    def __init__(self, place: Path | TextIO, lang: str, heads: dict[str, str] | None = None) -> None:
        """`heads`: what the log itself calls the fields."""
        self._path = place if isinstance(place, Path) else None
        self._output = None if isinstance(place, Path) else place
        self._lang = lang
        self._heads = heads or {}
        self._file: BinaryIO | None = None
        self._hash, self._size = hashlib.sha256(), 0
        self._headed = False

    def __enter__(self) -> "RowFile":
        return self

    def begin(self, mark: Mark = Mark()) -> None:
        """Once the log is known to be one and the stack is there: what an earlier run told is out of date now.

        All behind the mark is taken away: what was written of a piece that then was not recorded.
        """
        if self._path is None:
            return
        if not mark.size or not self._path.exists():
            self._path.unlink(missing_ok=True)
            return
        self._file = _opened(self._path, os.O_RDWR)
        while self._size < mark.size and (piece := self._file.read(min(_PIECE, mark.size - self._size))):
            self._size += len(piece)
            self._hash.update(piece)
        self._file.truncate(self._size)
        self._headed = True

    def add(self, text: str, row: RejectedRow | RemarkedRow) -> None:
        """One more line."""
        if not self._headed:
            self._headed = True
            self._write(HEAD, _MARK if self._path else b"")
        reason = row.message_vi if self._lang == "vi" else row.message_en
        told = (self._heads.get(row.column, row.column), row.code, reason, text)
        self._write((str(row.line), *map(neutral_line, told)))

    def _write(self, cells: tuple[str, ...], mark: bytes = b"") -> None:
        line = io.StringIO()
        csv.writer(line).writerow(cells)
        if self._output is not None:
            self._output.write(line.getvalue())
            return
        if self._file is None and self._path is not None:
            self._file = _opened(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        if self._file is not None:
            data = mark + line.getvalue().encode()
            self._file.write(data)
            self._hash.update(data)
            self._size += len(data)

    def settle(self) -> Mark:
        """Hands what was added to the system, which keeps it if this process dies; nothing of an output or no file."""
        if self._file is None:
            return Mark()
        self._file.flush()
        return Mark(self._size, _short(self._hash))

    def finish(self) -> None:
        """Brings everything to the disk: afterwards nobody would write it again."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()


def beside(rejects: Path | TextIO) -> Path | TextIO:
    """Where remarks go: beside the rejected lines; where those go onto an output, onto that for errors."""
    if not isinstance(rejects, Path):
        return sys.stderr
    return rejects.with_name(f"{rejects.name.removesuffix('.csv').removesuffix('.rejects')}.remarks.csv")


def _opened(path: Path, flags: int) -> BinaryIO:
    """A file that its owner alone may read and write, whatever the umask, and whatever it was before."""
    descriptor = os.open(path, flags | os.O_NOFOLLOW, _OWNER_ONLY)
    os.fchmod(descriptor, _OWNER_ONLY)
    return os.fdopen(descriptor, "r+b" if flags & os.O_RDWR else "wb")


def _short(digest: "hashlib._Hash") -> str:
    return digest.hexdigest()[:16]
