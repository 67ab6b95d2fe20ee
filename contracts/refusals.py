"""Refusing: the error that carries a refusal, and the stable codes that any service may refuse with.

A service's own codes stand in its `commands.py`.
"""

from enum import StrEnum

from contracts.envelope import Refusal


class CommonRefusal(StrEnum):
    """Codes of the chassis: they say that the call could not even be judged."""

    INVALID = "invalid"
    FORBIDDEN = "forbidden"
    TOO_LATE = "too-late"
    COMMAND_ID_REUSED = "command-id-reused"
    NOT_FOUND = "not-found"
    VERSION_CONFLICT = "version-conflict"
    UNAVAILABLE = "unavailable"
    TOO_LARGE = "too-large"
    SECRET_NOT_ACCEPTED = "secret-not-accepted"  # noqa: S105 - a code of ours


class Refused(Exception):
    """A command or query is refused, for a reason that the caller is told."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.code}: {refusal.message_en}")
        self.refusal = refusal


def refuse(code: str, vi: str, en: str, *, field: str | None = None, **details: object) -> Refused:
    """The error that refuses with this stable code and these words."""
    return Refused(Refusal(code=str(code), message_vi=vi, message_en=en, field=field, details=details))
