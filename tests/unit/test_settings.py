"""Outside the embedded stack, secrets that anybody might know or read are refused, and the file is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from services.chassis.errors import Misconfigured
from services.chassis.settings import ServiceSettings

GOOD = "kJ2_good-and-long-enough"


def _settings(folder: Path, environment: str) -> ServiceSettings:
    return ServiceSettings.model_validate({"environment": environment, "secrets_dir": folder})


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "database.password"
    path.write_text(GOOD + "\n")
    path.chmod(0o600)
    return path


def test_a_good_secret_is_read_without_its_line_end(secret: Path) -> None:
    for environment in ("production", "embedded"):
        assert _settings(secret.parent, environment).secret(secret.name) == GOOD


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("postgres", "default or short"),
        ("ChangeMe", "default or short"),
        ("tiepsuc", "default or short"),
        ("only-15-letters", "default or short"),
        ("a" * 40, "default or short"),
        ("changeme-changeme-changeme", "default or short"),
    ],
)
def test_weak_secrets_are_refused_in_production_only(secret: Path, value: str, reason: str) -> None:
    secret.write_text(value)
    with pytest.raises(Misconfigured, match=rf"{secret}.*{reason}"):
        _settings(secret.parent, "production").secret(secret.name)
    assert _settings(secret.parent, "embedded").secret(secret.name) == value


@pytest.mark.parametrize("mode", [0o604, 0o606, 0o602, 0o644, 0o666])
def test_secrets_that_everybody_may_read_or_write_are_refused_in_production_only(secret: Path, mode: int) -> None:
    secret.chmod(mode)
    with pytest.raises(Misconfigured, match=rf"{secret} is accessible to every user; chmod 0600"):
        _settings(secret.parent, "production").secret(secret.name)
    assert _settings(secret.parent, "embedded").secret(secret.name) == GOOD


def test_the_group_may_read(secret: Path) -> None:
    """Containers are given secrets of a group of theirs."""
    secret.chmod(0o640)
    assert _settings(secret.parent, "production").secret(secret.name) == GOOD


@pytest.mark.parametrize("environment", ["production", "embedded"])
def test_missing_empty_and_unreadable_secrets_are_refused_everywhere(tmp_path: Path, environment: str) -> None:
    settings = _settings(tmp_path, environment)
    with pytest.raises(Misconfigured, match=rf"{tmp_path}/nats.seed cannot be read.*TIEPSUC_SECRETS_DIR"):
        settings.secret("nats.seed")
    (tmp_path / "nats.seed").write_text(" \n")
    with pytest.raises(Misconfigured, match=rf"{tmp_path}/nats.seed is empty"):
        settings.secret("nats.seed")
    (tmp_path / "relay.password").mkdir()
    with pytest.raises(Misconfigured, match=rf"{tmp_path}/relay.password cannot be read"):
        settings.secret("relay.password")
    (tmp_path / "database.password").write_bytes(b"\xff\xfe not text")
    with pytest.raises(Misconfigured, match=rf"{tmp_path}/database.password is not text"):
        settings.secret("database.password")


def test_production_is_meant_where_nothing_is_said(tmp_path: Path) -> None:
    assert ServiceSettings(secrets_dir=tmp_path).environment == "production"


@pytest.mark.parametrize(
    "wrong",
    [
        {"environment": "development"},
        {"drain_seconds": 0},
        {"lost_seconds": -1},
        {"database_pool": 1},
        {"log_level": "all"},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        ServiceSettings.model_validate({"secrets_dir": tmp_path} | wrong)
