"""Where in the country a commune is, and when it works: all that assistance needs of the reference data."""

from services.chassis.database import Connection
from services.intake.domain.units import unknown_unit
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
            raise unknown_unit(unit, "unit", commune=True)
        return found.province

    async def check(self, connection: Connection, unit: str | None) -> None:
        """Refused: there is and was no such unit, commune or province. None is the nation."""
        if unit is not None:
            (await self._book.read(connection)).check_unit(unit, field="unit")

    async def calendar(self, connection: Connection, unit: str) -> Calendar:
        """When a commune's centre works, for a transaction that reckons a limit by it. Ask before a row is locked."""
        return (await self._book.current(connection)).calendar_of(unit)
