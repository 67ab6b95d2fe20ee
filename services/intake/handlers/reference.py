"""Where the use cases take their reference data from."""

from typing import Protocol

from services.chassis.database import Connection
from services.intake.reference import Reference


class Book(Protocol):
    """Gives the reference data that hold in a transaction."""

    async def current(self, connection: Connection) -> Reference: ...


class Fixed:
    """Reference data that never change: what the package brings."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference

    async def current(self, _: Connection) -> Reference:
        return self._reference
