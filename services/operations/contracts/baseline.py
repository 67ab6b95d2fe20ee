"""What the present contracts are compared with: schemas and samples of a folder, or of a git revision.

By default the files in the working tree, and then what is committed: the newest release (a tag `v*`), the last commit,
and where the work branched off from `origin/main`; on main itself, or without a remote, the commit before the last.
So a break is found though it was exported and committed in one go.
"""

import io
import subprocess
import tarfile
from dataclasses import dataclass, field
from json import loads
from pathlib import Path

from services.chassis.errors import Misconfigured
from services.operations.contracts.nodes import Schema


@dataclass(frozen=True, slots=True)
class Baseline:
    """Schemas and samples as they were, by name; `label` says where they are from."""

    label: str
    schemas: dict[str, Schema] = field(default_factory=dict)
    samples: dict[str, str] = field(default_factory=dict)


def of_folder(folder: Path, label: str = "") -> Baseline:
    """From a folder like `contracts`, or one that holds schemas only."""
    schemas = folder / "schemas" if (folder / "schemas").is_dir() else folder
    files = {f"schemas/{p.name}": p.read_text(encoding="utf-8") for p in sorted(schemas.glob("*.json"))}
    files |= {f"samples/{p.name}": p.read_text(encoding="utf-8") for p in sorted((folder / "samples").glob("*.json"))}
    return _of_files(label or str(folder), files)


def of_revision(home: Path, revision: str) -> Baseline:
    """From a git revision of the folder `home`. Misconfigured: git does not know the revision."""
    commit = _resolve(home, revision)
    if commit is None:
        raise Misconfigured(f"Git không có phiên bản này / git knows no such revision or folder: {revision}")
    label = revision if commit.startswith(revision) else f"{revision} ({commit[:7]})"
    present = _git(home, "ls-tree", "--name-only", commit, "--", "schemas", "samples").split()
    if not present:
        return Baseline(f"{label}: chưa có hợp đồng / no contracts yet")
    return _of_files(label, _untar(_git_bytes(home, "archive", "--format=tar", commit, "--", *present)))


def default_revisions(home: Path) -> list[str]:
    """Revisions to compare with; none where there is no git repository."""
    if _resolve(home, "HEAD") is None:
        return []
    wanted = [_git(home, "describe", "--tags", "--abbrev=0", "--match", "v*"), "HEAD"]
    branched = _git(home, "merge-base", "HEAD", "origin/main")
    if branched and branched != _resolve(home, "HEAD"):
        wanted.append(branched)
    elif _resolve(home, "HEAD~1"):
        wanted.append("HEAD~1")
    return [revision for revision in wanted if revision]


def _of_files(label: str, files: dict[str, str]) -> Baseline:
    schemas, samples = {}, {}
    for path, text in files.items():
        folder, _, name = path.rpartition("/")
        if folder == "schemas":
            schemas[name.removesuffix(".json")] = loads(text)
        elif folder == "samples":
            samples[name.removesuffix(".json")] = text
    return Baseline(label, schemas, samples)


def _untar(archive: bytes) -> dict[str, str]:
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            file = tar.extractfile(member)
            if file is not None and member.name.endswith(".json"):
                found[member.name] = file.read().decode()
    return found


def _resolve(home: Path, revision: str) -> str | None:
    return (
        None
        if revision.startswith("-")
        else _git(home, "rev-parse", "--verify", "-q", f"{revision}^{{commit}}") or None
    )


def _git(home: Path, *arguments: str) -> str:
    """What git prints; nothing where it fails, or is not there."""
    return _git_bytes(home, *arguments).decode().strip()


def _git_bytes(home: Path, *arguments: str) -> bytes:
    command = ["git", "-C", str(home), *arguments]
    try:
        return subprocess.run(command, capture_output=True, check=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError):
        return b""
