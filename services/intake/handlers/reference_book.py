"""The reference data that hold in a transaction: what one replica publishes, all follow at once."""

import logging
from typing import Protocol

from services.chassis.database import Connection
from services.intake.reference import Reference
from services.intake.store import reference_documents as store

log = logging.getLogger(__name__)


class Book(Protocol):
    """Gives the reference data that hold in a transaction."""

    async def current(self, connection: Connection) -> Reference:
        """For transactions that decide: nothing is published until they end. To be asked before a case is locked."""
        ...

    async def read(self, connection: Connection) -> Reference:
        """For questions, which hold nobody up."""
        ...


class ReferenceBook:
    """Looks at one number per transaction, and reads the documents again only when that has moved."""

    def __init__(self) -> None:
        self._state = -1
        self._reference: Reference | None = None

    async def current(self, connection: Connection) -> Reference:
        """For transactions that decide: nothing is published until they end.

        Ask before a case is locked: who held one would wait for a publication that waits for others at that case.
        """
        return await self._at(await store.state_held(connection), connection)

    async def read(self, connection: Connection) -> Reference:
        """For questions, which hold nobody up."""
        return await self._at(await store.state(connection), connection)

    async def _at(self, state: int, connection: Connection) -> Reference:
        if self._reference is not None and state == self._state:
            return self._reference
        seen, contents = await store.all_in_force(connection)
        reference = Reference.of(contents)
        if seen > self._state:  # an older transaction may look later
            self._state, self._reference = seen, reference
            log.info("reference data of state %d are in force", seen)
        return reference
