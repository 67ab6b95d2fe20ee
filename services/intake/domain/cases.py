"""A case as it stands, and what every move of its life checks first. Pure."""

from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.intake.events.cases import CaseFact
from contracts.intake.lifecycle import CONDITIONS, MOVE, Condition
from contracts.intake.refusals import IntakeRefusal
from contracts.intake.vocabulary import (
    STATE_NAMES,
    CaseState,
    Channel,
    IntervalKind,
    Outcome,
    StopCause,
)
from contracts.refusals import Refused, refuse
from services.worktime.clock import ZONE, iso, written

EARLIEST = datetime(1945, 9, 2, tzinfo=ZONE)
"""Other programs write 0001-01-01 for "none"; that is before what a zone or a database can tell."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A raw interval in which a case waited for something; both readings of the clock follow from these.

    `until` None: it still waits. `amount` is what was asked for, in đồng. `by` is the instant the law gives for it.
    """

    kind: IntervalKind
    since: datetime
    until: datetime | None = None
    amount: int | None = None
    by: datetime | None = None


@dataclass(frozen=True)
class Case:
    """A case as it stands. `version` counts its events; `news` are those added since it was loaded.

    `moved_at`: when it came where it is. `act_by`: until when the law wants the next step.
    `clock_started_at`: the acceptance, or the completed supplement that started the clock anew; `first_due_at` is what
    the receipt says, `new_due_at` what an apology announced, `due_at` what holds. `resumes`: the state to return to
    after a supplement or payment.
    """

    id: UUID
    receiving_unit: str
    deciding_unit: str
    province: str
    procedure: str
    field: str
    channel: Channel
    submitted_at: datetime
    version: int = 0
    state: CaseState = CaseState.SUBMITTED
    moved_at: datetime = EARLIEST
    act_by: datetime | None = None
    case_code: str | None = None
    applicant: UUID | None = None
    rule_version: str | None = None
    calendar_version: str | None = None
    accepted_at: datetime | None = None
    clock_started_at: datetime | None = None
    first_due_at: datetime | None = None
    due_at: datetime | None = None
    started_at: datetime | None = None
    extended_at: datetime | None = None
    new_due_at: datetime | None = None
    completed_at: datetime | None = None
    returned_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    stop_cause: StopCause | None = None
    resumes: CaseState | None = None
    waits: tuple[Wait, ...] = ()
    news: tuple[CaseFact, ...] = dataclass_field(default=(), compare=False)

    def waited(self, kind: IntervalKind) -> tuple[Wait, ...]:
        """The intervals of one kind, in order."""
        return tuple(wait for wait in self.waits if wait.kind is kind)

    @property
    def corrected_at(self) -> datetime:
        """When the case stood as decided: since it came where it is, or since an error in the result was corrected."""
        corrections = self.waited(IntervalKind.CORRECTION)
        return max(self.moved_at, corrections[-1].until or self.moved_at) if corrections else self.moved_at

    @property
    def extension_holds(self) -> bool:
        """Whether the date that an apology announced is that of the running clock: a supplement starts another."""
        if self.extended_at is None or self.clock_started_at is None:
            return False
        return self.extended_at >= self.clock_started_at

    @property
    def open_wait(self) -> Wait | None:
        """The interval that has not ended; there is one at most."""
        return self.waits[-1] if self.waits and self.waits[-1].until is None else None


def moved(case: Case, fact: CaseFact, **changes: Any) -> Case:
    """The case after one more event."""
    after = object.__new__(Case)  # at a fifth of the cost of `replace`, which an import feels
    after.__dict__.update(case.__dict__, version=case.version + 1, news=(*case.news, fact), **changes)
    return after


def fact(kind: type[CaseFact], case: Case, **facts: Any) -> CaseFact:
    """An event of a case. Built without validation: an import makes thousands, of values judged already."""
    return kind.judged(
        case_id=case.id,
        receiving_unit=case.receiving_unit,
        deciding_unit=case.deciding_unit,
        procedure=case.procedure,
        field=case.field,
        channel=case.channel,
        **facts,
    )


def started_waiting(case: Case, wait: Wait) -> tuple[Wait, ...]:
    """The intervals with one more, still open."""
    return (*case.waits, wait)


def stopped_waiting(case: Case, at: datetime) -> tuple[Wait, ...]:
    """The intervals, the last of which ends, if it is open."""
    if case.open_wait is None:
        return case.waits
    return (*case.waits[:-1], replace(case.waits[-1], until=at))


def check_state(case: Case, verb: str) -> None:
    """Refused: the table does not let a case in this state be moved so."""
    sources = MOVE[verb].sources
    if case.state not in sources:
        vi, en = (" / ".join(STATE_NAMES[state][language] for state in sources) for language in (0, 1))
        raise refuse(
            IntakeRefusal.WRONG_STATE,
            f"Hồ sơ đang ở trạng thái “{STATE_NAMES[case.state][0]}”; “{MOVE[verb].vi}” cần trạng thái: {vi}.",
            f"The case is {STATE_NAMES[case.state][1]}; to {MOVE[verb].en.lower()} it must be: {en}.",
            state=case.state,
        )


def broken(condition: Condition, detail_vi: str = "", detail_en: str = "", *, field: str | None = None) -> Refused:
    """The refusal of a condition of the table; details say what stood against it."""
    meaning = CONDITIONS[condition]
    article = f" ({meaning.article})" if meaning.article else ""
    return refuse(
        meaning.refusal,
        f"Điều kiện: {meaning.vi}{article}.{' ' + detail_vi if detail_vi else ''}",
        f"Condition: {meaning.en}{article}.{' ' + detail_en if detail_en else ''}",
        field=field,
        condition=condition,
    )


def check_reason(reason: str) -> None:
    """Refused: no reason is stated."""
    if not reason.strip():
        raise broken(Condition.REASON_GIVEN, field="reason")


def check_time(column: str, at: datetime, earliest: datetime | None, now: datetime) -> None:
    """Refused: an instant in the future, before the step it follows, or before all cases."""
    if at < EARLIEST:
        raise refuse(
            IntakeRefusal.IMPOSSIBLE_TIME,
            f"{column} {at.isoformat()} không thể là thời điểm của một hồ sơ.",
            f"{column} {at.isoformat()} cannot be an instant of a case.",
            field=column,
        )
    if earliest is not None and at < earliest:
        raise refuse(
            IntakeRefusal.IMPOSSIBLE_TIME,
            f"{column} {written(at, seconds=True)} trước bước liền trước ({written(earliest, seconds=True)}).",
            f"{column} {iso(at)} is before the step it follows ({iso(earliest)}).",
            field=column,
        )
    if at > now:
        raise refuse(
            IntakeRefusal.IMPOSSIBLE_TIME,
            f"{column} {written(at, seconds=True)} nằm trong tương lai.",
            f"{column} {iso(at)} is in the future.",
            field=column,
        )


def case_code_taken(code: str) -> Refused:
    """The refusal of a case code that stands for another case."""
    return refuse(
        IntakeRefusal.CASE_CODE_TAKEN,
        f"Mã hồ sơ {code} đã dùng cho hồ sơ khác, hoặc ghi khác với lần trước.",
        f"The case code {code} belongs to another case, or says otherwise than before.",
        field="case_code",
    )
