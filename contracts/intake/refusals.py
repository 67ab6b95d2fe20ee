"""Intake's own refusal codes."""

from enum import StrEnum


class IntakeRefusal(StrEnum):
    """Why intake says no."""

    UNKNOWN_UNIT = "unknown-unit"
    UNKNOWN_PROCEDURE = "unknown-procedure"
    CASE_CODE_TAKEN = "case-code-taken"
    WRONG_STATE = "wrong-state"
    IMPOSSIBLE_TIME = "impossible-time"
    PERSON_ERASED = "person-erased"
    PERSON_MISMATCH = "person-mismatch"
