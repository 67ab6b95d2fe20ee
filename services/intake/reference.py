"""What cases are judged against: units, procedures, the working calendar and the rules of deadlines.

Shipped as files in `data/`, read once. Left out of the procedures: those with a fixed season (1.011606, the yearly
review of poor households) or of unknown time (2.002913). `confidence` says how sure a processing time is.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from uuid import UUID

from pydantic import ValidationError

from contracts.intake.events.catalogue import ProcedurePublished, UnitRegistered
from contracts.intake.refusals import IntakeRefusal
from contracts.intake.vocabulary import Channel
from contracts.refusals import CommonRefusal, refuse
from services.intake.calendars import DAYS_FILE, HOURS_FILE, Calendars
from services.intake.data_files import BadCell, BadData, cell, rows, shipped_text
from services.intake.domain.cases import EARLIEST, Case
from services.intake.domain.rules import RuleBook, Rules
from services.intake.domain.rules import parse as parse_rules
from services.intake.domain.terms import Terms
from services.worktime import deadline as deadlines
from services.worktime.calendar import Calendar
from services.worktime.clock import ZONE
from services.worktime.deadline import Deadline, ProcessingTime, Unit

__all__ = ["BadData", "Procedure", "Reference", "rows"]

_CASE_CODE = re.compile(r"H\d{2}(\.\d{2,3}){0,3}-\d{6}-\d{4,7}", re.ASCII)


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
    calendars: Calendars
    rules: RuleBook
    agency_by_unit: Mapping[str, str]

    @classmethod
    def shipped(cls, text_of: Callable[[str], str] = shipped_text) -> "Reference":
        """What the package brings, or other texts of its files. BadData: one of them was edited wrongly."""
        units = {unit.code: unit for unit in rows("units.csv", text_of("units.csv"), _unit)}
        procedures = {each.code: each for each in rows("procedures.csv", text_of("procedures.csv"), _procedure)}
        calendars = Calendars.parse(text_of(HOURS_FILE), text_of(DAYS_FILE))
        calendars.check_codes(units)
        try:
            rules = parse_rules(text_of("rules.toml"))
        except ValueError as error:
            raise BadData(str(error)) from error
        agencies = dict(rows("agencies.csv", text_of("agencies.csv"), _agency))
        return cls(units, procedures, calendars, rules, agencies)

    @property
    def calendar(self) -> Calendar:
        """The calendar of units that have none of their own."""
        return self.calendars.of()

    def calendar_of(self, unit: str | None) -> Calendar:
        """A unit's calendar. Refused: there is no such unit."""
        return self.calendars.of(unit, self._unit(unit, "unit").province) if unit else self.calendar

    def find_procedure(self, code: str) -> Procedure:
        """A procedure. Refused: there is none of this code."""
        return self._procedure(code)

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
        return Terms(rules, found.limit, self.calendar_of(unit), found.payment_off_clock, self.agency_by_unit.get(unit))

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

    def deadline(
        self, procedure: str, accepted_at: datetime, unit: str | None = None, *, restarted: bool = False
    ) -> Deadline:
        """The deadline of a case, explained, by the calendar of the deciding unit.

        `restarted`: the instant is that of the completed supplement, which started the clock anew.
        """
        limit = self._procedure(procedure).limit
        rules = self.rules.on(accepted_at.astimezone(ZONE).date()).deadline
        return deadlines.compute(accepted_at, limit, self.calendar_of(unit), rules, restarted=restarted)

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


def _unit(row: dict[str, str]) -> UnitRegistered:
    try:
        return UnitRegistered.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BadCell(str(first["loc"][0]), f"“{first['input']}”: {first['msg']}") from error


def _procedure(row: dict[str, str]) -> Procedure:
    unit = cell(row, "unit", Unit)
    return Procedure(
        cell(row, "code", str),
        cell(row, "name", str),
        cell(row, "field", str),
        cell(row, "field_name", str),
        cell(row, "amount", lambda text: ProcessingTime(int(text), unit)),
        cell(row, "effective_from", date.fromisoformat),
        cell(row, "confidence", str),
        cell(row, "note", str),
    )


def _agency(row: dict[str, str]) -> tuple[str, str]:
    return cell(row, "unit", str), cell(row, "agency", str)
