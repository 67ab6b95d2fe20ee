"""The stack's home: who holds it, and what a run notes there for the next one and for the command line."""

import fcntl
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

import psutil

from services.chassis.errors import Misconfigured
from services.operations.embedded.process import reap

PORTS, _PIDS, _NOTE = "ports.json", "pids.json", "stack.json"


class Held:
    """Holds a home; a lock of the kernel's, so that none is left however we end. Misconfigured: somebody holds it."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._path = home / "lock"

    def __enter__(self) -> None:
        self._home.mkdir(parents=True, exist_ok=True)
        self._file = self._take()
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def _take(self) -> TextIO:
        while True:
            file = self._path.open("a+")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                holder = file.read().strip()
                file.close()
                raise Misconfigured(
                    f"Hệ thống đã chạy ở {self._home} (tiến trình {holder}). Hãy dừng nó, hoặc đặt TIEPSUC_HOME khác.\n"
                    f"A stack runs in {self._home} already (process {holder}). Stop it, or set another TIEPSUC_HOME."
                ) from None
            # The last holder takes the file away: what we have locked may be that one, while others lock a new one.
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file.fileno()), self._path.stat()):
                    return file
            file.close()

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)
        self._file.close()


def note_child(home: Path, name: str, pid: int) -> None:
    """Remembers a child, so that the next run can stop it if we end without doing so."""
    with suppress(psutil.NoSuchProcess):
        write(home / _PIDS, {**read(home / _PIDS), name: [pid, psutil.Process(pid).create_time()]})


def forget_children(home: Path) -> None:
    """They have all ended."""
    (home / _PIDS).unlink(missing_ok=True)


def note_running(home: Path, note: Mapping[str, object]) -> None:
    """Tells the command line where things listen (`chassis.connect`)."""
    write(home / _NOTE, note)


def forget_running(home: Path) -> None:
    (home / _NOTE).unlink(missing_ok=True)


def clear_up(home: Path) -> None:
    """What a run left that was killed: its note, and children that are still there."""
    forget_running(home)
    reap({name: (pid, started) for name, (pid, started) in read(home / _PIDS).items()})
    forget_children(home)


def read(path: Path) -> dict[str, Any]:
    """A JSON object; empty if there is none, or none that can be read."""
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found


def write(path: Path, content: Mapping[str, object]) -> None:
    """The whole file or the old one, never a part."""
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(content, indent=1))
    draft.replace(path)
