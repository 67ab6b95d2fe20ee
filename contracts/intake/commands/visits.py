"""What is recorded of visits in which somebody was helped. Two taps: whom, and what; the rest has defaults."""

from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.envelope import Message
from contracts.intake.assistance import (
    AgeBand,
    Indicator,
    LanguageCode,
    Need,
    NotDoneReason,
    RevokeReason,
    TaskGroup,
    VisitOutcome,
    VisitPlace,
)
from contracts.intake.vocabulary import CaseCode, CommuneCode


class Whom(Message):
    """Who was helped, without saying who. `language` only with the need `ethnic_minority`."""

    age_band: AgeBand = AgeBand.UNKNOWN
    needs: tuple[Need, ...] = ()
    language: LanguageCode | None = None


class IndicatorCount(Message):
    """How often something counted was done."""

    indicator: Indicator
    amount: int = Field(default=1, ge=1, le=500)


class What(Message):
    """What was done: a task group, something counted, or both. `group` empty: that of the first thing counted."""

    group: TaskGroup | None = None
    counts: tuple[IndicatorCount, ...] = ()


class VisitContent(Message):
    """What is told of a visit, when recorded and when amended. There is no free text: it would name people.

    `at` empty means now, or as before. The case it led to is given by id or by code, or not at all.
    """

    whom: Whom
    what: What
    at: AwareDatetime | None = None
    minutes: int = Field(default=15, ge=1, le=480)
    outcome: VisitOutcome = VisitOutcome.DONE
    reason: NotDoneReason | None = None
    place: VisitPlace = VisitPlace.CENTRE
    case_id: UUID | None = None
    case_code: CaseCode | None = None


class RecordVisit(VisitContent):
    """Record a visit. Who recorded it is the actor of the command."""

    visit_id: UUID
    unit: CommuneCode
    team_id: UUID | None = None


class AmendVisit(VisitContent):
    """Record it anew: everything told replaces what was told before. By whom recorded it, on that day; or the lead."""

    visit_id: UUID


class RevokeVisit(Message):
    """Take a record back: it counts no more. By whom recorded it, on that day; or the lead."""

    visit_id: UUID
    reason: RevokeReason = RevokeReason.MISTAKE


class VisitSaved(Message):
    """A visit after a command.

    `counts_case` false: another visit counts the same case as supported already, so this one does not; or it was
    revoked.
    """

    visit_id: UUID
    version: int
    counts_case: bool
    notice_vi: str | None = None
    notice_en: str | None = None
