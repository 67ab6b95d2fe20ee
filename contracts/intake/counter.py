"""The words of the queue at a centre's counters, and the life of a ticket as one table.

`TICKET_MOVES` is what handlers decide by, tests walk and pages show.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field

Counter = Annotated[int, Field(ge=1, le=99, description="the number over the counter")]


class Purpose(StrEnum):
    """What somebody came for."""

    RECEIVE = "receive"
    RETURN = "return"
    GUIDE = "guide"
    OTHER = "other"


class Series(StrEnum):
    """The letter of a ticket's number: A for all, U (ưu tiên) for those who come first."""

    ORDINARY = "A"
    PRIORITY = "U"


class TicketState(StrEnum):
    """Where a ticket stands."""

    WAITING = "waiting"
    CALLED = "called"
    SERVING = "serving"
    DONE = "done"
    NO_SHOW = "no_show"
    LEFT = "left"
    EXPIRED = "expired"


class LeftReason(StrEnum):
    """How a ticket ended without service: called in vain, gone by themselves, or still open when the day was over."""

    NO_SHOW = "no_show"
    LEFT = "left"
    EXPIRED = "expired"


class ServiceOutcome(StrEnum):
    """How somebody called was dealt with."""

    DONE = "done"
    NO_SHOW = "no_show"


class TicketAct(StrEnum):
    """What happens to a ticket; the words of the commands, and what the end of a day does."""

    CALL = "call-next"
    CALL_AGAIN = "call-again"
    START = "start-service"
    FINISH = "finish-service"
    NO_SHOW = "finish-service/no-show"
    LEAVE = "cancel-ticket"
    MOVE = "move-ticket"
    EXPIRE = "end-of-day"


@dataclass(frozen=True, slots=True)
class TicketMove:
    """From which states, and to which."""

    sources: frozenset[TicketState]
    target: TicketState


_T = TicketState
TICKET_MOVES: dict[TicketAct, TicketMove] = {
    TicketAct.CALL: TicketMove(frozenset({_T.WAITING}), _T.CALLED),
    TicketAct.CALL_AGAIN: TicketMove(frozenset({_T.CALLED}), _T.CALLED),
    TicketAct.START: TicketMove(frozenset({_T.CALLED}), _T.SERVING),
    TicketAct.FINISH: TicketMove(frozenset({_T.SERVING}), _T.DONE),
    TicketAct.NO_SHOW: TicketMove(frozenset({_T.CALLED}), _T.NO_SHOW),
    TicketAct.LEAVE: TicketMove(frozenset({_T.WAITING, _T.CALLED}), _T.LEFT),
    TicketAct.MOVE: TicketMove(frozenset({_T.WAITING, _T.CALLED, _T.SERVING}), _T.WAITING),
    TicketAct.EXPIRE: TicketMove(frozenset({_T.WAITING, _T.CALLED, _T.SERVING}), _T.EXPIRED),
}
