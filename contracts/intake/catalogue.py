"""The words of the reference data that an administrator looks after: procedures, papers to bring, units, days."""

from enum import StrEnum

MAX_DOCUMENT = 900_000
"""Bytes (UTF-8) of one document of reference data: it travels in one message, beside its envelope."""


class ReferenceKind(StrEnum):
    """The documents of reference data. Each is one file, edited whole, drafted and then published."""

    PROCEDURES = "procedures"
    REQUIREMENTS = "requirements"
    UNITS = "units"
    DAYS = "days"
    CALENDARS = "calendars"
    RULES = "rules"
    AGENCIES = "agencies"


KIND_NAMES: dict[ReferenceKind, tuple[str, str]] = {
    ReferenceKind.PROCEDURES: ("thủ tục", "procedures"),
    ReferenceKind.REQUIREMENTS: ("giấy tờ", "papers to bring"),
    ReferenceKind.UNITS: ("đơn vị", "units"),
    ReferenceKind.DAYS: ("ngày nghỉ", "days off"),
    ReferenceKind.CALENDARS: ("giờ làm việc", "working hours"),
    ReferenceKind.RULES: ("quy tắc", "rules"),
    ReferenceKind.AGENCIES: ("mã cơ quan", "agencies"),
}
"""For people, in Vietnamese and English."""


class DocumentStatus(StrEnum):
    """Where a version of a document stands. One of each kind is published; the one before it is superseded."""

    DRAFT = "draft"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class Level(StrEnum):
    """Who decides a procedure."""

    COMMUNE = "commune"
    PROVINCE = "province"
    BOTH = "both"


class LimitUnit(StrEnum):
    """What a processing time is given in. `immediate`: while the citizen waits; `season`: a part of the year."""

    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    SAME_DAY = "same_day"
    IMMEDIATE = "immediate"
    SEASON = "season"


class Confidence(StrEnum):
    """How sure a value is: read in its source, in a secondary one, generally known and unchecked, or inferred."""

    READ = "read"
    SECONDARY = "secondary"
    GENERAL_KNOWLEDGE = "general knowledge"
    INFERRED = "inferred"


class PaperForm(StrEnum):
    """In which form a paper is handed in. `shown`: it is looked at, or read from a database, and given back."""

    ORIGINAL = "original"
    CERTIFIED_COPY = "certified_copy"
    COPY = "copy"
    SHOWN = "shown"


class Needed(StrEnum):
    """Whether a paper always belongs to a case, or only where the case calls for it."""

    ALWAYS = "always"
    IF_ANY = "if_any"
