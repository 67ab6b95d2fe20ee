"""The rules of a case's life by effective date, from `data/rules.toml`. A case keeps those it was received under."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, time
from functools import cached_property
from typing import Any

from services.worktime.deadline import DeadlineRules

_LARGEST = 1_000
"""Hours, days or times: what is larger is a slip, and dates might not reach that far."""


@dataclass(frozen=True)
class Rules:
    """A version of the rules; each number's article stands in the file."""

    version: str
    effective_from: date
    source: str
    cutoff: time
    accept_working_hours: int
    supplements: int
    notice_working_days: int
    completion_days: int
    extension_notice_days: int
    correction_working_days: int
    duplicate_window_days: int

    @cached_property
    def deadline(self) -> DeadlineRules:
        """The part that deadlines are computed by."""
        return DeadlineRules(self.version, self.effective_from, self.cutoff)


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All versions, the earliest first."""

    versions: tuple[Rules, ...]

    def on(self, day: date) -> Rules:
        """The rules in force on a day; for earlier days than are known, the earliest known."""
        for rules in reversed(self.versions):
            if rules.effective_from <= day:
                return rules
        return self.versions[0]

    def named(self, version: str) -> Rules:
        """The rules of this name. KeyError: unknown."""
        for rules in self.versions:
            if rules.version == version:
                return rules
        raise KeyError(version)


def parse(text: str) -> RuleBook:
    """The versions in a `rules.toml`. ValueError: says which entry and key is wrong, and why."""
    try:
        entries = tomllib.loads(text)["rules"]
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"rules.toml: {error}") from error
    except KeyError:
        raise ValueError("rules.toml: no [[rules]] entry") from None
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("rules.toml: no [[rules]] entry")
    versions = sorted(
        (_rules(number, entry) for number, entry in enumerate(entries, 1)), key=lambda r: r.effective_from
    )
    _check_distinct(versions)
    return RuleBook(tuple(versions))


def _rules(number: int, entry: dict[str, Any]) -> Rules:
    wanted = {field.name: field.type for field in fields(Rules)}
    if missing := sorted(set(wanted) - set(entry)):
        raise ValueError(f"rules.toml, entry {number}: {', '.join(missing)} missing")
    if unknown := sorted(set(entry) - set(wanted)):
        raise ValueError(f"rules.toml, entry {number}: {', '.join(unknown)} unknown")
    for key, kind in wanted.items():
        value = entry[key]
        if type(value) is not kind:
            raise ValueError(f"rules.toml, entry {number}, {key}: {value!r} is no {getattr(kind, '__name__', kind)}")
        if kind is int and value < 0:
            raise ValueError(f"rules.toml, entry {number}, {key}: {value} is negative")
        if kind is int and value > _LARGEST:
            raise ValueError(f"rules.toml, entry {number}, {key}: {value} is more than {_LARGEST}")
    return Rules(**entry)


def _check_distinct(versions: Sequence[Rules]) -> None:
    for key in ("version", "effective_from"):
        values = [getattr(rules, key) for rules in versions]
        for value in values:
            if values.count(value) > 1:
                raise ValueError(f"rules.toml: two entries with {key} {value}")
