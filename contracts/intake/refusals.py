"""Intake's own refusal codes."""

from enum import StrEnum


class IntakeRefusal(StrEnum):
    """Why intake says no."""

    UNKNOWN_UNIT = "unknown-unit"
    UNKNOWN_PROCEDURE = "unknown-procedure"
    CASE_CODE_TAKEN = "case-code-taken"
    WRONG_STATE = "wrong-state"
    IMPOSSIBLE_TIME = "impossible-time"


class AssistanceRefusal(StrEnum):
    """Why a visit, a ticket, a rating or a complaint is refused."""

    UNKNOWN_UNIT = "unknown-unit"
    UNKNOWN_CASE = "unknown-case"
    WRONG_STATE = "wrong-state"
    IMPOSSIBLE_TIME = "impossible-time"
    NOT_YOURS = "not-yours"
    TOO_LATE_TO_CHANGE = "too-late-to-change"
    MINOR_NO_CASE = "minor-no-case"
    QUEUE_EMPTY = "queue-empty"
    COUNTER_BUSY = "counter-busy"
    NO_RESULT_YET = "no-result-yet"
    CONFLICT_OF_INTEREST = "conflict-of-interest"
