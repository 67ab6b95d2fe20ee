"""What events mean to the projection, and what a form's window is. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.envelope import Event
from contracts.intake.events.cases import (
    CaseAccepted,
    CaseAmended,
    CaseCompleted,
    CaseDeclined,
    CaseExtended,
    CaseFact,
    CaseReturned,
    CaseStarted,
    CaseStopped,
    CaseSubmitted,
    CaseWithdrawn,
    DeadlineMoved,
    PaymentRecorded,
    PaymentRequested,
    SupplementCompleted,
    SupplementRequested,
)
from contracts.intake.events.catalogue import ProcedurePublished, UnitRegistered
from contracts.intake.vocabulary import CaseState


@dataclass(slots=True)
class CaseRow:
    """What a batch says of one case; None, or an empty state: nothing new.

    `completed_at` is the end of its processing: the result, or else the withdrawal or stop.
    """

    case_id: UUID
    unit: str
    province: str
    procedure: str
    field: str
    channel: str
    state: str = ""
    submitted_at: datetime | None = None
    accepted_at: datetime | None = None
    due_at: datetime | None = None
    completed_at: datetime | None = None
    returned_at: datetime | None = None


@dataclass(slots=True)
class Changes:
    """A batch of events, folded to one row for each thing they tell of."""

    units: dict[str, UnitRegistered]
    procedures: dict[str, ProcedurePublished]
    cases: dict[UUID, CaseRow]


def fold(events: Iterable[Event[Any]]) -> Changes:
    """Folds events, which stand in order per entity."""
    changes = Changes({}, {}, {})
    for event in events:
        match event.data:
            case UnitRegistered() as unit:
                changes.units[unit.code] = unit
            case ProcedurePublished() as procedure:
                changes.procedures[procedure.code] = procedure
            case CaseFact() as fact:
                _fold_case(changes.cases, event.province, fact)
    return changes


def _fold_case(cases: dict[UUID, CaseRow], province: str, fact: CaseFact) -> None:  # noqa: PLR0912 - a table
    row = cases.get(fact.case_id)
    if row is None:
        row = CaseRow(fact.case_id, fact.receiving_unit, province, fact.procedure, fact.field, fact.channel)
        cases[fact.case_id] = row
    row.procedure, row.field, row.channel = fact.procedure, fact.field, fact.channel  # an amendment changes them
    match fact:
        case CaseSubmitted():
            row.state, row.submitted_at = CaseState.SUBMITTED, fact.submitted_at
        case CaseAccepted():
            row.state, row.accepted_at, row.due_at = CaseState.ACCEPTED, fact.accepted_at, fact.due_at
        case CaseDeclined():
            row.state = CaseState.DECLINED
        case CaseStarted():
            row.state = CaseState.IN_PROGRESS
        case SupplementRequested():
            row.state = CaseState.SUPPLEMENT_REQUESTED
        case SupplementCompleted():
            row.state, row.due_at = fact.state, fact.due_at or row.due_at
        case PaymentRequested():
            row.state = CaseState.AWAITING_PAYMENT
        case PaymentRecorded():
            row.state, row.due_at = fact.state, fact.due_at
        case CaseExtended() | DeadlineMoved():
            row.due_at = fact.due_at
        case CaseAmended():
            row.due_at = fact.due_at or row.due_at
        case CaseWithdrawn():
            row.state, row.completed_at = CaseState.WITHDRAWN, fact.withdrawn_at
        case CaseStopped():
            row.state, row.completed_at = CaseState.STOPPED, fact.stopped_at
        case CaseCompleted():
            row.state, row.completed_at = CaseState.COMPLETED, fact.completed_at
        case CaseReturned():
            row.state, row.returned_at = CaseState.RETURNED, fact.returned_at
