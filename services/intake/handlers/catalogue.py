"""Telling the catalogue to the others, and answering questions about it."""

import hashlib
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from contracts.envelope import Query
from contracts.intake.events.catalogue import CalendarPublished, ProcedurePublished, ProcedureRetired, UnitRegistered
from contracts.intake.queries.catalogue import (
    ProcedureByCode,
    ProcedureLine,
    Procedures,
    ProceduresView,
    ProcedureView,
    RequiredPaper,
    UnitByCode,
    UnitHistory,
    UnitHistoryView,
    UnitLine,
)
from contracts.topology import NO_PROVINCE
from services.chassis.database import Connection, Database, UnitOfWork
from services.chassis.ids import stable_id, uuid7
from services.chassis.outbox import Cause, Origin
from services.intake.domain import validity
from services.intake.domain.procedures import Procedure
from services.intake.domain.units import AdministrativeUnit
from services.intake.handlers.reference_book import ReferenceBook
from services.intake.reference import Reference
from services.intake.store import catalogue as store
from services.worktime.clock import Clock

Entry = tuple[UUID, str, BaseModel]


async def announce(work: UnitOfWork, reference: Reference, today: date, cause: Cause) -> int:
    """Tells each unit, procedure and calendar once, and again when it changes; how many were told."""
    before = await store.announced(work.connection)
    recorded: list[tuple[UUID, int, bytes]] = []
    for entity, province, data in entries(reference, today):
        print_ = hashlib.sha256(data.model_dump_json(exclude_none=True).encode()).digest()
        version, known = before.get(entity, (0, b""))
        if print_ != known:
            work.emit(data, entity=entity, version=version + 1, province=province, cause=cause)
            recorded.append((entity, version + 1, print_))
    if recorded:
        await store.record_announced(work.connection, recorded)
    return len(recorded)


def entries(reference: Reference, today: date) -> Iterator[Entry]:
    """All there is to tell on a day. What begins later is told under its first day, what has ended under its last."""
    for unit in reference.register.told(today):
        yield stable_id("unit", unit.code), unit.province, _registered(unit)
    for code, versions in reference.catalogue.by_code.items():
        yield stable_id("procedure", code), NO_PROVINCE, _published(validity.told(versions, today), today)
    for scope, province, calendar in reference.scopes():
        data = CalendarPublished(scope=scope, version=calendar.version)
        yield stable_id("calendar", scope), province or NO_PROVINCE, data


def _registered(unit: AdministrativeUnit) -> UnitRegistered:
    return UnitRegistered(
        code=unit.code,
        name=unit.name,
        kind=unit.kind,
        province=unit.province,
        valid_from=unit.begins,
        valid_to=unit.ends,
        successors=list(unit.successors) or None,
    )


def _published(each: Procedure, today: date) -> ProcedurePublished | ProcedureRetired:
    if each.ends is not None and each.ends < today:
        return ProcedureRetired(code=each.code, last_day=each.ends)
    return ProcedurePublished(
        code=each.code,
        name=each.name,
        field=each.field,
        field_name=each.field_name,
        level=each.level,
        limit_amount=each.given.amount if each.given else None,
        limit_unit=each.given.unit if each.given else None,
        effective_from=each.begins,
        effective_to=each.ends,
    )


class Announcer:
    """A round: on each new day it tells what begins or ends with it. What is published is told at once, elsewhere."""

    def __init__(self, database: Database, book: ReferenceBook, clock: Clock) -> None:
        self._database = database
        self._book = book
        self._clock = clock
        self._told_on: date | None = None

    async def __call__(self) -> None:
        today = self._clock.now().date()
        if today == self._told_on:
            return
        async with self._database.unit_of_work() as work:
            await announce(work, await self._book.current(work.connection), today, Origin(uuid7()))
        self._told_on = today


class CatalogueViews:
    """Questions about procedures and units."""

    def __init__(self, book: ReferenceBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    def _day(self, wanted: date | None) -> date:
        return wanted or self._clock.now().date()

    async def procedure(self, connection: Connection, query: Query[ProcedureByCode]) -> ProcedureView:
        reference = await self._book.read(connection)
        found = reference.procedure(query.data.code, on=self._day(query.data.on))
        retention = found.retention
        return ProcedureView(
            **_line(found),
            fee=found.fee,
            fee_source=found.fee_source,
            payment_off_clock=found.payment_off_clock,
            retention_years=retention.years,
            retention_permanent=retention.permanent,
            retention_confidence=retention.confidence,
            retention_source=retention.source,
            source=found.source,
            note=found.note,
            papers=[
                RequiredPaper(
                    name=paper.name,
                    copies=paper.copies,
                    form=paper.form,
                    needed=paper.needed,
                    confidence=paper.confidence,
                    source=paper.source,
                )
                for paper in reference.papers.get(found.code, ())
            ],
        )

    async def procedures(self, connection: Connection, query: Query[Procedures]) -> ProceduresView:
        reference = await self._book.read(connection)
        found = reference.catalogue.in_force(self._day(query.data.on))
        return ProceduresView(
            procedures=[ProcedureLine(**_line(each)) for each in found if query.data.field in (None, each.field)]
        )

    async def unit(self, connection: Connection, query: Query[UnitByCode]) -> UnitLine:
        reference = await self._book.read(connection)
        return _unit(reference.unit(query.data.code, on=self._day(query.data.on), field="code"))

    async def unit_history(self, connection: Connection, query: Query[UnitHistory]) -> UnitHistoryView:
        reference = await self._book.read(connection)
        register, code = reference.register, query.data.code
        reference.check_unit(code, field="code")
        return UnitHistoryView(
            names=[_unit(each) for each in register.names(code)],
            predecessors=[_unit(each) for each in register.predecessors(code)],
            successors=[_unit(each) for each in register.successors(code)],
        )


def _unit(unit: AdministrativeUnit) -> UnitLine:
    return UnitLine(
        code=unit.code,
        name=unit.name,
        kind=unit.kind,
        province=unit.province,
        valid_from=unit.begins,
        valid_to=unit.ends,
        successors=list(unit.successors),
    )


def _line(each: Procedure) -> dict[str, Any]:
    """What a list of procedures and one procedure alone both say."""
    given = each.given
    season = [f"{month:02d}-{day:02d}" for month, day in given.season] if given and given.season else [None, None]
    return {
        "code": each.code,
        "name": each.name,
        "field": each.field,
        "field_name": each.field_name,
        "level": each.level,
        "limit_amount": given.amount if given else None,
        "limit_unit": given.unit if given else None,
        "season_from": season[0],
        "season_to": season[1],
        "effective_from": each.begins,
        "effective_to": each.ends,
        "confidence": each.confidence,
    }
