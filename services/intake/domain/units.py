"""Administrative units through time: names, mergers, splits. History stays under the code it happened under.

A unit renamed is a later line of the same code. A unit merged into another has a last day and a successor; several may
name the same one. A unit split up names several successors: then nobody can say for a case which one it is.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from contracts.intake.refusals import IntakeRefusal
from contracts.intake.vocabulary import UnitKind
from contracts.refusals import Refused, refuse
from services.intake.domain import tables, validity
from services.intake.domain.tables import Table, Wrong

COLUMNS = ("code", "name", "kind", "province", "valid_from", "valid_to", "successor")

_code = tables.matching(
    r"\d{2}|\d{5}",
    "mã tỉnh 2 số hoặc mã xã 5 số, kể cả số 0 ở đầu (trong Excel: định dạng cột là Văn bản)",
    "a province has 2 digits, a commune 5, leading zeros included (in Excel: format the column as text)",
)
_province = tables.matching(r"\d{2}", "mã tỉnh gồm 2 số", "a province has 2 digits")


def unknown_unit(code: str, field: str, *, commune: bool = False) -> Refused:
    """The refusal of a code that no unit has or had, or that none at a commune's level has."""
    return refuse(
        IntakeRefusal.UNKNOWN_UNIT,
        f"Không có đơn vị hành chính {'cấp xã ' if commune else ''}mã “{code}”. "
        "Tìm theo tên: `tiepsuc deadline find TÊN`.",
        f"There is no {'commune' if commune else 'administrative unit'} “{code}”. "
        "Find it by name: `tiepsuc deadline find NAME`.",
        field=field,
    )


@dataclass(frozen=True, slots=True)
class AdministrativeUnit:
    """A unit under one name, from a day to a last day. `successors`: one after a merger, several after a split."""

    code: str
    name: str
    kind: UnitKind
    province: str
    begins: date
    ends: date | None = None
    successors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Units:
    """All units, by code, each with its names in order."""

    by_code: Mapping[str, tuple[AdministrativeUnit, ...]]

    @cached_property
    def begins(self) -> date:
        """The first day that the register knows of."""
        return validity.beginning(self.by_code)

    def names(self, code: str) -> tuple[AdministrativeUnit, ...]:
        """A unit's names in order; none: there is no such unit."""
        return self.by_code.get(code, ())

    def on(self, code: str, day: date) -> AdministrativeUnit | None:
        """The unit as it is on a day; None: there is none then. Before the register begins, its first day stands."""
        return validity.holding(self.names(code), max(day, self.begins))

    def told(self, day: date) -> Iterator[AdministrativeUnit]:
        """Each unit as one speaks of it on a day."""
        for versions in self.by_code.values():
            yield validity.told(versions, day)

    def heirs(self, code: str, day: date) -> tuple[AdministrativeUnit, ...]:
        """The units that stand on a day where a unit stood that has ended: mergers of mergers are followed."""
        found: dict[str, AdministrativeUnit] = {}
        ended = [code]
        for each in ended:  # grows while it is walked
            for following in self._successors.get(each, ()):
                if unit := self.on(following, day):
                    found[following] = unit
                elif following not in ended:
                    ended.append(following)
        return tuple(found.values())

    def successors(self, code: str) -> tuple[AdministrativeUnit, ...]:
        """All units, near and far, that this one went into, each under its last name."""
        return tuple(self.names(each)[-1] for each in self._following(code, self._successors))

    def predecessors(self, code: str) -> tuple[AdministrativeUnit, ...]:
        """All units, near and far, that went into this one, each under its last name."""
        return tuple(self.names(each)[-1] for each in self._following(code, self._predecessors))

    @cached_property
    def _successors(self) -> Mapping[str, tuple[str, ...]]:
        return {code: versions[-1].successors for code, versions in self.by_code.items() if versions[-1].successors}

    @cached_property
    def _predecessors(self) -> Mapping[str, tuple[str, ...]]:
        into: dict[str, list[str]] = {}
        for code, versions in self.by_code.items():
            for each in versions[-1].successors:
                into.setdefault(each, []).append(code)
        return {code: tuple(codes) for code, codes in into.items()}

    @staticmethod
    def _following(code: str, steps: Mapping[str, tuple[str, ...]]) -> list[str]:
        """What is reached from a code, nearest first, the code itself left out."""
        seen = [code]
        for each in seen:  # grows while it is walked
            seen += [following for following in steps.get(each, ()) if following not in seen]
        return seen[1:]


def parse(file: str, content: str) -> Units:
    """The units of a document. BadData: with all its faults."""
    table = Table(file, COLUMNS, frozenset({"valid_to", "successor"}))
    found: dict[str, list[tuple[int, AdministrativeUnit]]] = {}
    lines: list[tuple[int, AdministrativeUnit]] = []
    for row in table.rows(content):
        unit = AdministrativeUnit(
            row.take("code", _code, ""),
            row.take("name", tables.text, ""),
            row.take("kind", tables.one_of(UnitKind), UnitKind.COMMUNE),
            row.take("province", _province, ""),
            row.take("valid_from", tables.day, date.min),
            row.take("valid_to", tables.maybe(tables.day), None),
            row.take("successor", _codes, ()),
        )
        if row.good:
            found.setdefault(unit.code, []).append((row.line, unit))
            lines.append((row.line, unit))
    by_code = {code: tuple(unit for _, unit in sorted(rows, key=_begins)) for code, rows in found.items()}
    units = Units(by_code)
    for line, unit in lines:
        for column, vi, en in _contradictions(unit, units):
            table.wrong(line, column, vi, en)
    for rows in found.values():
        table.check_no_overlap(((line, unit.begins, unit.ends) for line, unit in rows), "valid_from")
    table.finish()
    return units


def _begins(line: tuple[int, AdministrativeUnit]) -> date:
    return line[1].begins


def _codes(cell: str) -> tuple[str, ...]:
    codes = tuple(part.strip() for part in cell.split(";")) if cell else ()
    for each in codes:
        _code(each)
    if len(set(codes)) < len(codes):
        raise Wrong("mã lặp lại", "a code appears twice")
    return codes


def _contradictions(unit: AdministrativeUnit, units: Units) -> Iterable[tuple[str, str, str]]:
    """What is wrong with a unit beyond its cells: column and reasons."""
    own = unit.code == unit.province
    if own != (len(unit.code) == 2) or own != (unit.kind in {UnitKind.PROVINCE, UnitKind.CITY}):
        yield "kind", "mã, loại và tỉnh không khớp nhau", "code, kind and province do not fit together"
    if not units.names(unit.province):
        yield (
            "province",
            f"không có tỉnh {unit.province} trong tệp",
            f"the file has no province {unit.province}",
        )
    if unit.ends and unit.ends < unit.begins:
        yield "valid_to", "trước valid_from", "before valid_from"
    if not unit.successors:
        return
    if unit.ends is None:
        yield "valid_to", "có đơn vị kế tục thì phải có ngày cuối", "a unit with a successor has a last day"
        return
    if unit is not units.names(unit.code)[-1]:
        yield "successor", "chỉ ghi ở tên cuối cùng", "only the last name of a code has successors"
    for each in unit.successors:
        following = units.on(each, unit.ends + timedelta(days=1))
        if each == unit.code or following is None or len(each) != len(unit.code):
            yield (
                "successor",
                f"{each} không phải đơn vị cùng cấp tồn tại ngay sau {unit.ends.isoformat()}",
                f"{each} is no unit of the same level that stands on the day after {unit.ends.isoformat()}",
            )
