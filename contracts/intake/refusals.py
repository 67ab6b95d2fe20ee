"""Intake's own refusal codes."""

from enum import StrEnum


class IntakeRefusal(StrEnum):
    """Why intake says no."""

    UNKNOWN_UNIT = "unknown-unit"
    UNKNOWN_PROCEDURE = "unknown-procedure"
    CASE_CODE_TAKEN = "case-code-taken"
    WRONG_STATE = "wrong-state"
    IMPOSSIBLE_TIME = "impossible-time"
    UNIT_NOT_VALID = "unit-not-valid"
    PROCEDURE_NOT_IN_FORCE = "procedure-not-in-force"
    NO_PROCESSING_TIME = "no-processing-time"
    BAD_REFERENCE = "bad-reference"
    NOT_A_DRAFT = "not-a-draft"
