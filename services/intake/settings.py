"""What intake is told from outside, besides what every service is."""

from pathlib import Path

from services.chassis.settings import ServiceSettings


class IntakeSettings(ServiceSettings):
    """`assistance_limits`: a file in the form of `data/assistance.toml`, in its place."""

    assistance_limits: Path | None = None
