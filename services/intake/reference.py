"""What cases are judged against: units, procedures with their papers, working calendars and the rules of deadlines.

Each comes from a text that people edit; `data/` has those that the package brings. `confidence` says how sure it is.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Protocol, TypeVar
from uuid import UUID

from contracts.intake.catalogue import ReferenceKind
from contracts.intake.refusals import IntakeRefusal
from contracts.intake.vocabulary import Channel
from contracts.refusals import CommonRefusal, refuse
from services.intake.domain import days as days_table
from services.intake.domain import procedures as procedures_table
from services.intake.domain import units as units_table
from services.intake.domain.cases import Case
from services.intake.domain.procedures import Paper, Procedure, Procedures
from services.intake.domain.reference_documents import FORMS
from services.intake.domain.tables import BadData, Fault
from services.intake.domain.units import AdministrativeUnit, Units
from services.worktime import deadline as deadlines
from services.worktime.calendar import Calendar, DayException, Interval
from services.worktime.clock import ZONE
from services.worktime.deadline import DECREE_118, Deadline, DeadlineRules, ProcessingTime

Parsed = TypeVar("Parsed")

__all__ = ["BadData", "Reference", "check_alone", "shipped"]

_CASE_CODE = re.compile(r"H\d{2}(\.\d{2,3}){0,3}-\d{6}-\d{4,7}", re.ASCII)
_MORNING = Interval(time(7, 0), time(11, 30))
_AFTERNOON = Interval(time(13, 30), time(17, 0))
_OFFICE = (_MORNING, _AFTERNOON)
_WEEK = (_OFFICE,) * 5 + ((), ())

Contents = Mapping[ReferenceKind, str]
"""The text of one document of each kind."""


class CalendarBook(Protocol):
    """Every unit's working calendar."""

    def of(self, unit: str | None = None, province: str | None = None) -> Calendar: ...


@dataclass(frozen=True)
class OneCalendar:
    """The same calendar for every unit."""

    calendar: Calendar

    def of(self, unit: str | None = None, province: str | None = None) -> Calendar:  # noqa: ARG002 - all alike
        return self.calendar


def parse_calendars(contents: Contents) -> CalendarBook:
    """The calendars that the documents make. BadData: with all that is wrong."""
    form = FORMS[ReferenceKind.DAYS]
    days = days_table.parse(form.file, contents[ReferenceKind.DAYS], _OFFICE)
    return OneCalendar(Calendar(_calendar_version(days), _WEEK, days))


def _calendar_version(days: Mapping[date, DayException]) -> str:
    """Follows the content, so that no edit of `days.csv` goes by without a new version on the cases' deadlines."""
    content = repr((_WEEK, sorted(days.items(), key=lambda item: item[0])))
    return f"VN-{max(days).year}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"


# A document is parsed once for each of its contents: publishing one kind leaves the others as they are.
_parse_units = lru_cache(maxsize=4)(units_table.parse)
_parse_procedures = lru_cache(maxsize=4)(procedures_table.parse)
_parse_requirements = lru_cache(maxsize=4)(procedures_table.parse_requirements)


def _of(contents: Contents, kind: ReferenceKind) -> tuple[str, str]:
    """A document's file name and text."""
    return FORMS[kind].file, contents[kind]


def shipped(kind: ReferenceKind) -> str:
    """The document that the package brings."""
    return (files("services.intake") / "data" / FORMS[kind].file).read_text(encoding="utf-8")


def check_alone(kind: ReferenceKind, content: str, file: str) -> list[Fault]:
    """All that is wrong with a document by itself; whether it fits the others is seen when it is drafted."""
    try:
        match kind:
            case ReferenceKind.PROCEDURES:
                procedures_table.parse(file, content)
            case ReferenceKind.REQUIREMENTS:
                procedures_table.parse_requirements(file, content)
            case ReferenceKind.UNITS:
                units_table.parse(file, content)
            case ReferenceKind.DAYS:
                days_table.parse(file, content, _OFFICE)
    except BadData as bad:
        return list(bad.faults)
    return []


@dataclass(frozen=True)
class Reference:
    """Look-ups over the reference data; each refuses what is not in it, or not on the day."""

    register: Units
    catalogue: Procedures
    papers: Mapping[str, tuple[Paper, ...]]
    calendars: CalendarBook
    rules: DeadlineRules

    @classmethod
    def of(cls, contents: Contents) -> "Reference":
        """From one document of each kind. BadData: with all that is wrong in them, or that does not fit together."""
        faults: list[Fault] = []

        def part(parse: Callable[[], Parsed]) -> Parsed | None:
            try:
                return parse()
            except BadData as bad:
                faults.extend(bad.faults)
                return None

        register = part(lambda: _parse_units(*_of(contents, ReferenceKind.UNITS)))
        catalogue = part(lambda: _parse_procedures(*_of(contents, ReferenceKind.PROCEDURES)))
        papers = part(lambda: _parse_requirements(*_of(contents, ReferenceKind.REQUIREMENTS)))
        calendars = part(lambda: parse_calendars(contents))
        if catalogue is not None and papers is not None and papers.keys() - catalogue.by_code.keys():
            faults += procedures_table.strangers(*_of(contents, ReferenceKind.REQUIREMENTS), catalogue.by_code)
        if register is None or catalogue is None or papers is None or calendars is None or faults:
            raise BadData(faults)
        return cls(register, catalogue, papers, calendars, DECREE_118)

    @classmethod
    def shipped(cls) -> "Reference":
        """What the package brings. BadData: one of its files was edited wrongly."""
        return cls.of({kind: shipped(kind) for kind in ReferenceKind})

    @cached_property
    def unit_by_code(self) -> Mapping[str, AdministrativeUnit]:
        """Every unit there is or was, under its last name."""
        return {code: names[-1] for code, names in self.register.by_code.items()}

    @property
    def calendar(self) -> Calendar:
        """The calendar of units that have none of their own."""
        return self.calendars.of()

    def new_case(
        self, case_id: UUID, receiving: str, deciding: str, procedure: str, channel: Channel, submitted_at: datetime
    ) -> Case:
        """A case in its first state. Refused: a unit or procedure that is unknown, or not in force on its day."""
        on = _day_of(submitted_at)
        unit = self.unit(receiving, on=on, field="receiving_unit", commune=True)
        self.unit(deciding, on=on, field="deciding_unit")
        found = self.procedure(procedure, on=on)
        return Case(case_id, receiving, deciding, unit.province, found.code, found.field, channel, submitted_at)

    def deadline(
        self, procedure: str, accepted_at: datetime, *, unit: str | None = None, received: date | None = None
    ) -> Deadline:
        """The deadline of a case, explained. Refused: the procedure has no processing time.

        `unit`: the deciding one, whose calendar counts. The limit is that of the day when the case was received.
        """
        return deadlines.compute(accepted_at, *self._terms(procedure, accepted_at, unit, received))

    def quick_deadline(
        self, procedure: str, accepted_at: datetime, *, unit: str | None = None, received: date | None = None
    ) -> Deadline:
        """The same without the explanation."""
        return deadlines.compute_quickly(accepted_at, *self._terms(procedure, accepted_at, unit, received))

    def _terms(
        self, procedure: str, accepted_at: datetime, unit: str | None, received: date | None
    ) -> tuple[ProcessingTime, Calendar, DeadlineRules]:
        found = self.procedure(procedure, on=received or _day_of(accepted_at))
        return processing_time_of(found), self.calendar_of(unit), self.rules

    def calendar_of(self, unit: str | None) -> Calendar:
        """A unit's working calendar, that of its province, or the default."""
        names = self.register.names(unit) if unit else ()
        return self.calendars.of(unit, names[-1].province if names else None)

    def unit(self, code: str, *, on: date, field: str = "unit", commune: bool = False) -> AdministrativeUnit:
        """A unit as it is on a day. Refused: none of this code; or not then, with those that took it over."""
        self.check_unit(code, field=field, commune=commune)
        if found := self.register.on(code, on):
            return found
        last, heirs = self.register.names(code)[-1], self.register.heirs(code, on)
        told = ", ".join(f"{heir.code} {heir.name}" for heir in heirs)
        vi, en = (f" Hãy dùng: {told}.", f" Use: {told}.") if heirs else ("", "")
        raise refuse(
            IntakeRefusal.UNIT_NOT_VALID,
            f"Đơn vị {code} {last.name} không tồn tại vào ngày {on:%d/%m/%Y}.{vi}",
            f"The unit {code} {last.name} does not exist on {on.isoformat()}.{en}",
            field=field,
            successors=[heir.code for heir in heirs],
        )

    def check_unit(self, code: str, *, field: str, commune: bool = False) -> None:
        """Refused: there is and was no unit of this code."""
        if not self.register.names(code) or (commune and len(code) != 5):
            raise refuse(
                IntakeRefusal.UNKNOWN_UNIT,
                f"Không có đơn vị hành chính mã “{code}”" + (" cấp xã." if commune else "."),
                f"There is no {'commune' if commune else 'administrative unit'} “{code}”.",
                field=field,
            )

    def procedure(self, code: str, *, on: date) -> Procedure:
        """A procedure as it is on a day. Refused: none of this code, or not in force then."""
        versions = self.catalogue.versions(code)
        if not versions:
            raise refuse(
                IntakeRefusal.UNKNOWN_PROCEDURE,
                f"Không có thủ tục mã “{code}” trong danh mục.",
                f"There is no procedure “{code}” in the catalogue.",
                field="procedure",
            )
        if found := self.catalogue.on(code, on):
            return found
        raise refuse(
            IntakeRefusal.PROCEDURE_NOT_IN_FORCE,
            f"Thủ tục {code} không có hiệu lực vào ngày {on:%d/%m/%Y}.",
            f"The procedure {code} is not in force on {on.isoformat()}.",
            field="procedure",
        )

    def check_case_code(self, code: str) -> None:
        """Refused: not of the form that Decree 118/2025 Art 28 gives."""
        if not _CASE_CODE.fullmatch(code):
            raise refuse(
                CommonRefusal.INVALID,
                f"“{code}” không đúng dạng mã hồ sơ, ví dụ H13.57-250701-0001.",
                f"“{code}” is no case code, such as H13.57-250701-0001.",
                field="case_code",
            )

    def scopes(self) -> Iterator[tuple[str, str | None, Calendar]]:
        """The calendars that differ from the one above them: scope, province (None: all), calendar."""
        default = self.calendars.of()
        yield "default", None, default
        provinces = {}
        for code, names in self.register.by_code.items():
            province = names[-1].province
            if province not in provinces:
                provinces[province] = self.calendars.of(None, province)
                if provinces[province] is not default:
                    yield province, province, provinces[province]
            own = self.calendars.of(code, province)
            if own is not provinces[province] and code != province:
                yield code, province, own


def _day_of(at: datetime) -> date:
    """An instant's day in Vietnam; the first there is where it has none, which is judged impossible later on."""
    try:
        return at.astimezone(ZONE).date()
    except OverflowError:
        return date.min


def processing_time_of(found: Procedure) -> ProcessingTime:
    """A procedure's limit. Refused: it has none that a due date can be computed from."""
    if found.limit is None:
        raise refuse(
            IntakeRefusal.NO_PROCESSING_TIME,
            f"Thủ tục {found.code} chưa có thời hạn giải quyết trong danh mục, không tính được hạn trả.",
            f"The catalogue has no processing time for {found.code}, so no due date can be computed.",
            field="procedure",
        )
    return found.limit
