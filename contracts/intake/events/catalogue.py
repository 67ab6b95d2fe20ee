"""What intake tells of units and procedures."""

from contracts.envelope import Message
from contracts.intake.vocabulary import ProcedureCode, ProvinceCode, UnitCode, UnitKind


class UnitRegistered(Message):
    """An administrative unit is known, by its official code."""

    code: UnitCode
    name: str
    kind: UnitKind
    province: ProvinceCode


class ProcedurePublished(Message):
    """A procedure of the catalogue is in force. `field` is the code of its field (lĩnh vực), `field_name` its name."""

    code: ProcedureCode
    name: str
    field: str
    field_name: str
