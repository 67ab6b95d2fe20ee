"""`tiepsuc demo` as root, whose PostgreSQL is another user's, and as a normal user."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.stack import tiepsuc
from tests.support.terminal import (
    ALL_THERE,
    CTRL_C,
    READY,
    Starter,
    assert_no_notes,
    assert_nothing_left,
    processes_of,
)


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
