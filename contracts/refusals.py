"""Stable refusal codes that any service may answer with. A service's own codes stand in its `commands.py`."""

from enum import StrEnum


class CommonRefusal(StrEnum):
    """Codes of the chassis: they say that the call could not even be judged."""

    INVALID = "invalid"
    FORBIDDEN = "forbidden"
    TOO_LATE = "too-late"
    COMMAND_ID_REUSED = "command-id-reused"
    NOT_FOUND = "not-found"
    VERSION_CONFLICT = "version-conflict"
    UNAVAILABLE = "unavailable"
