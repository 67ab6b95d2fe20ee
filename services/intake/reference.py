"""What cases are judged against: units, procedures with their papers, calendars, rules, agencies' codes.

Each comes from a text that people edit; `data/` has those that the package brings. `confidence` says how sure it is.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import TypeVar
from uuid import UUID

from contracts.intake.catalogue import ReferenceKind
from contracts.intake.refusals import IntakeRefusal
from contracts.intake.vocabulary import Channel
from contracts.refusals import CommonRefusal, refuse
from services.chassis.ids import stable_id
from services.intake.calendars import Calendars
from services.intake.data_files import shipped_text
from services.intake.domain import agencies as agencies_table
from services.intake.domain import procedures as procedures_table
from services.intake.domain import rules as rules_text
from services.intake.domain import units as units_table
from services.intake.domain.cases import EARLIEST, Case
from services.intake.domain.procedures import Paper, Procedure, Procedures
from services.intake.domain.reference_documents import FORMS
from services.intake.domain.rules import RuleBook, Rules
from services.intake.domain.tables import BadData, Fault
from services.intake.domain.terms import Terms
from services.intake.domain.units import AdministrativeUnit, Units, unknown_unit
from services.worktime import deadline as deadlines
from services.worktime.calendar import Calendar
from services.worktime.clock import ZONE
from services.worktime.deadline import Deadline, ProcessingTime

Parsed = TypeVar("Parsed")

__all__ = ["BadData", "Procedure", "Reference", "chain_of", "check_alone", "shipped"]

_CASE_CODE = re.compile(r"H\d{2}(\.\d{2,3}){0,3}-\d{6}-\d{4,7}", re.ASCII)

_TERMS_KEPT = 50_000

Contents = Mapping[ReferenceKind, str]
"""The text of one document of each kind."""

# A document is parsed once for each of its contents: publishing one kind leaves the others as they are.
_parse_units = lru_cache(maxsize=4)(units_table.parse)
_parse_procedures = lru_cache(maxsize=4)(procedures_table.parse)
_parse_requirements = lru_cache(maxsize=4)(procedures_table.parse_requirements)
_parse_agencies = lru_cache(maxsize=4)(agencies_table.parse)


@lru_cache(maxsize=4)
def _parse_rules(file: str, content: str) -> RuleBook:
    try:
        return rules_text.parse(content)
    except ValueError as error:
        raise _bad(file, error) from error


_parse_calendars = lru_cache(maxsize=4)(Calendars.parse)


def _bad(file: str, error: Exception) -> BadData:
    """Where a parser tells one fault and names its place itself."""
    told = str(error).removeprefix(f"{file}: ").removeprefix(f"{file}, ")
    return BadData([Fault(file, 0, "", told, told)])


def _of(contents: Contents, kind: ReferenceKind) -> tuple[str, str]:
    """A document's file name and text."""
    return FORMS[kind].file, contents[kind]


def shipped(kind: ReferenceKind) -> str:
    """The document that the package brings."""
    return shipped_text(FORMS[kind].file)


def chain_of(kind: ReferenceKind) -> UUID:
    """The entity that the audit knows a kind of document by."""
    return stable_id("reference-document", kind.value)


def check_alone(kind: ReferenceKind, content: str, file: str) -> list[Fault]:
    """All that is wrong with a document by itself; whether it fits the others is seen when it is drafted."""
    parse: Callable[[], object]
    match kind:
        case ReferenceKind.PROCEDURES:
            parse = lambda: procedures_table.parse(file, content)  # noqa: E731 - one line for each kind
        case ReferenceKind.REQUIREMENTS:
            parse = lambda: procedures_table.parse_requirements(file, content)  # noqa: E731
        case ReferenceKind.UNITS:
            parse = lambda: units_table.parse(file, content)  # noqa: E731
        case ReferenceKind.AGENCIES:
            parse = lambda: agencies_table.parse(file, content)  # noqa: E731
        case ReferenceKind.RULES:
            parse = lambda: _parse_rules(file, content)  # noqa: E731
        case ReferenceKind.DAYS:
            parse = lambda: _parse_calendars(shipped(ReferenceKind.CALENDARS), content, file)  # noqa: E731
        case ReferenceKind.CALENDARS:
            parse = lambda: _parse_calendars(content, shipped(ReferenceKind.DAYS))  # noqa: E731
    try:
        parse()
    except BadData as bad:
        return list(bad.faults)
    return []


@dataclass(frozen=True)
class Reference:
    """Look-ups over the reference data; each refuses what is not in it, or not on the day."""

    register: Units
    catalogue: Procedures
    papers: Mapping[str, tuple[Paper, ...]]
    calendars: Calendars
    rules: RuleBook
    agency_by_unit: Mapping[str, str]

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
        calendars = part(lambda: _parse_calendars(contents[ReferenceKind.CALENDARS], contents[ReferenceKind.DAYS]))
        rules = part(lambda: _parse_rules(*_of(contents, ReferenceKind.RULES)))
        agencies = part(lambda: _parse_agencies(*_of(contents, ReferenceKind.AGENCIES)))
        if catalogue is not None and papers is not None and papers.keys() - catalogue.by_code.keys():
            faults += procedures_table.strangers(*_of(contents, ReferenceKind.REQUIREMENTS), catalogue.by_code)
        if register is not None and agencies is not None and agencies.keys() - register.by_code.keys():
            faults += agencies_table.strangers(*_of(contents, ReferenceKind.AGENCIES), register.by_code)
        if register is not None and calendars is not None:
            part(lambda: calendars.check_codes(register.by_code))
        if (
            register is None
            or catalogue is None
            or papers is None
            or calendars is None
            or rules is None
            or agencies is None
            or faults
        ):
            raise BadData(faults)
        return cls(register, catalogue, papers, calendars, rules, agencies)

    @classmethod
    def shipped(cls, text_of: Callable[[str], str] = shipped_text) -> "Reference":
        """What the package brings, or other texts of its files. BadData: one of them was edited wrongly."""
        return cls.of({kind: text_of(FORMS[kind].file) for kind in ReferenceKind})

    @cached_property
    def unit_by_code(self) -> Mapping[str, AdministrativeUnit]:
        """Every unit there is or was, under its last name."""
        return {code: names[-1] for code, names in self.register.by_code.items()}

    @cached_property
    def procedure_by_code(self) -> Mapping[str, Procedure]:
        """Every procedure there is or was, in its last version."""
        return {code: versions[-1] for code, versions in self.catalogue.by_code.items()}

    @cached_property
    def unit_by_agency(self) -> Mapping[str, str]:
        """Whose case codes begin with an agency's code."""
        return {agency: unit for unit, agency in self.agency_by_unit.items()}

    @cached_property
    def _terms(self) -> dict[tuple[str, str, str, date], Terms]:
        """Terms made before: the rows of a log share them."""
        return {}

    @property
    def calendar(self) -> Calendar:
        """The calendar of units that have none of their own."""
        return self.calendars.of()

    def calendar_of(self, unit: str | None) -> Calendar:
        """A unit's working calendar, that of its province, or the default."""
        names = self.register.names(unit) if unit else ()
        return self.calendars.of(unit, names[-1].province if names else None)

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
        """A case before its first event. Refused: a unit or procedure that is unknown, or not in force on its day."""
        on = _day(submitted_at)
        unit = self.unit(receiving, on=on, field="receiving_unit", commune=True)
        self.unit(deciding, on=on, field="deciding_unit")
        found = self.procedure(procedure, on=on)
        return Case(
            case_id, receiving, deciding, unit.province, found.code, found.field, channel, submitted_at, case_code=code
        )

    def terms(self, procedure: str, unit: str, rules: Rules, on: date) -> Terms:
        """What the law gives a case of this procedure, received on a day, that a unit decides. Refused: unknown."""
        key = (procedure, unit, rules.version, on)
        if (known := self._terms.get(key)) is not None:
            return known
        found = self.procedure(procedure, on=on)
        agency = self.agency_by_unit.get(unit)
        known_to = self.calendars.covered[1] if self.calendars.days else None
        made = Terms(rules, found.limit, self.calendar_of(unit), found.payment_off_clock, agency, known_to)
        if len(self._terms) >= _TERMS_KEPT:
            self._terms.clear()
        self._terms[key] = made
        return made

    def terms_of(self, case: Case, at: datetime, *, procedure: str | None = None) -> Terms:
        """The terms of a case by the rules it was received under; until it is accepted, by those in force then.

        The procedure's limit is that of the day when the case was handed in.
        """
        rules = self.rules.on(_day(at)) if case.rule_version is None else self.rules.named(case.rule_version)
        return self.terms(procedure or case.procedure, case.deciding_unit, rules, _day(case.submitted_at))

    def deadline(
        self,
        procedure: str,
        accepted_at: datetime,
        unit: str | None = None,
        *,
        restarted: bool = False,
        received: date | None = None,
        rule_version: str | None = None,
    ) -> Deadline:
        """The deadline of a case, explained, by the calendar of the deciding unit. Refused: no processing time.

        `restarted`: the instant is that of the completed supplement, which started the clock anew. `received`: the
        day whose version of the procedure counts, without it that of the instant. `rule_version`: the rules that the
        case was received under, without it those of the instant's day.
        """
        limit = processing_time_of(self.procedure(procedure, on=received or _day(accepted_at)))
        rules = self.rules.on(_day(accepted_at)) if rule_version is None else self.rules.named(rule_version)
        return deadlines.compute(accepted_at, limit, self.calendar_of(unit), rules.deadline, restarted=restarted)

    def deadline_of(self, case: Case) -> Deadline | None:
        """The deadline of a case as its clock stands, explained; None: its clock has not started. Refused: as above."""
        start = case.clock_started_at
        if start is None:
            return None
        return self.deadline(
            case.procedure,
            start,
            case.deciding_unit,
            restarted=start != case.accepted_at,
            received=_day(case.submitted_at),
            rule_version=case.rule_version,
        )

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
            raise unknown_unit(code, field, commune=commune)

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


def _day(at: datetime) -> date:
    """The day of an instant; one before all cases, which is refused later on, must not overflow here."""
    return (EARLIEST if at.year < EARLIEST.year else at.astimezone(ZONE)).date()
