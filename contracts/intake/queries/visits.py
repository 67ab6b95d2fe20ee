"""What can be asked of visits."""

from datetime import date
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.envelope import Message
from contracts.intake.assistance import AgeBand, Indicator, Need, TaskGroup, VisitOutcome, VisitPlace
from contracts.intake.commands.visits import IndicatorCount
from contracts.intake.vocabulary import CommuneCode, UnitCode


class Visits(Message):
    """A unit's visits of one day, in order of time; `after` is the last visit of the page before."""

    unit: CommuneCode
    day: date
    after: UUID | None = None
    limit: int = Field(default=50, ge=1, le=200)


class VisitLine(Message):
    """A visit. Which case it led to is not shown, only that there is one."""

    visit_id: UUID
    version: int
    at: AwareDatetime
    recorded_by: str
    age_band: AgeBand
    needs: tuple[Need, ...]
    language: str | None = None
    group: TaskGroup
    counts: tuple[IndicatorCount, ...]
    outcome: VisitOutcome
    minutes: int
    place: VisitPlace
    led_to_case: bool
    counts_case: bool
    revoked: bool


class VisitsView(Message):
    """A page; `next` is what to ask for after it, none at the end."""

    visits: list[VisitLine]
    next: UUID | None = None


class AssistanceSummary(Message):
    """What was done in a commune, a province, or (without unit) the nation, from the first day to the last."""

    unit: UnitCode | None = None
    first_day: date
    last_day: date


class IndicatorTotal(Message):
    """One indicator: how much, in how many visits. `source` says whether a text names it or it is inferred."""

    indicator: Indicator
    amount: int
    visits: int
    vi: str
    en: str
    source: str


class VisitShare(Message):
    """How many visits have something in common, and their minutes."""

    value: str
    visits: int
    minutes: int


class AssistanceSummaryView(Message):
    """Visits that were not revoked. A case is counted once, however many visits led to it.

    One visit may have several needs, so `by_need` need not add up; `none` stands for visits without any.
    """

    unit: UnitCode | None = None
    first_day: date
    last_day: date
    visits: int
    minutes: int
    indicators: list[IndicatorTotal]
    by_age_band: list[VisitShare]
    by_group: list[VisitShare]
    by_outcome: list[VisitShare]
    by_place: list[VisitShare]
    by_need: list[VisitShare]
    by_language: list[VisitShare]
