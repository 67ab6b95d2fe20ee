"""What cases are judged against: units, procedures, the working calendar and the rules of deadlines.

Shipped as files in `data/`, read once. Left out of the procedures: those with a fixed season (1.011606, the yearly
review of poor households) or of unknown time (2.002913). `confidence` says how sure a processing time is.
"""

import csv
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from importlib.resources import files
from typing import TypeVar
from uuid import UUID

from pydantic import ValidationError

from contracts.intake.events.catalogue import ProcedurePublished, UnitRegistered
from contracts.intake.refusals import IntakeRefusal
from contracts.intake.vocabulary import Channel
from contracts.refusals import CommonRefusal, refuse
from services.intake.domain.cases import EARLIEST, Case
from services.intake.domain.rules import RuleBook, Rules
from services.intake.domain.rules import parse as parse_rules
from services.intake.domain.terms import Terms
from services.worktime import deadline as deadlines
from services.worktime.calendar import Calendar, DayException, Interval
from services.worktime.clock import ZONE
from services.worktime.deadline import Deadline, ProcessingTime, Unit

Parsed = TypeVar("Parsed")

_CASE_CODE = re.compile(r"H\d{2}(\.\d{2,3}){0,3}-\d{6}-\d{4,7}", re.ASCII)
_MORNING = Interval(time(7, 0), time(11, 30))
_AFTERNOON = Interval(time(13, 30), time(17, 0))
_OFFICE = (_MORNING, _AFTERNOON)
_WEEK = (_OFFICE,) * 5 + ((), ())


class BadData(ValueError):
    """A data file is wrong; the message names file, line and column."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """An entry of the catalogue (thủ tục)."""

    code: str
    name: str
    field: str
    field_name: str
    limit: ProcessingTime
    effective_from: date
    confidence: str
    note: str
    payment_off_clock: bool = False


@dataclass(frozen=True)
class Reference:
    """Look-ups over the catalogue; each refuses what is not in it."""

    unit_by_code: Mapping[str, UnitRegistered]
    procedure_by_code: Mapping[str, Procedure]
    calendar: Calendar
    rules: RuleBook
    agency_by_unit: Mapping[str, str]

    @classmethod
    def shipped(cls) -> "Reference":
        """What the package brings. BadData: one of its files was edited wrongly."""
        units = {unit.code: unit for unit in read("units.csv", _unit)}
        procedures = {each.code: each for each in read("procedures.csv", _procedure)}
        days = dict(read("days.csv", _day))
        calendar = Calendar(_calendar_version(days), _WEEK, days)
        try:
            rules = parse_rules(_text("rules.toml"))
        except ValueError as error:
            raise BadData(str(error)) from error
        return cls(units, procedures, calendar, rules, dict(read("agencies.csv", _agency)))

    @cached_property
    def unit_by_agency(self) -> Mapping[str, str]:
        """Whose case codes begin with an agency's code."""
        return {agency: unit for unit, agency in self.agency_by_unit.items()}

    def units(self) -> Iterator[UnitRegistered]:
        yield from self.unit_by_code.values()

    def procedures(self) -> Iterator[ProcedurePublished]:
        for each in self.procedure_by_code.values():
            yield ProcedurePublished(code=each.code, name=each.name, field=each.field, field_name=each.field_name)

    def new_case(
        self,
        case_id: UUID,
        receiving: str,
        deciding: str,
        procedure: str,
        channel: Channel,
        submitted_at: datetime,
        code: str | None = None,
    ) -> Case:
        """A case in its first state. Refused: unknown unit or procedure, or one that receives no cases."""
        unit = self._unit(receiving, "receiving_unit", commune=True)
        self._unit(deciding, "deciding_unit")
        found = self._procedure(procedure)
        return Case(
            case_id,
            receiving,
            deciding,
            unit.province,
            found.code,
            found.field,
            channel,
            submitted_at,
            case_code=code,
        )

    def terms(self, procedure: str, unit: str, rules: Rules) -> Terms:
        """What the law gives a case of this procedure that a unit decides. Refused: unknown procedure."""
        found = self._procedure(procedure)
        return Terms(rules, found.limit, self.calendar, found.payment_off_clock, self.agency_by_unit.get(unit))

    def terms_of(self, case: Case, at: datetime, *, procedure: str | None = None) -> Terms:
        """The terms of a case by the rules it was received under; until it is accepted, by those in force then."""
        if case.rule_version is None:
            rules = self.rules.on(max(at, EARLIEST).astimezone(ZONE).date())  # a case judged impossible later on
        else:
            rules = self.rules.named(case.rule_version)
        return self.terms(procedure or case.procedure, case.deciding_unit, rules)

    def field_of(self, procedure: str) -> str:
        """The field of a procedure. Refused: unknown procedure."""
        return self._procedure(procedure).field

    def deadline(self, procedure: str, accepted_at: datetime) -> Deadline:
        """The deadline of a case, with the steps that lead to it."""
        limit = self._procedure(procedure).limit
        return deadlines.compute(accepted_at, limit, self.calendar, self.rules.on(accepted_at.date()).deadline)

    def check_case_code(self, code: str) -> None:
        """Refused: not of the form that Decree 118/2025 Art 28 gives."""
        if not _CASE_CODE.fullmatch(code):
            raise refuse(
                CommonRefusal.INVALID,
                f"“{code}” không đúng dạng mã hồ sơ, ví dụ H13.57-250701-0001.",
                f"“{code}” is no case code, such as H13.57-250701-0001.",
                field="case_code",
            )

    def check_agency(self, code: str, unit: str) -> None:
        """Refused: a case code that begins with another agency's code than the deciding unit's, where that is known."""
        agency = code.partition("-")[0]
        wanted, owner = self.agency_by_unit.get(unit), self.unit_by_agency.get(agency)
        if (wanted is not None and agency != wanted) or owner not in (None, unit):
            raise refuse(
                IntakeRefusal.FOREIGN_CASE_CODE,
                f"Mã hồ sơ {code} không bắt đầu bằng mã cơ quan giải quyết ({wanted or unit}).",
                f"The case code {code} does not begin with the deciding agency's ({wanted or unit}).",
                field="case_code",
            )

    def _unit(self, code: str, field: str, *, commune: bool = False) -> UnitRegistered:
        unit = self.unit_by_code.get(code)
        if unit is None or (commune and len(code) != 5):
            raise refuse(
                IntakeRefusal.UNKNOWN_UNIT,
                f"Không có đơn vị hành chính mã “{code}”" + (" cấp xã." if commune else "."),
                f"There is no {'commune' if commune else 'administrative unit'} “{code}”.",
                field=field,
            )
        return unit

    def _procedure(self, code: str) -> Procedure:
        found = self.procedure_by_code.get(code)
        if found is None:
            raise refuse(
                IntakeRefusal.UNKNOWN_PROCEDURE,
                f"Không có thủ tục mã “{code}” trong danh mục.",
                f"There is no procedure “{code}” in the catalogue.",
                field="procedure",
            )
        return found


def _calendar_version(days: Mapping[date, DayException]) -> str:
    """Follows the content, so that no edit of `days.csv` goes by without a new version on the cases' deadlines."""
    content = repr((_WEEK, sorted(days.items(), key=lambda item: item[0])))
    return f"VN-{max(days).year}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"


class _BadCell(ValueError):
    def __init__(self, column: str, reason: object) -> None:
        super().__init__(f"column {column}: {reason}")


def read(name: str, parse: Callable[[dict[str, str]], Parsed]) -> Iterator[Parsed]:
    """The rows of a data file. BadData: a row that cannot be parsed."""
    yield from rows(name, _text(name), parse)


def _text(name: str) -> str:
    return (files("services.intake") / "data" / name).read_text(encoding="utf-8")


def rows(name: str, text: str, parse: Callable[[dict[str, str]], Parsed]) -> Iterator[Parsed]:
    """The rows in a data file's text. BadData: a row that cannot be parsed."""
    reader = csv.DictReader(text.splitlines(), restkey="")
    for row in reader:
        try:
            if "" in row:
                raise _BadCell(str(len(reader.fieldnames or ()) + 1), "one too many")
            yield parse(row)
        except _BadCell as error:
            raise BadData(f"{name}, line {reader.line_num}, {error}") from error


def _cell(row: Mapping[str, str | None], column: str, convert: Callable[[str], Parsed]) -> Parsed:
    text = row.get(column)
    if text is None:
        raise _BadCell(column, "missing")
    try:
        return convert(text)
    except (ValueError, KeyError) as error:
        raise _BadCell(column, f"“{text}”: {error}") from error


def _unit(row: dict[str, str]) -> UnitRegistered:
    try:
        return UnitRegistered.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _BadCell(str(first["loc"][0]), f"“{first['input']}”: {first['msg']}") from error


def _procedure(row: dict[str, str]) -> Procedure:
    unit = _cell(row, "unit", Unit)
    return Procedure(
        _cell(row, "code", str),
        _cell(row, "name", str),
        _cell(row, "field", str),
        _cell(row, "field_name", str),
        _cell(row, "amount", lambda text: ProcessingTime(int(text), unit)),
        _cell(row, "effective_from", date.fromisoformat),
        _cell(row, "confidence", str),
        _cell(row, "note", str),
    )


def _day(row: dict[str, str]) -> tuple[date, DayException]:
    hours = _cell(row, "kind", {"off": (), "worked": _OFFICE}.__getitem__)
    return _cell(row, "day", date.fromisoformat), DayException(
        hours, _cell(row, "note_vi", str), _cell(row, "note_en", str)
    )


def _agency(row: dict[str, str]) -> tuple[str, str]:
    return _cell(row, "unit", str), _cell(row, "agency", str)
