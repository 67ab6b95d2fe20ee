"""Where in the country a commune is, and when it works: all that assistance needs of the reference data."""

from contracts.intake.refusals import AssistanceRefusal
from contracts.refusals import refuse
from services.chassis.database import Connection
from services.intake.handlers.reference_book import Book
from services.worktime.calendar import Calendar


class Places:
    """Look-ups of communes."""

    def __init__(self, book: Book) -> None:
        self._book = book

    async def province(self, connection: Connection, unit: str) -> str:
        """The province of a commune. Refused: there is no such commune."""
        found = (await self._book.read(connection)).unit_by_code.get(unit)
        if found is None or len(unit) != 5:
            raise refuse(
                AssistanceRefusal.UNKNOWN_UNIT,
                f"Không có đơn vị hành chính cấp xã mã “{unit}”.",
                f"There is no commune “{unit}”.",
                field="unit",
            )
        return found.province

    async def calendar(self, connection: Connection, unit: str) -> Calendar:
        """When a commune's centre works, for a transaction that reckons a limit by it. Ask before a row is locked."""
        return (await self._book.current(connection)).calendar_of(unit)
