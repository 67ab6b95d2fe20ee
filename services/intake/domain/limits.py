"""Limits that no text gives, read from data that an administrator can change."""

import tomllib
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from contracts.intake.counter import Counter, Series
from contracts.intake.vocabulary import CommuneCode

Minutes = Annotated[int, Field(ge=1, le=480)]
Days = Annotated[int, Field(ge=1, le=365)]


class _Part(BaseModel):
    """Unknown keys are mistakes, which silently would change nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class VisitLimits(_Part):
    """`days_back`: how long after it happened a visit may be recorded."""

    days_back: Days
    source: str


class CounterLimits(_Part):
    """A centre's queue, in minutes. `head_start`: see `services.intake.domain.queue`."""

    priority_limit: Minutes
    ordinary_limit: Minutes
    head_start: Minutes
    reserved_counters: frozenset[Counter] = frozenset()
    source: str

    def limit(self, series: Series) -> timedelta:
        """After how much waiting it has been long."""
        return timedelta(minutes=self.priority_limit if series is Series.PRIORITY else self.ordinary_limit)


class QueueLimits(CounterLimits):
    """Those of all units, and by unit what differs."""

    units: dict[CommuneCode, dict[str, Any]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _every_unit(self) -> "QueueLimits":
        for code in self.units:
            self.of(code)
        return self

    def of(self, unit: str) -> CounterLimits:
        """The limits in one unit."""
        common = self.model_dump(exclude={"units"})
        return CounterLimits.model_validate(common | self.units.get(unit, {}))


class RatingLimits(_Part):
    """`changeable_days`: since it was first given."""

    changeable_days: Days
    source: str


class ComplaintLimits(_Part):
    """Working days after the day of filing."""

    acknowledge_days: Days
    answer_days: Days
    source: str


class Limits(_Part):
    """All of them."""

    visits: VisitLimits
    queue: QueueLimits
    ratings: RatingLimits
    complaints: ComplaintLimits


def parse(text: str) -> Limits:
    """The limits in a TOML text. ValueError: it is none, or names the place of what is wrong in it."""
    try:
        return Limits.model_validate(tomllib.loads(text))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{place}: {first['msg']} (“{first['input']}”)") from error
