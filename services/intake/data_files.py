"""The data that the package brings, as texts that people edit."""

from importlib.resources import files


def shipped_text(name: str) -> str:
    """The text of a file that the package brings."""
    return (files("services.intake") / "data" / name).read_text(encoding="utf-8")
