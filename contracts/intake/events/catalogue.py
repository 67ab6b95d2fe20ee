"""What intake tells of units, procedures and calendars."""

from datetime import date

from contracts.envelope import Message
from contracts.intake.catalogue import Level, LimitUnit
from contracts.intake.vocabulary import ProcedureCode, ProvinceCode, UnitCode, UnitKind


class UnitRegistered(Message):
    """An administrative unit is known, by its official code, under the name it bears today.

    `valid_to` is its last day. `successors` took it over: one after a merger, several after a split.
    """

    code: UnitCode
    name: str
    kind: UnitKind
    province: ProvinceCode
    valid_from: date | None = None
    valid_to: date | None = None
    successors: list[UnitCode] | None = None


class ProcedurePublished(Message):
    """A procedure of the catalogue is in force. `field` is the code of its field (lĩnh vực), `field_name` its name.

    Without `limit_unit` its processing time is not known. `effective_to` is the last day of this version.
    """

    code: ProcedureCode
    name: str
    field: str
    field_name: str
    level: Level | None = None
    limit_amount: int | None = None
    limit_unit: LimitUnit | None = None
    effective_from: date | None = None
    effective_to: date | None = None


class ProcedureRetired(Message):
    """No version of a procedure is in force any more: no new case of it is received."""

    code: ProcedureCode
    last_day: date


class CalendarPublished(Message):
    """A working calendar has new content. `scope`: `default`, a province's code or a unit's."""

    scope: str
    version: str
