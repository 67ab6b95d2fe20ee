"""Child processes, ports and the home of the embedded stack, each by itself."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

import psutil
import pytest

from services.chassis.errors import Misconfigured
from services.operations.embedded import home as notes
from services.operations.embedded import ports, process
from services.operations.embedded.process import Child, ChildSpec, _alive, reap, run_to_end, uninterrupted


async def _always() -> bool:
    return True


async def _never() -> bool:
    return False


def _child(folder: Path, script: str, **options: object) -> Child:
    spec = ChildSpec("part", ["/bin/sh", "-c", script], folder / "part.log", _always, **options)  # type: ignore[arg-type]
    return Child(spec, lambda _name, _pid: None)


async def _log_shows(child: Child, text: str, times: int = 1) -> None:
    async with asyncio.timeout(5):
        while child.tail(1000).count(text) < times:
            await asyncio.sleep(0.01)


async def test_a_child_that_cannot_live_is_started_again_with_growing_pauses(tmp_path: Path) -> None:
    child = _child(tmp_path, "echo born; exit 3")
    await child.start()
    await asyncio.sleep(2)
    await child.stop()
    assert 2 <= child.restarts <= 4, "after 0.2, 0.4, 0.8 s, each a fifth more or less"
    born = child.tail(100).count("born")
    await asyncio.sleep(0.5)
    assert child.tail(100).count("born") == born, "stopped between two starts"


async def test_a_program_that_is_not_there_is_told_in_the_log(tmp_path: Path) -> None:
    child = Child(ChildSpec("part", ["/no/such/program"], tmp_path / "part.log", _never), lambda _n, _p: None)
    await child.start()
    with pytest.raises(TimeoutError, match="cannot run /no/such/program"):
        await child.wait_ready(1)
    await child.stop()


async def test_a_child_that_cannot_be_spawned_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = _child(tmp_path, "echo born; sleep 0.1")
    await child.start()
    await _log_shows(child, "born")
    real, failures = process._execute, 0

    async def failing(*arguments: object) -> asyncio.subprocess.Process:
        nonlocal failures
        failures += 1
        if failures == 1:
            raise OSError("no space left")
        return await real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(process, "_execute", failing)
    await _log_shows(child, "born", times=2)
    await child.stop()
    assert failures >= 2


async def test_a_child_deaf_to_its_signal_is_killed_with_its_own_children(tmp_path: Path) -> None:
    child = _child(tmp_path, "trap '' TERM; echo deaf; sleep 60 & wait; sleep 60", grace=0.3)
    await child.start()
    await _log_shows(child, "deaf")
    assert child.pid is not None
    family = [psutil.Process(child.pid), *psutil.Process(child.pid).children(recursive=True)]
    await child.stop()
    _, alive = psutil.wait_procs(family, timeout=2)
    assert not alive
    assert child.restarts == 0


async def test_a_child_starts_with_signals_as_they_are_by_default(tmp_path: Path) -> None:
    script = "import signal; print(signal.getsignal(signal.SIGINT), signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    spec = ChildSpec("part", [sys.executable, "-c", script], tmp_path / "part.log", _always)
    child = Child(spec, lambda _n, _p: None)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        await child.start()
    finally:
        signal.signal(signal.SIGINT, before)
    await _log_shows(child, "default_int_handler")
    await child.stop()
    assert "set()" in child.tail()


async def test_a_long_log_moves_aside_while_its_writer_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_LONGEST_LOG", 100)
    child = _child(tmp_path, "head -c 200 /dev/zero | tr '\\0' x; read line < go; echo after; sleep 60", env={})
    os.mkfifo(tmp_path / "go")
    child.spec.command[2] = child.spec.command[2].replace("go", str(tmp_path / "go"))
    await child.start()
    async with asyncio.timeout(5):
        while child.spec.log.stat().st_size < 200:
            await asyncio.sleep(0.01)
    child.keep_log_small()
    await asyncio.to_thread((tmp_path / "go").write_text, "\n")
    await _log_shows(child, "after")
    await child.stop()
    assert child.spec.log.read_text() == "after\n"
    assert (tmp_path / "part.old").stat().st_size == 200


async def test_a_program_run_to_its_end_ends_with_its_caller(tmp_path: Path) -> None:
    await run_to_end(["/bin/true"], None, None)
    with pytest.raises(RuntimeError, match=r"sh ended with 4:\nno way"):
        await run_to_end(["/bin/sh", "-c", "echo no way >&2; exit 4"], None, None)
    note = tmp_path / "pid"
    running = asyncio.create_task(run_to_end(["/bin/sh", "-c", f"echo $$ > {note}; sleep 60"], None, None))
    async with asyncio.timeout(5):
        while not note.exists() or not note.read_text().strip():
            await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not psutil.pid_exists(int(note.read_text()))


async def test_uninterrupted_work_outlasts_every_cancellation() -> None:
    done = False

    async def work() -> None:
        nonlocal done
        await asyncio.sleep(0.2)
        done = True

    outer = asyncio.create_task(uninterrupted(work()))
    for _ in range(3):
        await asyncio.sleep(0.03)
        outer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await outer
    assert done


def test_what_an_earlier_run_left_is_stopped_and_nothing_else() -> None:
    left, other = (psutil.Popen(["/bin/sleep", "60"]) for _ in range(2))
    zombie = psutil.Popen(["/bin/sleep", "60"])
    zombie.send_signal(signal.SIGKILL)
    time.sleep(0.1)
    try:
        pids = {
            "intake": (left.pid, left.create_time()),
            "gateway": (other.pid, other.create_time() - 5),  # the number was given to another process
            "nats": (zombie.pid, zombie.create_time()),  # ended, and nobody has asked how
            "reporting": (2**22 + 1, 0.0),
        }
        assert reap(pids) == ["intake"]
        assert not _alive(zombie), "it would be waited for"
        assert left.wait(1) == -signal.SIGTERM
        assert other.is_running()
    finally:
        other.kill()
        for each in (left, other, zombie):
            each.wait()


def test_a_home_has_one_holder(tmp_path: Path) -> None:
    with notes.Held(tmp_path):
        with pytest.raises(Misconfigured, match=rf"tiến trình {os.getpid()}\)"), notes.Held(tmp_path):
            pass
        assert (tmp_path / "lock").read_text() == str(os.getpid())
    assert not (tmp_path / "lock").exists()


def test_a_lock_that_was_taken_away_meanwhile_holds_nobody_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between opening and locking, the last holder may remove the file; a third one would then lock a new file."""
    real, tries = fcntl.flock, 0

    def slow(file: object, how: int) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            (tmp_path / "lock").unlink()
        real(file, how)  # type: ignore[arg-type]

    monkeypatch.setattr(fcntl, "flock", slow)
    with notes.Held(tmp_path), pytest.raises(Misconfigured), notes.Held(tmp_path):
        pass
    assert tries == 3, "the first file was gone, the second is locked, the third try is refused"


def test_ports_are_those_of_the_last_run_unless_they_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "PREFERRED", {"nats": 27_301, "intake": 27_302})
    with socket.socket() as other:
        other.bind(("127.0.0.1", 27_301))
        other.listen()
        assert ports.choose(tmp_path) == {"nats": 27_401, "intake": 27_302}
    assert ports.choose(tmp_path) == {"nats": 27_401, "intake": 27_302}, "remembered"
    (tmp_path / "ports.json").write_text(json.dumps({"nats": 27_302, "gone": 1}))
    assert ports.choose(tmp_path) == {"nats": 27_302, "intake": 27_402}, "no two alike"
    (tmp_path / "ports.json").write_text("half a fi")
    assert ports.choose(tmp_path) == {"nats": 27_301, "intake": 27_302}
