"""What intake tells of visits.

Which case a visit led to is not told: a case leads to a person, whose disability or language would then be told, too.
"""

from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.envelope import Message
from contracts.intake.assistance import (
    AgeBand,
    LanguageCode,
    Need,
    NotDoneReason,
    RevokeReason,
    TaskGroup,
    VisitOutcome,
    VisitPlace,
)
from contracts.intake.commands.visits import IndicatorCount
from contracts.intake.vocabulary import CommuneCode


class VisitFact(Message):
    """A visit as it stands. `recorded_by` is an account's id, `minutes` the time it took.

    `counts_case` false: its `online_cases_supported` is counted by another visit already, and must not be added.
    """

    visit_id: UUID
    unit: CommuneCode
    recorded_by: str
    team_id: UUID | None = None
    at: AwareDatetime
    age_band: AgeBand
    needs: tuple[Need, ...]
    language: LanguageCode | None = None
    group: TaskGroup
    counts: tuple[IndicatorCount, ...]
    outcome: VisitOutcome
    reason: NotDoneReason | None = None
    minutes: int = Field(ge=1, le=480)
    place: VisitPlace
    led_to_case: bool
    counts_case: bool


class AssistanceRecorded(VisitFact):
    """Somebody was helped."""


class AssistanceAmended(VisitFact):
    """What was told of a visit is replaced by this, also where only `counts_case` passed to it from another."""


class AssistanceRevoked(Message):
    """A visit counts no more."""

    visit_id: UUID
    unit: CommuneCode
    at: AwareDatetime
    reason: RevokeReason
