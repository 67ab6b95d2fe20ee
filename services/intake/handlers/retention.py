"""What is due for deletion. Nothing is deleted: the report names it, with where each period comes from."""

from contracts.envelope import Query
from contracts.intake.queries.retention import (
    RetentionBasis,
    RetentionCase,
    RetentionGroup,
    RetentionReport,
    RetentionReportView,
)
from services.chassis.database import Connection
from services.intake.domain import validity
from services.intake.domain.procedures import Retention
from services.intake.handlers.reference_book import ReferenceBook
from services.intake.store.retention import Retained
from services.worktime.clock import Clock

_UNKNOWN = Retention(None, False, None, "")


class RetentionHandlers:
    """The report, by the periods of the catalogue as it is."""

    def __init__(self, book: ReferenceBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    async def report(self, connection: Connection, query: Query[RetentionReport]) -> RetentionReportView:
        wish = query.data
        on = wish.on or self._clock.now().date()
        reference = await self._book.read(connection)
        if wish.unit is not None:
            reference.check_unit(wish.unit, field="unit")
        periods = {
            code: validity.told(versions, on).retention for code, versions in reference.catalogue.by_code.items()
        }
        retained = Retained(connection, {code: each.years for code, each in periods.items()}, on, wish.unit)
        bases = []
        for row in await retained.bases():
            period = periods.get(row["procedure"], _UNKNOWN)
            bases.append(
                RetentionBasis(
                    **dict(row),
                    years=period.years,
                    permanent=period.permanent,
                    confidence=period.confidence,
                    source=period.source,
                )
            )
        cases = [RetentionCase(**dict(row)) for row in await retained.cases(wish.after, wish.limit + 1)]
        return RetentionReportView(
            on=on,
            closed=sum(basis.closed for basis in bases),
            due=sum(basis.due for basis in bases),
            groups=[RetentionGroup(**dict(row)) for row in await retained.groups()],
            bases=bases,
            cases=cases[: wish.limit],
            next=cases[wish.limit - 1].case_id if len(cases) > wish.limit > 0 else None,
        )
