"""`tiepsuc contracts`: what it prints, what it compares with, and how it ends."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from services.chassis.errors import Misconfigured
from services.operations.contracts import baseline, cli

ACCEPTED = "intake.case.accepted.v1"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of contracts in a git repository of its own, committed once."""
    folder = tmp_path / "contracts"
    for name in ("schemas", "samples"):
        shutil.copytree(cli.HOME / name, folder / name)
    monkeypatch.setattr(cli, "HOME", folder)
    for name in ("TIEPSUC_CONTRACTS_BASE", "GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    git(folder.parent, "init", "--quiet", "--initial-branch", "main")
    commit(folder.parent)
    return folder


def git(where: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=where, check=True, capture_output=True)


def commit(where: Path) -> None:
    git(where, "add", "--all")
    who = ("-c", "user.name=tests", "-c", "user.email=tests@example.invalid")
    git(where, *who, "commit", "--quiet", "--allow-empty", "--message", "a state of the contracts")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.contracts, arguments)


def told(*arguments: str) -> dict[str, Any]:
    result = run("check", "--json", *arguments)
    found: dict[str, Any] = json.loads(result.output)
    assert result.exit_code == (0 if found["ok"] else 1)
    return found


def edit(file: Path, *, add_field: str = "", drop_field: str = "") -> None:
    """Makes the files say that the past had a further required field, or lacked one."""
    schema = json.loads(file.read_text(encoding="utf-8"))
    model = schema["definitions"]["CaseAccepted"]
    if add_field:
        model["properties"][add_field] = {"type": "string"}
        model["required"].append(add_field)
    if drop_field:
        del model["properties"][drop_field]
        model["required"].remove(drop_field)
    file.write_text(json.dumps(schema), encoding="utf-8")


def test_the_committed_contracts_pass(home: Path) -> None:
    result = run("check")
    assert result.exit_code == 0, result.output
    assert "tương thích / compatible" in result.output
    assert told()["against"][0] == "contracts/schemas"


def test_drift_is_told_by_file_and_export_mends_it(home: Path) -> None:
    (home / "schemas" / f"{ACCEPTED}.json").unlink()
    (home / "schemas" / "left-over.json").write_text("{}")
    result = run("check")
    assert result.exit_code == 1
    assert f"contracts/schemas/{ACCEPTED}.json: thiếu / missing" in result.output
    assert "left-over.json: thừa / left over" in result.output
    assert "make contracts" in result.output
    exported = run("export", "--to", str(home / "schemas"))
    assert f"{ACCEPTED}.json" in exported.output
    assert "2 tệp thay đổi / files changed" in exported.output
    assert run("check").exit_code == 0


def test_a_break_against_the_files_is_named(home: Path) -> None:
    edit(home / "schemas" / f"{ACCEPTED}.json", add_field="fee")
    result = run("check")
    assert result.exit_code == 1
    assert f"✗ {ACCEPTED}: data.fee: bỏ trường / field removed: string → –" in result.output
    assert "công bố phiên bản mới bên cạnh / keep this version, publish a new one beside it" in result.output


def test_a_break_that_was_exported_and_committed_in_one_go_is_found(home: Path) -> None:
    file = home / "schemas" / f"{ACCEPTED}.json"
    today = file.read_text(encoding="utf-8")
    edit(file, drop_field="due_at")
    commit(home.parent)
    file.write_text(today, encoding="utf-8")
    before_commit = told()
    assert [(each["what"], each["field"]) for each in before_commit["breaks"]] == [("made-required", "data.due_at")]
    commit(home.parent)
    after_commit = told()
    assert after_commit["drift"] == []
    assert [each["message"] for each in after_commit["breaks"]] == [ACCEPTED]
    assert after_commit["breaks"][0]["against"][0].startswith("HEAD~1")
    assert told("--base", "HEAD")["breaks"] == []


def test_what_branched_off_and_what_was_released_is_compared_with(home: Path) -> None:
    repository, file = home.parent, home / "schemas" / f"{ACCEPTED}.json"
    today = file.read_text(encoding="utf-8")
    edit(file, add_field="fee")
    commit(repository)
    git(repository, "tag", "v1.0.0")
    edit(file, add_field="stamp")
    commit(repository)
    git(repository, "update-ref", "refs/remotes/origin/main", "HEAD")
    file.write_text(today, encoding="utf-8")
    commit(repository)
    commit(repository)
    found = {each["field"]: each["against"] for each in told()["breaks"]}
    assert set(found) == {"data.fee", "data.stamp"}
    assert any(label.startswith("v1.0.0") for label in found["data.fee"])
    assert not any(label.startswith("v1.0.0") for label in found["data.stamp"])


def test_a_folder_may_be_compared_with(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home / "schemas", tmp_path / "earlier")
    edit(tmp_path / "earlier" / f"{ACCEPTED}.json", add_field="fee")
    found = told("--base", str(tmp_path / "earlier"))
    assert [each["field"] for each in found["breaks"]] == ["data.fee"]


def test_a_sample_that_is_no_longer_read_fails(home: Path) -> None:
    file = home / "samples" / f"{ACCEPTED}.json"
    today = file.read_text(encoding="utf-8")
    file.write_text(today.replace('"channel": "direct"', '"channel": "pigeon"'), encoding="utf-8")
    commit(home.parent)
    file.write_text(today, encoding="utf-8")
    found = told()
    assert [(each["file"], each["what"]) for each in found["unreadable_samples"]] == [(f"{ACCEPTED}.json", "invalid")]
    assert "không đọc được / not readable data.channel" in run("check").output


def test_without_git_the_files_are_compared_with(home: Path) -> None:
    shutil.rmtree(home.parent / ".git")
    assert baseline.default_revisions(home) == []
    assert told()["against"] == ["contracts/schemas"]


def test_what_cannot_be_compared_with_is_told(home: Path, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no such revision or folder: v99"):
        baseline.of_revision(home, "v99")
    assert isinstance(run("check", "--base", "--exec=x").exception, Misconfigured)
    (tmp_path / "empty").mkdir()
    assert isinstance(run("check", "--base", str(tmp_path / "empty")).exception, Misconfigured)
