"""Secrets as files: who gets which, and what a service refuses to start with."""

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from contracts.topology import TOPOLOGY
from services.chassis.errors import Misconfigured
from services.chassis.settings import ServiceSettings
from services.operations.provisioning import secrets
from services.operations.provisioning.cli import secrets_group


def test_every_user_gets_what_it_needs_and_nothing_else(tmp_path: Path) -> None:
    secrets.create(tmp_path, TOPOLOGY)
    secrets.hand_to_postgres(tmp_path)
    found = {folder.name: {file.name for file in folder.iterdir()} for folder in tmp_path.iterdir()}
    wanted = {user: {"nats.seed"} for user in TOPOLOGY.users}
    for service in TOPOLOGY.services:
        wanted[service] |= {"database.password", "relay.password"}
    wanted["intake"] |= {"attachments.key", "people.master", "people.search", "audit.seed"}
    wanted["provisioner"] |= {"database.password"}
    assert found == wanted | {"postgres": {"superuser.password"}}
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.rglob("*") if file.is_file()} == {0o600}
    before = {file: file.read_text() for file in tmp_path.rglob("*") if file.is_file()}
    secrets.create(tmp_path, TOPOLOGY)
    secrets.hand_to_postgres(tmp_path)
    assert {file: file.read_text() for file in before} == before


def test_a_new_master_key_comes_first_and_takes_nothing_away(tmp_path: Path) -> None:
    secrets.create(tmp_path, TOPOLOGY)
    file = tmp_path / "intake" / "people.master"
    before = file.read_text().strip()
    key_id = secrets.add_master_key(tmp_path)
    new, old = file.read_text().splitlines()
    assert (new.split()[0], old) == (key_id, before)
    assert new.split()[1] != old.split()[1]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    secrets.create(tmp_path, TOPOLOGY)
    assert file.read_text().splitlines() == [new, old]


def test_a_change_of_the_servers_file_is_told_because_nats_does_not_look_by_itself(tmp_path: Path) -> None:
    def create() -> str:
        done = CliRunner().invoke(secrets_group, ["create", str(tmp_path)])
        assert done.exit_code == 0
        return done.output

    assert "SIGHUP" not in create()
    assert "SIGHUP" not in create()
    (tmp_path / "province-92" / "nats.seed").unlink()
    assert "SIGHUP" in create()


@pytest.mark.parametrize(
    ("content", "mode", "complaint"),
    [
        ("password", 0o600, "default or short"),
        ("kVw3-9QhT_2mZc7Rb5Xy8Lp4Nd6Fg1Js0Ha", 0o604, "every user"),
        ("", 0o600, "empty"),
    ],
)
def test_weak_or_open_secrets_are_refused_in_production(
    tmp_path: Path, content: str, mode: int, complaint: str
) -> None:
    for name in ("database.password", "nats.seed"):
        file = tmp_path / name
        file.write_text(content)
        file.chmod(mode)
    settings = ServiceSettings(secrets_dir=tmp_path)
    with pytest.raises(Misconfigured, match=complaint):
        settings.secret("database.password")
    with pytest.raises(Misconfigured, match=complaint):
        _ = settings.nats_seed_file
