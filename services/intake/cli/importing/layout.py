"""Which cell of a record is which field: found from the header, once; and the rows that come of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.intake.commands.importing import LogRow
from services.intake.cli.importing.lines import (
    COLUMNS,
    EPOCH_1900,
    FIELDS,
    OPTIONAL,
    SHOWN,
    BadLine,
    Cell,
    GoodLine,
    Record,
    bad_line,
)
from services.intake.cli.importing.mapping import Mapping, Turn
from services.intake.cli.importing.names import fold
from services.intake.cli.importing.values import BadCell, Cells

_PLAIN = Mapping.model_construct(
    columns={}, constants={}, defaults={}, times={}, digits={}, decimals={}, values={}, status=None
)


class WrongHeader(Exception):
    """These cells are no header. `known`: how many of them are."""

    def __init__(self, known: int, reason: str) -> None:
        super().__init__(reason)
        self.known = known


@dataclass(frozen=True)
class _Status:
    place: int
    name: str
    turns: dict[str, tuple[Turn, int | None]]


class Columns:
    """The layout that a header and a mapping give; without a mapping the header has the fields' own names."""

    def __init__(
        self, cells: Sequence[Cell], mapping: Mapping | None, *, ragged: bool, epoch: datetime = EPOCH_1900
    ) -> None:
        """WrongHeader: columns are missing, unknown or doubled."""
        self.names = [_name(cell) for cell in cells]
        while ragged and self.names and not self.names[-1]:
            self.names.pop()
        self.mapping = mapping or _PLAIN
        self._ragged = ragged
        self._status: _Status | None = None
        self.places = self._mapped(mapping) if mapping else self._plain()
        self.heads = {field: self.names[place] for field, place in self.places.items()}
        self._cells = Cells(self.mapping, epoch, plain=mapping is None)
        self._filled = dict.fromkeys(COLUMNS, "") | self._cells.defaults() | self.mapping.constants

    def line(self, record: Record) -> GoodLine | BadLine:
        """The record as a row. What a cell's text means is for intake to judge, its kind is told here."""
        cells = record.cells
        if len(cells) != len(self.names) and not (self._ragged and len(cells) < len(self.names)):
            if not self._ragged:
                return self._cut(record)
            cells = cells[: len(self.names)]
        column = ""
        try:
            fields = dict(self._filled)
            for column, place in self.places.items():
                if text := self._cells.text(column, cells[place] if place < len(cells) else None):
                    fields[column] = text
            column = self._status.name if self._status else ""
            self._turn(cells, fields)
        except BadCell as problem:
            return bad_line(record.line, record.place, record.text, column, problem.vi, problem.en)
        return GoodLine(record.text, LogRow(line=record.line, **fields), record.place)

    def _turn(self, cells: Sequence[Cell], fields: dict[str, str]) -> None:
        """What the word of the status says of this row's instants."""
        if self._status is None:
            return
        place = self._status.place
        word = str(cells[place] or "").strip() if place < len(cells) else ""
        if not word:
            return
        if fold(word) not in self._status.turns:
            raise BadCell(
                f"Trạng thái “{word[:SHOWN]}” không có trong tệp ánh xạ ([status.words]).",
                f"The mapping does not know the status “{word[:SHOWN]}” ([status.words]).",
            )
        turn, source = self._status.turns[fold(word)]
        if turn.field is None or source is None:
            return
        text = self._cells.text(turn.field, cells[source] if source < len(cells) else None)
        if not text:
            raise BadCell(
                f"Trạng thái “{word}” nhưng cột “{self.names[source]}” trống.",
                f"The status is “{word}”, but the column “{self.names[source]}” is empty.",
            )
        for field, other in self.places.items():
            if other == source:  # here the column tells of this turn, and of nothing else
                fields[field] = ""
        fields[turn.field] = text
        if turn.reason and not fields.get("reason"):
            fields["reason"] = turn.reason

    def _cut(self, record: Record) -> BadLine:
        has, needs = len(record.cells), len(self.names)
        return bad_line(
            record.line,
            record.place,
            record.text,
            self.names[has] if has < needs else "",
            f"Có {has} cột, cần {needs} (dòng bị cắt?).",
            f"{has} columns instead of {needs} (a line cut off?).",
        )

    def _plain(self) -> dict[str, int]:
        missing = [name for name in COLUMNS if name not in self.names]
        unknown = [name for name in self.names if name not in FIELDS]
        doubled = sorted(name for name, times in Counter(self.names).items() if times > 1)
        self._check(missing, unknown, doubled, len(set(self.names) & set(FIELDS)))
        return {name: place for place, name in enumerate(self.names)}

    def _mapped(self, mapping: Mapping) -> dict[str, int]:
        by_name: dict[str, int] = {}
        for place, name in reversed(list(enumerate(self.names))):
            by_name[fold(name)] = place
        times = Counter(fold(name) for name in self.names)
        missing: list[str] = []
        used: set[str] = set()

        def find(heads: Iterable[str]) -> int:
            """The column with the first of these names that is there."""
            found = next((fold(head) for head in heads if fold(head) in by_name), None)
            if found is None:
                missing.append(" | ".join(heads))
                return 0
            used.add(found)
            return by_name[found]

        places = {field: find(heads) for field, heads in mapping.columns.items()}
        if status := mapping.status:
            turns = {
                fold(word): (turn, find(turn.source) if turn.source else None) for word, turn in status.words.items()
            }
            self._status = _Status(find(status.column), status.column[0], turns)
        ignored = {fold(name) for name in mapping.ignore if name != "*"}
        synonyms = {fold(head) for heads in mapping.columns.values() for head in heads}
        unknown = (
            []
            if "*" in mapping.ignore
            else [name for name in self.names if name and fold(name) not in used | ignored | synonyms]
        )
        doubled = [name for name in self.names if times[fold(name)] > 1 and fold(name) in used]
        self._check(missing, unknown, sorted(set(doubled)), len(used))
        return places

    def _check(self, missing: Sequence[str], unknown: Sequence[str], doubled: Sequence[str], known: int) -> None:
        parts = [
            f"thiếu cột / missing: {', '.join(missing)}" if missing else "",
            f"cột lạ / unknown: {', '.join(unknown)[:SHOWN]}" if unknown else "",
            f"cột lặp / doubled: {', '.join(doubled)[:SHOWN]}" if doubled else "",
        ]
        if reason := "; ".join(filter(None, parts)):
            raise WrongHeader(known, reason)


def expected(mapping: Mapping | None) -> str:
    """What to do about a wrong header."""
    if mapping:
        return "Sửa tệp ánh xạ: [columns], ignore / mend the mapping: [columns], ignore"
    return (
        f"Cần đúng các cột / expected: {','.join(COLUMNS)}; có thể thêm / also known: {', '.join(OPTIONAL)}.\n"
        "Tệp xuất từ hệ thống khác / an export of another system: --suggest-mapping, --mapping"
    )


def _name(cell: Cell) -> str:
    return " ".join(str(cell).split()) if cell is not None else ""
