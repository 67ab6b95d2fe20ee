"""Intake's own refusal codes."""

from enum import StrEnum


class IntakeRefusal(StrEnum):
    """Why intake says no."""

    UNKNOWN_UNIT = "unknown-unit"
    UNKNOWN_PROCEDURE = "unknown-procedure"
    CASE_CODE_TAKEN = "case-code-taken"
    WRONG_STATE = "wrong-state"
    IMPOSSIBLE_TIME = "impossible-time"
    NO_AGENCY_CODE = "no-agency-code"
    FOREIGN_CASE_CODE = "foreign-case-code"
    NO_PROCESSING_TIME = "no-processing-time"
    NOT_IMMEDIATE = "not-immediate"
    REASON_MISSING = "reason-missing"
    SUPPLEMENT_USED = "supplement-used"
    NOTICE_TOO_LATE = "notice-too-late"
    EXTENSION_USED = "extension-used"
    EXTENSION_TOO_LATE = "extension-too-late"
    STILL_IN_TIME = "still-in-time"
    WRONG_AMOUNT = "wrong-amount"
    NO_CORRECTION = "no-correction"
    CORRECTION_AWAITED = "correction-awaited"
    NOTHING_CHANGED = "nothing-changed"
    FORM_NOT_AVAILABLE = "form-not-available"
    WRONG_TYPE = "wrong-type"
    WRONG_CONTENT = "wrong-content"
    WRONG_OFFSET = "wrong-offset"
    FEE_SETTLED = "fee-settled"
    PERSON_ERASED = "person-erased"
    PERSON_MISMATCH = "person-mismatch"
    UNIT_NOT_VALID = "unit-not-valid"
    PROCEDURE_NOT_IN_FORCE = "procedure-not-in-force"
    BAD_REFERENCE = "bad-reference"
    NOT_A_DRAFT = "not-a-draft"


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
