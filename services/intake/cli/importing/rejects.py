"""The file of rejected lines: made with the first of them, continued where an interrupted import left it."""

import csv
import os
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from contracts.intake.commands.importing import RejectedRow


class Rejects:
    """Rejected lines, with place and reason, into a file or onto an output."""

    def __init__(self, place: Path | TextIO, lang: str, heads: dict[str, str] | None = None) -> None:
        """`heads`: what the log itself calls the fields."""
        self._path = place if isinstance(place, Path) else None
        self._file = None if isinstance(place, Path) else place
        self._lang = lang
        self._heads = heads or {}
        self._writer: Any = None

    def __enter__(self) -> "Rejects":
        return self

    def begin(self, size: int = 0) -> None:
        """Once the log is known to be one and the stack is there: what an earlier run told is out of date now.

        All but the first `size` bytes is taken away: what was written of a piece that then was not recorded.
        """
        if self._path is None:
            return
        if not size or not self._path.exists():
            self._path.unlink(missing_ok=True)
            return
        os.truncate(self._path, min(size, self._path.stat().st_size))
        self._file = self._path.open("a", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)

    def add(self, text: str, row: RejectedRow) -> None:
        """One more rejected line."""
        if self._file is None and self._path is not None:
            # With a byte order mark, without which Excel takes Vietnamese for something else.
            self._file = self._path.open("w", encoding="utf-8-sig", newline="")
        if self._writer is None and self._file is not None:
            self._writer = csv.writer(self._file)
            self._writer.writerow(("line", "column", "code", "reason", "text"))
        reason = row.message_vi if self._lang == "vi" else row.message_en
        self._writer.writerow((row.line, self._heads.get(row.column, row.column), row.code, reason, text))

    def settle(self) -> int:
        """Brings what was added to the disk; the file's size in bytes, 0 for an output or none."""
        if self._path is None or self._file is None:
            return 0
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._path.stat().st_size

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._path is not None and self._file is not None:
            self._file.close()
