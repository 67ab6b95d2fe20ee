"""What reading a case log yields, whatever the format of the file: lines, good or bad, each with its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.intake.commands.importing import LogRow, RejectedRow
from contracts.personal import is_personal
from contracts.refusals import CommonRefusal

COLUMNS = (
    "case_code",
    "unit",
    "deciding_unit",
    "procedure",
    "channel",
    "submitted_at",
    "accepted_at",
    "completed_at",
    "returned_at",
)
"""The columns of a case log that every log has."""
OPTIONAL = tuple(name for name in LogRow.model_fields if name not in {"line", *COLUMNS})
FIELDS = (*COLUMNS, *OPTIONAL)
INSTANTS = frozenset(name for name in FIELDS if name.endswith("_at"))
CODES = frozenset({"case_code", "unit", "deciding_unit", "procedure", "applicant_id_number", "applicant_phone"})
"""Fields that look like numbers and are none: a zero more or less makes another of them."""
PERSONAL = frozenset(name for name, field in LogRow.model_fields.items() if is_personal(field))

LONGEST = 10_000
"""Bytes of a line, characters of a row: no case needs more, and what is longer is not taken into memory."""
SHOWN = 300
"""How much of what is bad is shown."""

EPOCH_1900 = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel's dates have no zone
"""What Excel counts its days from, unless a workbook says 1904."""

Cell = str | int | float | bool | datetime | None
"""What a cell holds: text in CSV; in XLSX also numbers, and dates without a zone. None: nothing."""


class BadFile(Exception):
    """The file as a whole cannot be a case log; the message says why, in both languages."""


@dataclass(frozen=True, slots=True)
class Place:
    """Behind which line reading may go on: the line's number, and where the next begins (CSV: bytes)."""

    line: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no row: its text as far as it is kept, and why."""

    text: str
    rejected: RejectedRow
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class GoodLine:
    """A line that could be read as a row; whether it is true is for intake to judge."""

    text: str
    row: LogRow
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class Record:
    """A line's cells, before it is known which is which. `line`: where it begins; `place`: where it ends."""

    line: int
    text: str
    cells: Sequence[Cell]
    place: Place


def bad_line(line: int, place: Place, text: str, column: str, vi: str, en: str) -> BadLine:
    """A line that cannot be read, in words."""
    told = RejectedRow(line=line, column=column, code=CommonRefusal.INVALID, message_vi=vi, message_en=en)
    return BadLine(text[:SHOWN], told, place)
