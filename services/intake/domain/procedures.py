"""The procedure catalogue: what a commune's centre receives, how long it may take, what belongs to a case.

A procedure may have several versions that follow one another; a case keeps the one it was received under. A procedure
whose processing time is not known can be published: cases of it cannot be given a due date by computation.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property

from contracts.intake.catalogue import Confidence, Level, LimitUnit, Needed, PaperForm
from services.intake.domain import tables, validity
from services.intake.domain.tables import Row, Table, Wrong
from services.worktime.deadline import ProcessingTime, Season, Unit

COLUMNS = (
    "code",
    "name",
    "field",
    "field_name",
    "level",
    "amount",
    "unit",
    "season_from",
    "season_to",
    "effective_from",
    "effective_to",
    "fee",
    "fee_source",
    "payment_off_clock",
    "retention_years",
    "retention_confidence",
    "retention_source",
    "confidence",
    "source",
    "note",
)
PERMANENT = "permanent"

_COUNTED = {LimitUnit.WORKING_HOURS, LimitUnit.WORKING_DAYS, LimitUnit.CALENDAR_DAYS}
_code = tables.matching(
    r"\d\.\d{6}(\.\d{3}\.\d{2}\.\d{2}\.H\d{2})?",
    "mã thủ tục như 1.004222 (trong Excel: định dạng cột là Văn bản)",
    "a procedure's code is like 1.004222 (in Excel: format the column as text)",
)
_field = tables.matching(r"[a-z][a-z0-9-]{0,39}", "mã lĩnh vực như ho-tich", "a field's code is like ho-tich")


@dataclass(frozen=True, slots=True)
class Limit:
    """A processing time as the catalogue gives it. `season`: first and last day (month, day), both included.

    `amount` is 0 for what is not counted: the same day, at once, a season.
    """

    amount: int
    unit: LimitUnit
    season: tuple[tuple[int, int], tuple[int, int]] | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """How long closed cases are kept: years, for ever if `permanent`, else not known."""

    years: int | None
    permanent: bool
    confidence: Confidence | None
    source: str


@dataclass(frozen=True, slots=True)
class Procedure:
    """A version of an entry of the catalogue (thủ tục), in force from `begins` to `ends`.

    `given`: its processing time as the catalogue has it, None where it is not known. `fee` is in đồng, None: not known.
    """

    code: str
    name: str
    field: str
    field_name: str
    level: Level
    given: Limit | None
    begins: date
    ends: date | None
    fee: int | None
    fee_source: str
    payment_off_clock: bool
    retention: Retention
    confidence: Confidence
    source: str
    note: str

    @property
    def limit(self) -> ProcessingTime | None:
        """What a deadline is computed from; None: nothing can be computed."""
        return processing_time(self.given) if self.given else None


@cache
def processing_time(given: Limit) -> ProcessingTime:
    """The limit in worktime's terms."""
    return ProcessingTime(given.amount, Unit(given.unit.value), Season(*given.season) if given.season else None)


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that belongs to a case of a procedure."""

    procedure: str
    name: str
    copies: int
    form: PaperForm
    needed: Needed
    confidence: Confidence
    source: str


@dataclass(frozen=True)
class Procedures:
    """The catalogue: versions by code, in order."""

    by_code: Mapping[str, tuple[Procedure, ...]]

    @cached_property
    def begins(self) -> date:
        """The first day that the catalogue knows of."""
        return validity.beginning(self.by_code)

    def versions(self, code: str) -> tuple[Procedure, ...]:
        """A procedure's versions in order; none: there is no such procedure."""
        return self.by_code.get(code, ())

    def on(self, code: str, day: date) -> Procedure | None:
        """The version in force on a day, or none. Before the catalogue begins, its first day stands."""
        return validity.holding(self.versions(code), max(day, self.begins))

    def in_force(self, day: date) -> Iterator[Procedure]:
        """The catalogue as it is on a day."""
        for code in self.by_code:
            if found := self.on(code, day):
                yield found


def parse(file: str, content: str) -> Procedures:
    """The procedures of a document. BadData: with all its faults."""
    table = Table(file, COLUMNS, frozenset(COLUMNS[10:17]) | {"season_from", "season_to", "source", "note"})
    found: dict[str, list[tuple[int, Procedure]]] = {}
    names: dict[str, tuple[int, str]] = {}
    for row in table.rows(content):
        procedure = _procedure(row)
        first_line, name = names.setdefault(procedure.field, (row.line, procedure.field_name))
        if row.good and name != procedure.field_name:
            row.wrong("field_name", f"khác dòng {first_line} (“{name}”)", f"not as on line {first_line} (“{name}”)")
        if row.good:
            found.setdefault(procedure.code, []).append((row.line, procedure))
    for rows in found.values():
        table.check_no_overlap(((line, each.begins, each.ends) for line, each in rows), "effective_from")
    if not found and not table.faults:
        table.wrong(0, "", "tệp không có thủ tục nào", "the file has no procedures")
    table.finish()
    return Procedures({code: tuple(each for _, each in sorted(rows, key=_begins)) for code, rows in found.items()})


def _begins(line: tuple[int, Procedure]) -> date:
    return line[1].begins


def _procedure(row: Row) -> Procedure:
    procedure = Procedure(
        code=row.take("code", _code, ""),
        name=row.take("name", tables.text, ""),
        field=row.take("field", _field, ""),
        field_name=row.take("field_name", tables.text, ""),
        level=row.take("level", tables.one_of(Level), Level.COMMUNE),
        given=_limit(row),
        begins=row.take("effective_from", tables.day, date.min),
        ends=row.take("effective_to", tables.maybe(tables.day), None),
        fee=row.take("fee", tables.maybe(tables.whole(0, 1_000_000_000)), None),
        fee_source=row.take("fee_source", tables.words, ""),
        payment_off_clock=row.take("payment_off_clock", tables.yes_or_no, False),
        retention=_retention(row),
        confidence=row.take("confidence", tables.one_of(Confidence), Confidence.INFERRED),
        source=row.take("source", tables.words, ""),
        note=row.take("note", tables.words, ""),
    )
    if procedure.ends and procedure.ends < procedure.begins:
        row.wrong("effective_to", "trước effective_from", "before effective_from")
    return procedure


def _limit(row: Row) -> Limit | None:
    unit = row.take("unit", tables.maybe(tables.one_of(LimitUnit)), None)
    amount = row.take("amount", tables.maybe(tables.whole(0, 3_650)), None)
    first = row.take("season_from", tables.maybe(tables.month_day), None)
    last = row.take("season_to", tables.maybe(tables.month_day), None)
    if not row.good:
        return None
    if unit is None and amount is not None:
        row.wrong("unit", "có amount thì phải có unit", "an amount needs its unit")
    elif unit in _COUNTED and not amount:
        row.wrong("amount", f"{unit} cần số lượng từ 1", f"{unit} needs an amount from 1")
    elif unit is not None and unit not in _COUNTED and amount:
        row.wrong("amount", f"{unit} không có số lượng: để trống hoặc 0", f"{unit} has no amount: leave it empty or 0")
    for column, end in (("season_from", first), ("season_to", last)):
        if (end is not None) != (unit is LimitUnit.SEASON):
            row.wrong(column, "chỉ và phải có khi unit là season", "goes with the unit season, and it only")
    if unit is None or not row.good:
        return None
    return Limit(amount or 0, unit, (first, last) if first and last else None)


def _retention(row: Row) -> Retention:
    unknown: tuple[int | None, bool] = (None, False)
    years, permanent = row.take("retention_years", _years, unknown)
    confidence = row.take("retention_confidence", tables.maybe(tables.one_of(Confidence)), None)
    source = row.take("retention_source", tables.words, "")
    if row.good and (years is not None or permanent):
        if confidence is None:
            row.wrong("retention_confidence", "thời hạn phải ghi độ tin cậy", "a period says how sure it is")
        if not source:
            row.wrong("retention_source", "thời hạn phải ghi nguồn", "a period names its source")
    return Retention(years, permanent, confidence, source)


def _years(cell: str) -> tuple[int | None, bool]:
    if not cell:
        return None, False
    if cell.lower() == PERMANENT:
        return None, True
    try:
        return tables.whole(1, 200)(cell), False
    except Wrong:
        raise Wrong(f"cần số năm 1–200, hoặc {PERMANENT}", f"a number of years is needed, or {PERMANENT}") from None


REQUIREMENT_COLUMNS = ("code", "document", "copies", "form", "needed", "confidence", "source")


def parse_requirements(file: str, content: str) -> dict[str, tuple[Paper, ...]]:
    """The papers that belong to cases, by procedure. BadData: with all its faults."""
    table = Table(file, REQUIREMENT_COLUMNS, frozenset({"source"}))
    found: dict[str, dict[str, Paper]] = {}
    for row in table.rows(content):
        paper = Paper(
            row.take("code", _code, ""),
            row.take("document", tables.text, ""),
            row.take("copies", tables.whole(1, 20), 1),
            row.take("form", tables.one_of(PaperForm), PaperForm.ORIGINAL),
            row.take("needed", tables.one_of(Needed), Needed.ALWAYS),
            row.take("confidence", tables.one_of(Confidence), Confidence.INFERRED),
            row.take("source", tables.words, ""),
        )
        papers = found.setdefault(paper.procedure, {})
        if row.good and paper.name in papers:
            row.wrong("document", "giấy tờ này đã có ở thủ tục này", "the procedure has this paper already")
        papers[paper.name] = paper
    table.finish()
    return {code: tuple(papers.values()) for code, papers in found.items()}


def strangers(file: str, content: str, known: Iterable[str]) -> list[tables.Fault]:
    """Faults of a document of papers: lines whose procedure is not in the catalogue."""
    codes = set(known)
    table = Table(file, REQUIREMENT_COLUMNS, frozenset({"source"}))
    for row in table.rows(content):
        if row.cells["code"] not in codes:
            row.wrong("code", f"không có thủ tục {row.cells['code']}", f"there is no procedure {row.cells['code']}")
    return table.faults
