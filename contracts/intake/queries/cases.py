"""What intake can be asked."""

from uuid import UUID

from pydantic import AwareDatetime

from contracts.envelope import Message
from contracts.intake.vocabulary import CaseCode, CaseState, Channel, CommuneCode, ProcedureCode, UnitCode


class CaseByCode(Message):
    """The case with this code."""

    case_code: CaseCode


class DeadlineStep(Message):
    """One step on the way to a due instant, with the article of law behind it."""

    kind: str
    at: AwareDatetime
    note_vi: str
    note_en: str
    article: str


class CaseView(Message):
    """A case as it stands, its deadline explained."""

    case_id: UUID
    case_code: CaseCode | None = None
    receiving_unit: CommuneCode
    deciding_unit: UnitCode
    procedure: ProcedureCode
    channel: Channel
    state: CaseState
    version: int
    submitted_at: AwareDatetime
    accepted_at: AwareDatetime | None = None
    due_at: AwareDatetime | None = None
    completed_at: AwareDatetime | None = None
    returned_at: AwareDatetime | None = None
    deadline_steps: list[DeadlineStep]


class CaseCounts(Message):
    """How many cases each unit has in each state: what projections elsewhere must agree with."""


class UnitCaseCount(Message):
    """Cases of one receiving unit in one state."""

    unit: CommuneCode
    state: CaseState
    cases: int


class CaseCountsView(Message):
    """Counts by receiving unit and state, units in order of their code."""

    counts: list[UnitCaseCount]
