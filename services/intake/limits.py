"""Where the limits of assistance come from: the file that was shipped, or one that an administrator names."""

from importlib.resources import files
from pathlib import Path

from services.chassis.errors import Misconfigured
from services.intake.domain.limits import Limits, parse


def limits(path: Path | None = None) -> Limits:
    """The limits in a file, else those shipped. Misconfigured: it cannot be read, or says what cannot be meant."""
    shipped = files("services.intake") / "data" / "assistance.toml"
    try:
        return parse((path or shipped).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{path or 'assistance.toml'}: {error}") from error
