"""Where the stack's parts listen: on the ports of the last run, else on the usual ones, else on others near them."""

import socket
from collections.abc import Iterator
from pathlib import Path

from contracts.topology import SERVICES
from services.operations.embedded import home as notes

PREFERRED = {"nats": 14222, "nats_http": 18222, "postgres": 15432, "provisioner": 18100} | {
    name: 18101 + number for number, name in enumerate(SERVICES)
}
_STEP = 100
_BELOW = 32_000  # from here on the kernel hands ports out to outgoing connections, our own children's included


def choose(home: Path) -> dict[str, int]:
    """A free port for each part, no two alike; remembered for the next run."""
    last = {name: port for name, port in notes.read(home / notes.PORTS).items() if name in PREFERRED}
    held: list[socket.socket] = []
    chosen = {}
    try:
        for name, preferred in PREFERRED.items():
            bound = next(
                found
                for port in _candidates(last.get(name, preferred), preferred)
                if (found := _bind(port)) is not None
            )
            held.append(bound)
            chosen[name] = int(bound.getsockname()[1])
    finally:
        for each in held:
            each.close()
    notes.write(home / notes.PORTS, chosen)
    return chosen


def _candidates(wanted: int, preferred: int) -> Iterator[int]:
    yield wanted
    yield from range(preferred, _BELOW, _STEP)
    while True:
        yield 0  # any; the system runs out before we do


def _bind(port: int) -> socket.socket | None:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
        bound.listen()  # so that another stack that chooses at this moment sees it taken
    except OSError:
        bound.close()
        if port == 0:
            raise
        return None
    return bound
