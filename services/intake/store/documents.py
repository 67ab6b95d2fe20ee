"""SQL of what forms are made from."""

from datetime import datetime

from services.chassis.database import Connection
from services.intake.domain.cases import Case
from services.intake.store.cases import SELECT, case_of


async def accepted_between(connection: Connection, unit: str, start: datetime, end: datetime, most: int) -> list[Case]:
    """The cases that a unit accepted from an instant to before another, `most` at most, in that order."""
    rows = await connection.fetch(
        f"""{SELECT} where receiving_unit = $1 and accepted_at >= $2 and accepted_at < $3
            order by accepted_at, id limit $4""",
        unit,
        start,
        end,
        most,
    )
    return [case_of(row) for row in rows]
