"""What intake tells of deadlines that move without anybody deciding on the case."""

from uuid import UUID

from pydantic import AwareDatetime

from contracts.intake.events.cases import CaseFact


class DeadlineMoved(CaseFact):
    """Another working calendar holds, and with it the case is due at another instant.

    `recompute` is the run that found it: its list has all that moved for the same reason.
    """

    moved_at: AwareDatetime
    old_due_at: AwareDatetime
    due_at: AwareDatetime
    calendar_version: str
    reason_vi: str | None = None
    reason_en: str | None = None
    recompute: UUID | None = None
