"""What intake is told from outside, beyond what every service is."""

from pathlib import Path

from pydantic import Field

from services.chassis.settings import ServiceSettings


class IntakeSettings(ServiceSettings):
    """Sizes in bytes. `lookup_url` is what a receipt's QR code leads to, with `{code}` in it; empty: the code alone.

    `assistance_limits`: a file in the form of `data/assistance.toml`, in its place.
    """

    attachments_dir: Path
    attachment_max_bytes: int = Field(default=20_000_000, ge=1)
    case_attachments_max_bytes: int = Field(default=200_000_000, ge=1)
    lookup_url: str = ""
    forms_at_once: int = Field(default=2, ge=1, le=64)
    assistance_limits: Path | None = None
