"""Assistance as one part: visits, the queue, ratings and complaints, on the same ground."""

from services.chassis.database import Database
from services.chassis.runtime import Round
from services.intake.domain.limits import Limits
from services.intake.handlers.audit import Trail
from services.intake.handlers.feedback import FeedbackHandlers
from services.intake.handlers.places import Places
from services.intake.handlers.queue import QueueHandlers, QueueRounds
from services.intake.handlers.reference_book import Book
from services.intake.handlers.visits import VisitHandlers
from services.worktime.clock import Clock

_LOOK_SECONDS = 5.0
_EVENING_SECONDS = 60.0


class Assistance:
    """Its handlers."""

    def __init__(self, book: Book, trail: Trail, clock: Clock, limits: Limits) -> None:
        places = Places(book)
        self.visits = VisitHandlers(places, trail, clock, limits.visits)
        self.queue = QueueHandlers(places, clock, limits.queue)
        self.feedback = FeedbackHandlers(places, trail, clock, limits)


def rounds(database: Database, clock: Clock) -> tuple[Round, ...]:
    """What time does to the queue, in every replica."""
    queue = QueueRounds(database, clock)
    return (
        Round("long waiting", _LOOK_SECONDS, queue.waiting_long),
        Round("end of the day", _EVENING_SECONDS, queue.end_of_day),
    )
