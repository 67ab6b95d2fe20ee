"""`python -m services.chassis.probe [PATH]`: asks this machine's service for `/ready`, and ends with 0 if it is.

The containers' health check, run every few seconds in each: the standard library only, and little of that, so that
it starts in a fraction of what a real HTTP client takes. What is wrong is printed; the engine keeps it with its record.
"""

import os
import socket
import sys

_TIMEOUT = 4.0
_MOST = 4096


def ask(port: int, path: str) -> tuple[bool, str]:
    """Whether the answer was 200, and its body. OSError: there was none."""
    with socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        answer = b""
        while len(answer) < _MOST and (piece := connection.recv(_MOST)):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.split(b" ")[1:2] == [b"200"], body.decode(errors="replace")


def main(arguments: list[str]) -> int:
    """The exit code."""
    try:
        good, text = ask(int(os.environ.get("TIEPSUC_HTTP_PORT", "8080")), arguments[0] if arguments else "/ready")
    except OSError as error:
        good, text = False, f"no answer: {error}"
    sys.stdout.write(text + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
