"""Cases that may be the same as another: pointed out, not refused. Which window counts is in the rules of their day."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from contracts.intake.commands.cases import LikeCase
from contracts.intake.vocabulary import CaseState
from services.chassis.database import Connection
from services.intake.domain.cases import Case
from services.intake.reference import Reference
from services.intake.store import cases as store
from services.worktime.clock import ZONE

_POINTED_OUT = 10


def window(reference: Reference, case: Case) -> timedelta:
    """How far apart two cases are submitted at most that may be the same."""
    return timedelta(days=reference.rules.on(case.submitted_at.astimezone(ZONE).date()).duplicate_window_days)


async def like(connection: Connection, reference: Reference, cases: Sequence[Case]) -> dict[UUID, list[LikeCase]]:
    """For each case those that may be the same, at most ten, the latest first: stored ones, and of two that come
    together, be they stored already or not, the one that stands first for the other: told again, they are told the
    same. A case that may be none is not in the answer."""
    windows = [window(reference, case) for case in cases]
    stored = await store.like(connection, cases, windows)
    found: dict[UUID, list[LikeCase]] = {}
    before: dict[tuple[UUID, str, str], list[Case]] = {}
    for case, span in zip(cases, windows, strict=True):
        if case.applicant is None:
            continue
        others = [
            LikeCase(
                case_id=row["id"],
                case_code=row["case_code"],
                state=CaseState(row["state"]),
                submitted_at=row["submitted_at"].astimezone(ZONE),
            )
            for row in stored.get(case.id, ())
        ]
        earlier = before.setdefault((case.applicant, case.procedure, case.receiving_unit), [])
        others += [
            LikeCase(case_id=o.id, case_code=o.case_code, state=o.state, submitted_at=o.submitted_at)
            for o in earlier
            if abs(o.submitted_at - case.submitted_at) <= span
        ]
        earlier.append(case)
        if others:
            found[case.id] = sorted(others, key=lambda other: other.submitted_at, reverse=True)[:_POINTED_OUT]
    return found
