"""What is noted of cases that a log tells of: in their history, and in the audit."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from contracts.envelope import Command
from contracts.intake.commands.importing import ImportCases
from services.intake.domain import remarks
from services.intake.domain.audit import Step
from services.intake.domain.cases import Case
from services.intake.handlers.audit import step

Note = tuple[Case, str, tuple[str, ...]]
"""A case at the version that something is noted with, why, and what was asked for."""


def steps(
    command: Command[ImportCases], saved: Iterable[Case], known: Mapping[str, Case], notes: Iterable[Note]
) -> list[Step]:
    """From where each case came, and why: all that is noted of it, as a reader of its history finds it."""
    why: dict[UUID, list[str]] = {}
    for case, reason, _ in notes:
        why.setdefault(case.id, []).append(reason)
    return [
        step(
            command,
            "import-cases",
            case.id,
            case.version - len(case.news),
            case.version,
            from_state=before.state if (before := known.get(case.case_code or "")) else "",
            to_state=case.state,
            reason="\n".join(why.get(case.id, ())) or None,
        )
        for case in saved
    ]


def notes(
    reasons: Mapping[str, str], new: Sequence[Case], changed: Sequence[Case], owned: Sequence[Case]
) -> list[Note]:
    """A row's reason with the last move that it tells; and with an amendment why there is one."""
    found: list[Note] = [(case, remarks.OWNED, ()) for case in owned]
    amended = {(case.id, case.version) for case in owned}
    found += [
        (case, reason, ())
        for case in (*new, *changed)
        if (case.id, case.version) not in amended and (reason := reasons[case.case_code or ""])
    ]
    return found
