"""Public staff-rostering instances (T. Curtois, R. Qu, 2014) as roster problems, to measure solvers by.

A file has sections: `SECTION_HORIZON` (days), `SECTION_SHIFTS` (id, minutes, shifts that may not follow on the next
day), `SECTION_STAFF` (limits), `SECTION_DAYS_OFF`, `SECTION_SHIFT_ON_REQUESTS`, `SECTION_SHIFT_OFF_REQUESTS` and
`SECTION_COVER` (day, shift, people wanted, cost of each less, cost of each more). `#` begins a comment. Day 0 is a
Monday; limits and days off are hard, cover is soft.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from pydantic import ValidationError

from contracts.scheduling.roster import (
    Demand,
    Limits,
    Person,
    Request,
    RequestKind,
    RosterPart,
    RosterProblem,
    Shift,
    Unavailability,
)

_MONDAY = date(2024, 1, 1)
_SECTIONS = ("HORIZON", "SHIFTS", "STAFF", "DAYS_OFF", "SHIFT_ON_REQUESTS", "SHIFT_OFF_REQUESTS", "COVER")
_NEEDED = ("HORIZON", "SHIFTS", "STAFF", "COVER")
Part = TypeVar("Part", bound=RosterPart)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line's number, from 1, and its fields."""

    number: int
    fields: tuple[str, ...]

    def fault(self, vi: str, en: str) -> ValueError:
        return ValueError(f"line {self.number}: {vi} / {en}")

    def take(self, *, least: int, most: int | None = None) -> tuple[str, ...]:
        """The fields. ValueError: not as many as there have to be."""
        if len(self.fields) < least or len(self.fields) > (most or least):
            wanted = str(least) if most in (None, least) else f"{least}-{most}"
            raise self.fault(f"cần {wanted} cột, có {len(self.fields)}", f"{wanted} fields are needed")
        return self.fields

    def whole(self, text: str) -> int:
        """A whole number, 0 or more."""
        if not (text.isascii() and text.isdigit()):
            raise self.fault(f"“{text}” không phải số nguyên từ 0", "is no whole number from 0")
        return int(text)

    def made(self, kind: type[Part], /, **values: object) -> Part:
        """A part of the problem. ValueError: a value that it does not allow."""
        try:
            return kind.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(each) for each in first["loc"])
            raise self.fault(f"{place}: giá trị không hợp lệ", f"{first['msg']}") from error


@dataclass(slots=True)
class _Known:
    """What later lines may refer to."""

    days: int = 0
    shifts: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)

    def day(self, line: _Line, text: str) -> int:
        if (day := line.whole(text)) >= self.days:
            raise line.fault(f"ngày {day} ngoài kỳ {self.days} ngày", f"day {day} is after the last, {self.days - 1}")
        return day

    def shift(self, line: _Line, text: str) -> str:
        if text not in self.shifts:
            raise line.fault(f"không có ca “{text}”", f"there is no shift “{text}”")
        return text

    def person(self, line: _Line, text: str) -> str:
        if text not in self.people:
            raise line.fault(f"không có người “{text}”", f"there is no person “{text}”")
        return text

    def names(self, lines: list[_Line], known: set[str]) -> None:
        """Keeps the first field of each line as a name. ValueError: it stands twice."""
        for line in lines:
            if line.fields[0] in known:
                raise line.fault(f"“{line.fields[0]}” xuất hiện hai lần", f"“{line.fields[0]}” stands twice")
            known.add(line.fields[0])


def read(text: str, id: str) -> RosterProblem:
    """An instance as a roster problem. ValueError: what is wrong, in the first line that cannot be read."""
    sections = _sections(text)
    known = _Known(days=_horizon(sections["HORIZON"]))
    known.names(sections["SHIFTS"], known.shifts)
    known.names(sections["STAFF"], known.people)
    demands: dict[tuple[int, str], Demand] = {}
    for line in sections["COVER"]:
        demand = _demand(line, known)
        if demands.setdefault((demand.day, demand.shift), demand) is not demand:
            raise line.fault(f"ngày {demand.day}, ca {demand.shift} xuất hiện hai lần", "this day's shift stands twice")
    try:
        return RosterProblem(
            id=id,
            start=_MONDAY,
            days=known.days,
            shifts=tuple(_shift(line, known) for line in sections["SHIFTS"]),
            people=tuple(_person(line, known) for line in sections["STAFF"]),
            unavailable=tuple(each for line in sections["DAYS_OFF"] for each in _days_off(line, known)),
            requests=tuple(
                _request(line, known, kind)
                for kind, section in ((RequestKind.ON, "SHIFT_ON_REQUESTS"), (RequestKind.OFF, "SHIFT_OFF_REQUESTS"))
                for line in sections[section]
            ),
            demands=tuple(demands.values()),
        )
    except ValidationError as error:  # what concerns the whole, such as too many people
        first = error.errors()[0]
        place = ".".join(str(each) for each in first["loc"])
        raise ValueError(f"line 1: {place}: bài toán không hợp lệ / {first['msg']}") from error


def _sections(text: str) -> dict[str, list[_Line]]:
    sections: dict[str, list[_Line]] = {}
    current: list[_Line] | None = None
    number = 0
    for number, raw in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        content = raw.split("#", 1)[0].strip()
        line = _Line(number, tuple(each.strip() for each in content.split(",")))
        if content.startswith("SECTION_"):
            name = content.removeprefix("SECTION_")
            if name not in _SECTIONS:
                raise line.fault(f"không có phần “{content}”", "no such section")
            if name in sections:
                raise line.fault(f"phần “{content}” xuất hiện hai lần", "this section stands twice")
            current = sections[name] = []
        elif content and current is None:
            raise line.fault("dòng trước phần đầu tiên", "before the first section")
        elif content and current is not None:
            current.append(line)
    for name in _NEEDED:
        if not sections.get(name):
            raise ValueError(f"line {max(1, number)}: thiếu phần SECTION_{name} / SECTION_{name} is missing or empty")
    return {name: sections.get(name, []) for name in _SECTIONS}


def _horizon(lines: list[_Line]) -> int:
    if len(lines) > 1:
        raise lines[1].fault("số ngày xuất hiện hai lần", "the number of days stands twice")
    (days,) = lines[0].take(least=1)
    if not 1 <= (count := lines[0].whole(days)) <= 400:
        raise lines[0].fault(f"{count} ngày: cần từ 1 đến 400", "days from 1 to 400 are needed")
    return count


def _shift(line: _Line, known: _Known) -> Shift:
    id, minutes, *after = line.take(least=2, most=3)
    banned = frozenset(known.shift(line, each.strip()) for each in after[0].split("|")) if after and after[0] else ()
    return line.made(Shift, id=id, minutes=line.whole(minutes), not_followed_by=banned)


def _person(line: _Line, known: _Known) -> Person:
    id, shifts, most, least, longest, shortest, rest, weekends = line.take(least=8)
    most_of: dict[str, int] = {}
    for each in filter(None, shifts.split("|")):
        shift, equals, count = each.partition("=")
        if not equals:
            raise line.fault(f"“{each}”: cần dạng CA=SỐ", "SHIFT=NUMBER is needed")
        most_of[known.shift(line, shift.strip())] = line.whole(count.strip())
    limits = line.made(
        Limits,
        max_shifts=most_of,
        max_minutes=line.whole(most),
        min_minutes=line.whole(least),
        max_consecutive=line.whole(longest),
        min_consecutive=line.whole(shortest),
        min_consecutive_off=line.whole(rest),
        max_weekends=line.whole(weekends),
    )
    return line.made(Person, id=id, limits=limits)


def _days_off(line: _Line, known: _Known) -> list[Unavailability]:
    if len(line.fields) < 2:
        raise line.fault("cần mã người và ngày", "a person and a day are needed")
    person, *days = line.fields
    who = known.person(line, person)
    return [line.made(Unavailability, person=who, day=known.day(line, day)) for day in days]


def _request(line: _Line, known: _Known, kind: RequestKind) -> Request:
    person, day, shift, weight = line.take(least=4)
    return line.made(
        Request,
        person=known.person(line, person),
        day=known.day(line, day),
        shift=known.shift(line, shift),
        kind=kind,
        weight=line.whole(weight),
    )


def _demand(line: _Line, known: _Known) -> Demand:
    day, shift, wanted, under, over = line.take(least=5)
    return line.made(
        Demand,
        day=known.day(line, day),
        shift=known.shift(line, shift),
        target=line.whole(wanted),
        under_weight=line.whole(under),
        over_weight=line.whole(over),
    )
