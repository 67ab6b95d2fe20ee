"""A long-running command and its terminal: signals that ask to stop, and output that outlives the terminal."""

import asyncio
import os
import select
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import IO, TextIO, cast

_LOOK_EVERY = 1.0


class StopSignals:
    """Remembers the first of SIGINT, SIGTERM and SIGHUP, from now to the end of the process; sees a closed terminal.

    Not the event loop's handlers: those are gone before the loop starts and after it ends, when a second Ctrl-C would
    still cut short what the first one began.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._wake: Callable[[], None] | None = None
        self._terminal = select.poll()
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN and sys.stdout.isatty():
            self._terminal.register(sys.stdout, 0)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # `nohup` has the closing of the terminal ignored, and so it stays.
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._remember)

    def _remember(self, number: int, _: object) -> None:
        if self.received is None:
            self.received = number
            if self._wake is not None:
                self._wake()

    async def wait(self) -> None:
        """Until one has come."""
        loop, event = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(event.set)

        self._wake = wake
        while self.received is None and not self._hung_up():
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY):
                    await event.wait()

    def _hung_up(self) -> bool:
        """Whether our terminal is closed. SIGHUP goes to its first process only, and not every such one passes it on:
        `make` does not."""
        return any(event & (select.POLLHUP | select.POLLERR) for _, event in self._terminal.poll(0))


def lasting(stream: TextIO) -> IO[str]:
    """The stream, which takes text without complaint when its terminal is closed or nobody reads its pipe any more.

    What depends on the stack going on, or on its orderly stop, must not depend on somebody watching.
    """
    return cast("IO[str]", _Lasting(stream))


class _Lasting:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.write = partial(self._try, stream.write)
        self.flush = partial(self._try, stream.flush)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def _try(self, action: Callable[..., object], *text: str) -> int:
        try:
            action(*text)
        except OSError:
            # The buffer still holds text that will be tried again, at the latest when the interpreter ends.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
        return sum(map(len, text))
