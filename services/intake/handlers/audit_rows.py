"""Whether rows still say what the audit covers of them, page by page."""

from collections import defaultdict
from collections.abc import Sequence

from services.chassis.database import Connection
from services.intake.domain import audit_rows as domain
from services.intake.domain.audit import Entry, Fault
from services.intake.handlers.recompute import MOVE_DEADLINE
from services.intake.store import audit_rows as store


async def row_faults(connection: Connection, entries: Sequence[Entry]) -> list[Fault]:
    """Rows of cases, their notes, and of what has a chain of its own, that are gone or were changed without an entry.

    Only a row's latest entry is compared with it. Rows are read before it is asked which entry is the latest: one that
    is saved meanwhile is then somebody else's to judge.
    """
    faults: list[Fault] = []
    moves = [each for each in entries if each.events]
    if moves:
        faults += [Fault("row-changed", *place, "cases") for place in await store.other_cases(connection, moves)]
        reasons = [None if each.action == MOVE_DEADLINE else each.reason for each in moves]
        others = await store.other_notes(connection, moves, reasons)
        faults += [Fault("row-changed", *place, "case_note") for place in others]
    by_table: defaultdict[str, dict[object, Entry]] = defaultdict(dict)
    for each in entries:
        if domain.about_row(each):
            by_table[each.to_state][each.entity] = each
    for table, last in by_table.items():
        rows = await store.rows_of(connection, table, [each.entity for each in last.values()])
        other = [
            (each.entity, each.number)
            for each in last.values()
            if each.entity not in rows or domain.digest(rows[each.entity]) != each.digest
        ]
        if other:
            ends = await store.ends(connection, other)
            faults += [Fault("row-changed", *place, table) for place in other if place in ends]
    return faults
