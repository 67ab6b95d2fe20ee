"""Use cases of reporting: project a batch of events, answer with a form."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from contracts.envelope import Event, Query
from contracts.intake.queries.cases import CASES_AT_ONCE, UNITS_AT_ONCE, UnitCaseCount, last_case, last_unit
from contracts.refusals import CommonRefusal, refuse
from contracts.reporting.queries import (
    FormII06a,
    FormII06aView,
    FormLine,
    ProjectedCaseCounts,
    ProjectedCaseCountsView,
    ProjectedCaseDigest,
    ProjectedCaseDigests,
    ProjectedCaseDigestsView,
)
from services.chassis.database import Connection, UnitOfWork
from services.reporting import domain, store
from services.worktime.clock import Clock, span

_NATION = "Toàn quốc"


async def project(work: UnitOfWork, events: Sequence[Event[Any]]) -> None:
    """The effect of intake's events on the projection."""
    changes = domain.fold(events)
    if changes.units:
        await store.save_units(work.connection, changes.units.values())
    if changes.procedures:
        await store.save_procedures(work.connection, changes.procedures.values())
    if changes.cases:
        await store.save_cases(work.connection, changes.cases.values())


class FigureHandlers:
    """Questions about figures."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def form(self, connection: Connection, query: Query[FormII06a]) -> FormII06aView:
        """Biểu II.06a (Circular 01/2020/TT-VPCP) for a unit and a window."""
        wish = query.data
        name = _NATION if wish.unit is None else await store.unit_name(connection, wish.unit)
        if name is None:
            raise refuse(
                CommonRefusal.NOT_FOUND,
                f"Không có đơn vị hành chính mã {wish.unit}.",
                f"There is no administrative unit {wish.unit}.",
                field="unit",
            )
        reading = await store.reading(connection, wish.last_day)
        if reading is None:
            raise refuse(CommonRefusal.NOT_FOUND, "Chưa có cách tính nào.", "There is no reading.", field="reading")
        rows = await store.form(connection, wish.unit, *span(wish.first_day, wish.last_day), reading["comparison"])
        names = await store.field_names(connection) if wish.by == "field" else {}
        return FormII06aView(
            unit=wish.unit,
            unit_name=name,
            first_day=wish.first_day,
            last_day=wish.last_day,
            counted_at=self._clock.now(),
            reading_version=reading["version"],
            reading_vi=reading["text_vi"],
            reading_en=reading["text_en"],
            total=_line(rows[0], name),
            lines=[_line(row, names.get(row["field"], row["field"])) for row in rows[1:]] if names else [],
        )

    async def counts(self, connection: Connection, query: Query[ProjectedCaseCounts]) -> ProjectedCaseCountsView:
        """What the projection holds, to compare with intake's own count."""
        rows = await store.counts(connection, query.data.after or "", UNITS_AT_ONCE)
        counts = [UnitCaseCount(**dict(row)) for row in rows]
        return ProjectedCaseCountsView(counts=counts, next=last_unit(counts))

    async def digests(self, connection: Connection, query: Query[ProjectedCaseDigests]) -> ProjectedCaseDigestsView:
        """Each case of a unit as the projection has it, to compare with intake's own."""
        rows = await store.digests(connection, query.data.unit, query.data.after or UUID(int=0), CASES_AT_ONCE)
        cases = [ProjectedCaseDigest.judged(**dict(row)) for row in rows]
        return ProjectedCaseDigestsView(cases=cases, next=last_case(cases))


def _line(row: asyncpg.Record, label: str) -> FormLine:
    return FormLine(label=label, **{key: value for key, value in row.items() if key != "field"})
