"""The last step before a child's own program: become its user, tie its life to the supervisor's, exec.

Run as a script: ``python -I -S child_exec.py PARENT_PID DEATH_SIGNAL UID GID PROGRAM ARGUMENT...`` (UID -1: stay).

A program of its own and not `preexec_fn`: that runs Python in a forked copy of a process that has threads, which may
deadlock and which Python 3.12 warns of. It imports the standard library only: it starts fast, and runs before the
child can be assumed to see our packages.
"""

import ctypes  # before the change of user: the new one may not be able to read our library
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_COULD_NOT_START = 126
_ORPHANED = 125


def _tie_to_parent(parent: int, death_signal: int) -> None:
    """Have the kernel send `death_signal` when the supervisor dies, also by kill -9 (Linux only)."""
    if not sys.platform.startswith("linux"):
        return  # elsewhere the next start reaps what was left
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # it died before we asked
        sys.exit(_ORPHANED)


def main(arguments: list[str]) -> None:
    parent, death_signal, uid, gid = (int(text) for text in arguments[:4])
    program = arguments[4:]
    if uid >= 0:
        os.setgroups([gid])
        os.setgid(gid)
        os.setuid(uid)
    _tie_to_parent(parent, death_signal)  # after the change of user, which clears it
    # Python ignores SIGPIPE and may have been started with others ignored; an exec would hand that on.
    for number in (signal.SIGPIPE, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    try:
        os.execvp(program[0], program)  # noqa: S606 - no shell is wanted
    except OSError as error:
        sys.stderr.write(f"cannot run {program[0]}: {error}\n")
        sys.exit(_COULD_NOT_START)


if __name__ == "__main__":
    main(sys.argv[1:])
