"""The words of satisfaction, and the life of a complaint as one table (Decision 766/QĐ-TTg counts both).

`COMPLAINT_MOVES` is what intake decides by, tests walk and pages show. Volunteers help somebody to file; the rest is
the officers'.
"""

from dataclasses import dataclass
from enum import StrEnum

from contracts.roles import OFFICERS, Role


class Satisfaction(StrEnum):
    """The one tap."""

    SATISFIED = "satisfied"
    NEUTRAL = "neutral"
    DISSATISFIED = "dissatisfied"


class FeedbackReason(StrEnum):
    """What somebody is not content with."""

    SLOW = "slow"
    ASKED_AGAIN = "asked_again"
    PAPERS_LOST = "papers_lost"
    WRONG_FEE = "wrong_fee"
    WRONG_RESULT = "wrong_result"
    ATTITUDE = "attitude"
    SYSTEM = "system"
    ACCESS = "access"
    DATA_MISUSED = "data_misused"
    OTHER = "other"


class ComplaintSubject(StrEnum):
    """What a complaint is about: one case, a unit as a whole, or how somebody behaved."""

    CASE = "case"
    UNIT = "unit"
    CONDUCT = "conduct"


class ComplaintState(StrEnum):
    """Where a complaint stands."""

    FILED = "filed"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class ComplaintOutcome(StrEnum):
    """What the answer says of it."""

    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    NOT_UPHELD = "not_upheld"


@dataclass(frozen=True, slots=True)
class ComplaintMove:
    """A row: the command's verb, its names, from which states, to which, and by whom.

    `not_by_its_object`: whom the complaint is about may not make the move.
    """

    verb: str
    vi: str
    en: str
    sources: frozenset[ComplaintState]
    target: ComplaintState
    movers: frozenset[Role]
    not_by_its_object: bool = False


_S = ComplaintState
_HEADS = frozenset({Role.LEADER, Role.CENTRE_HEAD})
_FILERS = frozenset({Role.CITIZEN, Role.VOLUNTEER, Role.LEAD, Role.RECEIVING_OFFICER, Role.CENTRE_HEAD})
_OPEN = frozenset({_S.FILED, _S.ACKNOWLEDGED})

COMPLAINT_MOVES: tuple[ComplaintMove, ...] = (
    ComplaintMove("file-complaint", "Gửi phản ánh", "File", frozenset(), _S.FILED, _FILERS),
    ComplaintMove(
        "acknowledge-complaint", "Tiếp nhận", "Acknowledge", frozenset({_S.FILED}), _S.ACKNOWLEDGED, OFFICERS, True
    ),
    ComplaintMove("answer-complaint", "Trả lời", "Answer", frozenset({_S.ACKNOWLEDGED}), _S.ANSWERED, _HEADS, True),
    ComplaintMove(
        "close-complaint", "Đóng", "Close", frozenset({_S.ANSWERED}), _S.CLOSED, _HEADS | {Role.CITIZEN}, True
    ),
    ComplaintMove("withdraw-complaint", "Rút lại", "Withdraw", _OPEN, _S.WITHDRAWN, frozenset({Role.CITIZEN})),
)

COMPLAINT_MOVE: dict[str, ComplaintMove] = {move.verb: move for move in COMPLAINT_MOVES}


def complaint_moves_from(state: ComplaintState, role: Role) -> tuple[ComplaintMove, ...]:
    """What somebody in this role may do with a complaint in this state."""
    return tuple(move for move in COMPLAINT_MOVES if state in move.sources and role in move.movers)
