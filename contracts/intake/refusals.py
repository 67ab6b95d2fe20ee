"""Intake's own refusal codes."""

from enum import StrEnum


class IntakeRefusal(StrEnum):
    """Why intake says no."""

    UNKNOWN_UNIT = "unknown-unit"
    UNKNOWN_PROCEDURE = "unknown-procedure"
    CASE_CODE_TAKEN = "case-code-taken"
    WRONG_STATE = "wrong-state"
    IMPOSSIBLE_TIME = "impossible-time"
    FORM_NOT_AVAILABLE = "form-not-available"
    WRONG_TYPE = "wrong-type"
    WRONG_CONTENT = "wrong-content"
    WRONG_OFFSET = "wrong-offset"
    FEE_SETTLED = "fee-settled"
