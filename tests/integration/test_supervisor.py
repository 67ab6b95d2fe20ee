"""`tiepsuc demo` stops in order whatever asks it to, leaves nothing behind, and names what cannot start."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from services.operations.embedded.stack import Stack, running
from services.operations.provisioning import nats_conf
from tests.support.terminal import CTRL_C, READY, Starter, assert_no_notes, assert_nothing_left

Recorder = Callable[[str, object], None]


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
