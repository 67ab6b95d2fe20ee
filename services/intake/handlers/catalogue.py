"""Telling the catalogue to the others."""

import hashlib
from collections.abc import Iterable
from uuid import UUID

from contracts.intake.events.catalogue import ProcedurePublished, UnitRegistered
from contracts.topology import NO_PROVINCE
from services.chassis.database import Database
from services.chassis.ids import stable_id, uuid7
from services.chassis.outbox import Origin
from services.intake.reference import Reference
from services.intake.store import catalogue as store


class Announcer:
    """Tells the catalogue to the others: each unit and procedure once, and again when it changes."""

    def __init__(self, reference: Reference, database: Database) -> None:
        self._reference = reference
        self._database = database

    async def __call__(self) -> None:
        async with self._database.unit_of_work() as work:
            before = await store.announced(work.connection)
            origin = Origin(uuid7())
            recorded: list[tuple[UUID, int, bytes]] = []
            for entity, province, data in self._entries():
                print_ = hashlib.sha256(data.model_dump_json().encode()).digest()
                version, known = before.get(entity, (0, b""))
                if print_ != known:
                    work.emit(data, entity=entity, version=version + 1, province=province, cause=origin)
                    recorded.append((entity, version + 1, print_))
            if recorded:
                await store.record_announced(work.connection, recorded)

    def _entries(self) -> Iterable[tuple[UUID, str, UnitRegistered | ProcedurePublished]]:
        for unit in self._reference.units():
            yield stable_id("unit", unit.code), unit.province, unit
        for procedure in self._reference.procedures():
            yield stable_id("procedure", procedure.code), NO_PROVINCE, procedure
