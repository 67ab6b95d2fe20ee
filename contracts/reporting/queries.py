"""What reporting can be asked."""

from datetime import date
from typing import Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from contracts.envelope import Message
from contracts.intake.queries.cases import UnitCaseCount
from contracts.intake.vocabulary import CommuneCode, UnitCode


class FormII06a(Message):
    """The statutory form for a unit and a window of days, both ends included.

    `unit` None means the nation. `by` says what the lines under the total are: the fields of the procedures, or none.
    """

    unit: UnitCode | None
    first_day: date
    last_day: date
    by: Literal["total", "field"] = "total"

    @model_validator(mode="after")
    def _window(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError("last_day is before first_day")
        return self


class FormLine(Message):
    """One line of Biểu II.06a (Circular 01/2020/TT-VPCP); each comment is the form's column number.

    Identities: 3 = 4 + 5 + 6, 7 = 8 + 9 + 10, 11 = 12 + 13, 3 = 7 + 11.
    """

    label: str  # 2
    received: int = Field(ge=0)  # 3
    received_online: int = Field(ge=0)  # 4
    received_direct_or_post: int = Field(ge=0)  # 5
    carried_over: int = Field(ge=0)  # 6
    resolved: int = Field(ge=0)  # 7
    resolved_early: int = Field(ge=0)  # 8
    resolved_on_time: int = Field(ge=0)  # 9
    resolved_overdue: int = Field(ge=0)  # 10
    in_progress: int = Field(ge=0)  # 11
    in_progress_within_limit: int = Field(ge=0)  # 12
    in_progress_overdue: int = Field(ge=0)  # 13


class FormII06aView(Message):
    """The form: a total, the lines it is made of, and under which reading it was counted."""

    unit: UnitCode | None = None
    unit_name: str
    first_day: date
    last_day: date
    counted_at: AwareDatetime
    reading_version: str
    reading_vi: str
    reading_en: str
    total: FormLine
    lines: list[FormLine]


class ProjectedCaseCounts(Message):
    """The projection's own count of cases by unit and state, to compare with intake's. `after`: a unit's code."""

    after: CommuneCode | None = None


class ProjectedCaseCountsView(Message):
    """Counts by receiving unit and state, units in order of their code. `next`: what to ask after, if there is more."""

    counts: list[UnitCaseCount]
    next: CommuneCode | None = None


class ProjectedCaseDigests(Message):
    """What the projection holds of each case of a receiving unit, to compare with intake's `CaseDigests`."""

    unit: CommuneCode
    after: UUID | None = None


class ProjectedCaseDigest(Message):
    """A case of the projection: the last version that took effect (None: none did), and a digest as intake makes it.

    `settled_by_hand`: an event of it was discarded, or edited, as a dead letter; it cannot be as intake's any more.
    """

    case_id: UUID
    version: int | None = None
    digest: int
    settled_by_hand: bool = False


class ProjectedCaseDigestsView(Message):
    """Cases in order of id, 5,000 at most. `next`: what to ask after, if there is more."""

    cases: list[ProjectedCaseDigest]
    next: UUID | None = None
