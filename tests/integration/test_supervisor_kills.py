"""`tiepsuc demo` after a `kill -9` of itself or of a part: nothing is left behind, and it goes on where it was."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import psutil

from tests.support.stack import tiepsuc
from tests.support.terminal import (
    ALL_THERE,
    CTRL_C,
    READY,
    Starter,
    assert_no_notes,
    assert_nothing_left,
)


def test_after_kill_9_nothing_is_left_and_the_next_run_goes_on_at_once(home: Path, start: Starter) -> None:
    demo = start(home)
    demo.wait_until(lambda: any(home.glob("postgres.*.new/PG_VERSION")), what="a database half made")
    demo.send(signal.SIGKILL)
    demo.ended()
    assert_nothing_left(home, seconds=5)

    demo = start(home)
    demo.wait_for("importing")
    demo.send(signal.SIGKILL)
    demo.ended()  # and the next one starts while the children of this one still end

    demo = start(home)
    demo.wait_for(READY)
    stale = (home / "stack.json").read_text()
    demo.send(signal.SIGKILL)
    demo.ended()
    assert_nothing_left(home, seconds=10)
    assert (home / "stack.json").read_text() == stale
    assert "NATS" in tiepsuc_error(home), "the command line is told that nobody is there"

    with socket.socket() as other:  # who has taken one of our ports meanwhile
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ports = json.loads((home / "ports.json").read_text())
        other.bind(("127.0.0.1", ports["intake"]))
        other.listen()
        text = tiepsuc(home, "demo", "--exit")
    again = json.loads((home / "ports.json").read_text())
    assert {name for name in ports if ports[name] != again[name]} == {"intake"}
    assert f"127.0.0.1:{again['intake']}/ready" in text
    assert ALL_THERE in text
    assert "identities: 3=4+5+6 ✓" in text
    assert_nothing_left(home)
    assert_no_notes(home)


def tiepsuc_error(home: Path) -> str:
    """What `tiepsuc report` says where no stack runs; it must not hang or show a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "services.operations", "report", "--from", "2025-07-01", "--to", "2025-07-29"],
        env={"TIEPSUC_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_second_start_is_refused_and_a_killed_child_comes_back(home: Path, start: Starter) -> None:
    demo = start(home)
    demo.wait_for(READY)
    before = demo.children()

    second = start(home)
    assert second.ended() == 2
    assert "Hệ thống đã chạy" in second.text
    assert "runs in" in second.text
    assert "Traceback" not in second.text
    assert demo.children() == before
    ports = json.loads((home / "ports.json").read_text())
    assert _ready(ports["reporting"])

    psutil.Process(before["reporting"]).kill()
    demo.wait_until(lambda: demo.children()["reporting"] != before["reporting"], 5, "a new child")
    demo.wait_until(lambda: _ready(ports["reporting"]), 20, "readiness")
    assert {name for name, pid in demo.children().items() if pid != before[name]} == {"reporting"}
    assert "reporting ended with -9" in demo.text
    demo.type(CTRL_C)
    assert demo.ended() == 0
    assert_nothing_left(home)


def _ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/ready", timeout=2, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
