"""The time, as something that is given: nothing else in the product asks the machine for it."""

from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def local(instant: datetime) -> datetime:
    """The instant in Vietnam's zone. ValueError: it has no zone; Python would take it for the machine's own time."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no zone: working time counts from an instant")
    return instant.astimezone(ZONE)


def iso(instant: datetime) -> str:
    """An instant with its offset as programs write it, in Vietnam's zone; in its own where years end or begin."""
    return _told(instant).isoformat()


def written(instant: datetime, lang: str | None = None, *, seconds: bool = False) -> str:
    """An instant as people read it in Vietnam, `23:52 24/11/2026`; `lang="en"`: `2026-11-24 23:52`.

    ValueError: it has no zone.
    """
    time_of_day = "%H:%M:%S" if seconds else "%H:%M"
    return format(_told(instant), f"%Y-%m-%d {time_of_day}" if lang == "en" else f"{time_of_day} %d/%m/%Y")


def _told(instant: datetime) -> datetime:
    try:
        return local(instant)
    except OverflowError:  # at the very ends of the years that there are: what is refused must still be told
        return instant


def span(first: date, last: date) -> tuple[datetime, datetime]:
    """The instants from the start of the first day to the end of the last, the latter excluded."""
    return datetime.combine(first, time.min, ZONE), datetime.combine(last + timedelta(days=1), time.min, ZONE)


class Clock(Protocol):
    """Tells the time, zone-aware, in Vietnam's zone."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(ZONE)


class FrozenClock:
    """A clock that stands until it is moved, for tests and dry runs."""

    def __init__(self, at: datetime) -> None:
        self.set(at)

    def now(self) -> datetime:
        return self._at

    def set(self, at: datetime) -> None:
        """Moves it to an instant. ValueError: without a zone."""
        if at.tzinfo is None:
            raise ValueError("a clock needs an instant with a zone")
        self._at = at.astimezone(ZONE)

    def advance(self, by: timedelta) -> None:
        self._at += by
