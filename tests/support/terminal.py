"""`tiepsuc demo` in a terminal of its own, as a person runs it; and what may be left of it afterwards: nothing."""

from __future__ import annotations

import codecs
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

READY = "Ctrl-C để dừng"
CTRL_C = b"\x03"
ALL_THERE = "552 đã có"
"""What a second run says of the sample month."""
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Demo:
    """One run of the command. It is the foreground process of its terminal: what is typed there reaches it."""

    def __init__(
        self, home: Path, *arguments: str, prefix: tuple[str, ...] = (), python: str = sys.executable, **env: str
    ) -> None:
        self.home = home
        self._keyboard, screen = pty.openpty()
        # `setsid --ctty`: a session of its own, which the pseudo-terminal controls. It becomes the command itself.
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *prefix, python, "-m", "services.operations", "demo", *arguments],
            env=os.environ | {"TIEPSUC_HOME": str(home), "COLUMNS": "200", "TERM": "xterm"} | env,
            stdin=screen,
            stdout=screen,
            stderr=screen,
        )
        os.close(screen)
        self._text = ""
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        # Never waiting inside a read: that would keep the terminal open although it is closed.
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        with suppress(OSError):  # nobody has it open any more
            while not self._closing.is_set():
                if select.select([self._keyboard], [], [], 0.05)[0]:
                    self._text += decoder.decode(os.read(self._keyboard, 4096))

    @property
    def text(self) -> str:
        """What the terminal has shown so far, without colours."""
        return _ESCAPES.sub("", self._text).replace("\r\n", "\n")

    def wait_for(self, text: str, seconds: float = 40) -> None:
        """Until the terminal shows a text."""
        self.wait_until(lambda: text in self.text, seconds, text)

    def wait_until(self, happened: Callable[[], bool], seconds: float = 40, what: str = "it") -> None:
        end = time.monotonic() + seconds
        while not happened():
            assert self.process.poll() is None, f"ended with {self.process.returncode} before {what}:\n{self.text}"
            assert time.monotonic() < end, f"no {what} after {seconds:.0f} s:\n{self.text}"
            time.sleep(0.01)

    def type(self, keys: bytes) -> None:
        os.write(self._keyboard, keys)

    def close_terminal(self) -> None:
        """As closing the window does: SIGHUP for the foreground, and errors for whoever still writes."""
        self._close()

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ended(self, seconds: float = 15) -> int:
        """Its exit code. AssertionError: it does not end."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still runs {seconds:.0f} s later:\n{self.text}") from None
        self._reader.join(1)  # it still reads what was written last
        self._close()
        return code

    def children(self) -> dict[str, int]:
        """Names and pids of its children as it noted them."""
        return {name: pid for name, (pid, _) in json.loads((self.home / "pids.json").read_text()).items()}

    def abandon(self) -> None:
        """Whatever a failed test left."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._close()

    def _close(self) -> None:
        if not self._closing.is_set():
            self._closing.set()
            self._reader.join(5)
            os.close(self._keyboard)


Starter = Callable[..., Demo]
"""Starts the command as `Demo` does, and sees to it that it ends with the test."""


def processes_of(home: Path) -> list[psutil.Process]:
    """Every living process that has to do with a home: by its arguments, its environment or its working directory."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            words = [*process.cmdline(), *process.environ().values(), process.cwd()]
            if process.status() != psutil.STATUS_ZOMBIE and any(str(home) in word for word in words):
                found.append(process)
    return found


def assert_nothing_left(home: Path, *, seconds: float = 0) -> None:
    """No process, no open port, no lock, note or socket; within some seconds, where nobody waited for the children."""
    end = time.monotonic() + seconds
    while (left := processes_of(home)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not left, [(each.pid, each.cmdline()) for each in left]
    ports: dict[str, int] = json.loads((home / "ports.json").read_text())
    assert not {name for name, port in ports.items() if _listens(port)}
    assert not list(Path("/tmp").glob(f".s.PGSQL.{ports['postgres']}*"))  # noqa: S108 - its usual place
    assert not [each for each in home.rglob("*") if each.is_socket()]


def assert_no_notes(home: Path) -> None:
    """Nothing tells the next run, or the command line, of a stack that is no more."""
    assert not {"lock", "stack.json", "pids.json"} & {each.name for each in home.iterdir()}
    assert not list(home.glob("*.new")), "a draft was left"
    assert not list(home.glob("*.password")), "a password was left"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
