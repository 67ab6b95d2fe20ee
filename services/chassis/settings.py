"""What a service is told from outside: environment variables `TIEPSUC_*`, and secrets as files, never as values."""

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.chassis.errors import Misconfigured

_WELL_KNOWN = ("postgres", "password", "secret", "admin", "changeme", "tiepsuc", "nats", "test", "example")
_SHORTEST_SECRET = 16
_FEWEST_LETTERS = 8

Settings = TypeVar("Settings", bound=BaseSettings)
Environment = Literal["embedded", "production"]


class ServiceSettings(BaseSettings):
    """Settings of one service. `secrets_dir` holds this service's files only: `nats.seed`, `database.password`,
    `relay.password`.

    Outside the embedded stack, weak or readable-by-all secrets are refused at start.
    """

    model_config = SettingsConfigDict(env_prefix="TIEPSUC_", extra="ignore", frozen=True)

    environment: Environment = "production"
    nats_url: str = "nats://127.0.0.1:4222"
    nats_ca_file: Path | None = None
    database_host: str = "127.0.0.1"
    database_port: int = 5432
    database_pool: int = Field(default=8, ge=2, le=64)
    secrets_dir: Path
    http_host: str = "127.0.0.1"
    http_port: int = 8080
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    drain_seconds: float = Field(default=20.0, gt=0)
    lost_seconds: float = Field(
        default=60.0, gt=0, description="without a NATS connection for so long, the process ends"
    )

    @property
    def nats_seed_file(self) -> Path:
        """The nkey seed of the service's NATS user; a secret like the others, and judged like them."""
        self.secret("nats.seed")
        return self.secrets_dir / "nats.seed"

    def secret(self, name: str) -> str:
        """The content of a secret's file, see `read_secret`."""
        return read_secret(self.secrets_dir / name, self.environment)


def from_environment(kind: type[Settings]) -> Settings:
    """The settings as they were told. Misconfigured: not all, or not so that they can be meant."""
    try:
        return kind()
    except ValidationError as error:
        wrong = "; ".join(f"TIEPSUC_{str(each['loc'][0]).upper()}: {each['msg']}" for each in error.errors())
        raise Misconfigured(f"settings: {wrong}") from error


def read_secret(path: Path, environment: Environment) -> str:
    """The content of a secret's file. Misconfigured: missing, empty, or (in production) weak or readable by all."""
    try:
        value = path.read_text().strip()
    except OSError as error:
        raise Misconfigured(f"secret file {path} cannot be read ({error.strerror}); set TIEPSUC_SECRETS_DIR") from error
    except UnicodeDecodeError as error:
        raise Misconfigured(f"secret file {path} is not text") from error
    if not value:
        raise Misconfigured(f"secret file {path} is empty")
    if environment == "production":
        if len(value) < _SHORTEST_SECRET or _guessable(value):
            raise Misconfigured(
                f"secret file {path} holds a default or short value; `tiepsuc secrets create` makes good ones"
            )
        if path.stat().st_mode & 0o007:
            raise Misconfigured(f"secret file {path} is accessible to every user; chmod 0600 it")
    return value


def _guessable(value: str) -> bool:
    """Well-known words, once or again and again, and what is hardly anything else; hardly any different letters."""
    rest = value.lower()
    for word in _WELL_KNOWN:
        rest = rest.replace(word, "")
    return len(rest) < _FEWEST_LETTERS or len(set(value)) < _FEWEST_LETTERS
