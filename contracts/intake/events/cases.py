"""What intake tells of cases.

A case's events carry its dimensions each time, so that a subscriber of one fact needs no other.
"""

from uuid import UUID

from pydantic import AwareDatetime

from contracts.envelope import Message
from contracts.intake.vocabulary import CaseCode, Channel, CommuneCode, ProcedureCode, UnitCode


class CaseFact(Message):
    """The dimensions of a case: where it was received, who decides, what it is about, how it came.

    `field` is the code of the procedure's field (lĩnh vực).
    """

    case_id: UUID
    receiving_unit: CommuneCode
    deciding_unit: UnitCode
    procedure: ProcedureCode
    field: str
    channel: Channel


class CaseSubmitted(CaseFact):
    """A citizen or business handed a case in; no clock runs yet, except that for accepting it (Art 17.2)."""

    submitted_at: AwareDatetime


class CaseAccepted(CaseFact):
    """The complete, valid case was accepted and its clock started (Art 17.3)."""

    case_code: CaseCode
    accepted_at: AwareDatetime
    due_at: AwareDatetime
    rule_version: str
    calendar_version: str


class CaseCompleted(CaseFact):
    """The result was decided; the clock stopped."""

    completed_at: AwareDatetime


class CaseReturned(CaseFact):
    """The result was handed over."""

    returned_at: AwareDatetime
