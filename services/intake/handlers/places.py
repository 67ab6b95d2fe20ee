"""Where in the country a commune is, and when it works: all that assistance needs of the catalogue."""

from contracts.intake.refusals import AssistanceRefusal
from contracts.refusals import refuse
from services.intake.reference import Reference
from services.worktime.calendar import Calendar


class Places:
    """Look-ups of communes."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference

    def province(self, unit: str) -> str:
        """The province of a commune. Refused: there is no such commune."""
        found = self._reference.unit_by_code.get(unit)
        if found is None or len(unit) != 5:
            raise refuse(
                AssistanceRefusal.UNKNOWN_UNIT,
                f"Không có đơn vị hành chính cấp xã mã “{unit}”.",
                f"There is no commune “{unit}”.",
                field="unit",
            )
        return found.province

    def calendar(self, unit: str) -> Calendar:  # noqa: ARG002 - every centre keeps the shipped calendar's hours
        """When a commune's centre works."""
        return self._reference.calendar
