"""What holds on a day, where one code has several versions that follow one another."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol, TypeVar


class Dated(Protocol):
    """Something that holds from a day to a day, the last one included; None: without end."""

    @property
    def begins(self) -> date: ...

    @property
    def ends(self) -> date | None: ...


Version = TypeVar("Version", bound=Dated)


def holding(versions: Sequence[Version], on: date) -> Version | None:
    """The version that holds on a day. Versions do not overlap."""
    for version in versions:  # a loop, as an import asks this three times for each of its rows
        if version.begins <= on and (version.ends is None or on <= version.ends):
            return version
    return None


def told(versions: Sequence[Version], on: date) -> Version:
    """The version to speak of on a day: the one that holds, else the last that did, else the first to come."""
    past = [v for v in versions if v.begins <= on]
    return holding(versions, on) or (past[-1] if past else versions[0])


def beginning(register: Mapping[str, Sequence[Version]]) -> date:
    """Where a register begins. What is asked of an earlier day is answered for this one: older cases are taken over."""
    return min((versions[0].begins for versions in register.values()), default=date.min)
