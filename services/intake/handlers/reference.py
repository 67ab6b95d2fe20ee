"""Where the use cases take their reference data from."""

from typing import Protocol

from services.chassis.database import Connection
from services.intake.reference import Reference


class Book(Protocol):
    """Gives the reference data that hold in a transaction."""

    async def current(self, connection: Connection) -> Reference:
        """For transactions that decide: nothing is published until they end. To be asked before a case is locked."""
        ...

    async def read(self, connection: Connection) -> Reference:
        """For questions, which hold nobody up."""
        ...


class Fixed:
    """Reference data that never change: what the package brings, for tests."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference

    async def current(self, _: Connection) -> Reference:
        return self._reference

    async def read(self, _: Connection) -> Reference:
        return self._reference
