"""A case as those need it who only refer to one."""

from dataclasses import dataclass
from uuid import UUID

from contracts.intake.refusals import AssistanceRefusal
from contracts.refusals import Refused, refuse

WITH_RESULT = frozenset({"completed", "returned"})
"""States of a case in which there is a result to be content with, or not."""


@dataclass(frozen=True, slots=True)
class LinkedCase:
    """Its dimensions, and whether it has a result."""

    id: UUID
    receiving_unit: str
    deciding_unit: str
    province: str
    procedure: str
    field: str
    state: str

    @property
    def has_result(self) -> bool:
        return self.state in WITH_RESULT


def unknown_case(field: str) -> Refused:
    """The refusal of a case that is not there."""
    return refuse(
        AssistanceRefusal.UNKNOWN_CASE,
        "Không có hồ sơ này; hãy kiểm tra mã trên giấy hẹn, hoặc bỏ trống.",
        "There is no such case; check the code on the receipt, or leave it out.",
        field=field,
    )
