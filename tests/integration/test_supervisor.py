"""`tiepsuc demo` stops in order whatever stops it, leaves nothing behind, and goes on where it was."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from services.operations.embedded.stack import Stack, running
from services.operations.provisioning import nats_conf
from tests.support.stack import tiepsuc
from tests.support.terminal import CTRL_C, READY, Demo, assert_no_notes, assert_nothing_left, processes_of

Starter = Callable[..., Demo]
Recorder = Callable[[str, object], None]
ALL_THERE = "552 đã có"


@pytest.fixture
def start() -> Iterator[Starter]:
    """Starts the command; what still runs at the end is killed."""
    with ExitStack() as stack:

        def starter(home: Path, *arguments: str, **options: Any) -> Demo:
            demo = Demo(home, *arguments, **options)
            stack.callback(demo.abandon)
            return demo

        yield starter


def test_ctrl_c_stops_everything_at_any_moment(home: Path, start: Starter, record_property: Recorder) -> None:
    demo = start(home)
    demo.wait_until(lambda: any(home.glob("postgres.*.new")), what="initdb")
    demo.type(CTRL_C)
    assert demo.ended() == 0
    assert "stopping" in demo.text
    assert "Traceback" not in demo.text
    assert_nothing_left(home)
    assert_no_notes(home)
    assert not (home / "postgres").exists()

    interrupted = start(home, "--exit")
    interrupted.wait_until((home / "pids.json").exists, what="a first child")
    interrupted.type(CTRL_C)
    assert interrupted.ended() == 128 + signal.SIGINT, "it was to do something, and did not"
    assert_nothing_left(home)
    assert_no_notes(home)

    demo = start(home)
    demo.wait_for(READY)
    record_property("seconds_to_ready", float(re.findall(r"ready in ([\d.]+) s", demo.text)[0]))
    assert "552" in demo.text.partition("Biểu II.06a")[2]
    children = demo.children()
    assert len(children) == 8
    demo.type(CTRL_C)
    demo.wait_for("stopping")
    for _ in range(5):
        demo.type(CTRL_C)
        time.sleep(0.1)
    assert demo.ended() == 0
    assert "Traceback" not in demo.text
    assert not any(psutil.pid_exists(pid) for pid in children.values())
    assert_nothing_left(home)
    assert_no_notes(home)


def test_a_closed_terminal_and_sigterm_stop_everything(home: Path, start: Starter) -> None:
    demo = start(home)
    demo.wait_for("importing")  # it is writing to the terminal
    demo.close_terminal()
    assert demo.ended() == 0
    assert_nothing_left(home)
    assert_no_notes(home)

    # The terminal's first process is told, and keeps it to itself; as with `xterm -e make run`.
    demo = start(home, prefix=("sh", "-c", 'trap : HUP; "$@"', "sh"))
    demo.wait_for(READY)
    demo.close_terminal()
    assert demo.ended() == 0
    assert_nothing_left(home)
    assert_no_notes(home)

    demo = start(home)
    demo.wait_for(READY)
    demo.send(signal.SIGTERM)
    assert demo.ended() == 0
    assert_nothing_left(home)
    assert_no_notes(home)


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
    assert "identities: 3 = 4 + 5 + 6 ✓" in text
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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's PostgreSQL runs as another user")
def test_as_root_below_a_private_folder(home: Path, start: Starter) -> None:
    home.chmod(0o700)
    data: Path | None = None
    try:
        assert "552 mới" in tiepsuc(home, "demo", "--exit")
        assert_nothing_left(home)
        data = (home / "postgres").readlink()
        assert psutil.Process().username() == "root"
        assert data.owner() == "nobody"
        home.chmod(0o755)  # the data stay where they are, whatever the folder's rights become
        demo = start(home)
        demo.wait_for(READY)
        assert ALL_THERE in demo.text
        demo.send(signal.SIGKILL)
        demo.ended()
        assert_nothing_left(home, seconds=10)
    finally:
        if data is not None:
            shutil.rmtree(data.parent)


@pytest.mark.skipif(os.geteuid() != 0, reason="every other test runs as a normal user already")
def test_as_a_normal_user(home: Path, start: Starter) -> None:
    nobody = pwd.getpwnam("nobody")
    as_nobody = ("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
    python = _python_for_all(home)
    for each in (home, *home.iterdir()):
        os.chown(each, nobody.pw_uid, nobody.pw_gid)
    home.chmod(0o700)
    demo = start(home, prefix=as_nobody, python=python, HOME=str(home))
    demo.wait_for(READY)
    found = processes_of(home)
    assert len(found) > 8
    assert {process.username() for process in found} == {"nobody"}
    demo.type(CTRL_C)
    assert demo.ended() == 0
    assert_nothing_left(home)
    assert_no_notes(home)


def _python_for_all(folder: Path) -> str:
    """An interpreter that every user may run, with what ours can import: ours may be somewhere below /root."""
    base = shutil.which(f"python3.{sys.version_info.minor}", path="/usr/bin:/usr/local/bin")
    here = Path(__file__).parents[2]
    if base is None or not all(each.stat().st_mode & 1 for each in (here, *here.parents)):
        pytest.skip("no Python of our version, or not this folder, is open to a normal user")
    venv = folder / "venv"
    subprocess.run([base, "-m", "venv", "--without-pip", venv], check=True)
    (site,) = venv.glob("lib/python3.*/site-packages")
    (site / "ours.pth").write_text("\n".join(path for path in sys.path if path))
    (venv / "bin/nats-server").symlink_to(Path(sys.executable).with_name("nats-server"))
    return str(venv / "bin/python")


async def test_a_part_that_cannot_start_is_named_with_its_last_words(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nats_conf, "render", lambda *_, **__: "no_such_setting: {\n")
    stack: Stack | None = None
    with pytest.raises(TimeoutError) as failure:
        async with running(home, (), ready_seconds=4) as stack:
            pass
    assert stack is None
    said = str(failure.value)
    assert said.startswith("nats: ")
    assert "Parse error" in said, "the end of its log"
    assert "provisioner: " in said, "what waits for it is named, too"
    assert len((home / "logs/nats.log").read_text().splitlines()) < 12, "it was started again with pauses"
    assert_nothing_left(home)
    assert_no_notes(home)
