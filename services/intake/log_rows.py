"""How a row of a case log is judged by reference data: the same when it is imported and when it is only looked at."""

from datetime import datetime

from contracts.intake.commands.importing import LogRow
from contracts.intake.refusals import IntakeRefusal
from services.chassis.ids import uuid7
from services.intake.domain import told as domain
from services.intake.domain.cases import Case
from services.intake.domain.told import Told
from services.intake.reference import Reference

COLUMN_OF = {"receiving_unit": "unit"}
"""The column of what a refusal names otherwise."""

BY_REFERENCE = frozenset(
    {
        IntakeRefusal.UNKNOWN_UNIT,
        IntakeRefusal.UNIT_NOT_VALID,
        IntakeRefusal.UNKNOWN_PROCEDURE,
        IntakeRefusal.PROCEDURE_NOT_IN_FORCE,
        IntakeRefusal.FOREIGN_CASE_CODE,
        IntakeRefusal.NO_PROCESSING_TIME,
    }
)
"""Refusals that other reference data may not give."""


def judge(row: LogRow, reference: Reference, now: datetime) -> tuple[Told, Case]:
    """The case that a row tells of, led through the same moves as a living one. Refused: the first that is wrong."""
    reference.check_case_code(row.case_code)
    reference.check_agency(row.case_code, row.deciding_unit)
    told = domain.read(row)
    case = reference.new_case(
        uuid7(), row.unit, row.deciding_unit, row.procedure, told.channel, told.submitted_at, row.case_code
    )
    return told, domain.continued(case, told, reference.terms_of, now)
