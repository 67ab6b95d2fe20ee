"""A CSV file, judged line by line, however broken it is.

Bytes that are not of its encoding, quotes that never close, a last line cut off: each costs its own line only. The
file is read in pieces and never held whole; a line longer than `LONGEST` is not taken into memory.
"""

import csv
import io
import unicodedata
from codecs import BOM_UTF8
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from services.intake.cli.importing.lines import EPOCH_1900, LONGEST, SHOWN, BadLine, Place, Record, bad_line

SEPARATORS = (",", ";", "\t", "|")
_HEAD = 30
_CONTINUED = 20
"""Lines that a quoted cell may run over."""
_LOST = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class _Line:
    raw: bytes
    whole: bool
    place: Place


class CsvFile:
    """The records of a CSV file, in one pass, which `skip_to` may begin further behind."""

    ragged = False
    epoch = EPOCH_1900

    def __init__(
        self, file: BinaryIO, encoding: str = "utf-8", separator: str | None = None, *, lossy: bool = False
    ) -> None:
        """`lossy`: what could not be read stands as U+FFFD in the file already."""
        self.width: int | None = None
        """How many cells a record has, once the header is known: a quoted line break is believed only if they fit."""
        self._file = file
        self._encoding = encoding
        self._lossy = lossy
        self._ahead: deque[_Line] = deque()
        self._lines = self._read(Place())
        self._separator = separator or self._sniff()

    def skip_to(self, place: Place) -> None:
        """Goes on behind this place."""
        self._ahead.clear()
        self._file.seek(place.offset)
        self._lines = self._read(place)

    def records(self) -> Iterator[Record | BadLine]:
        """Every line that is not blank, as cells or as bad."""
        while (line := self._next()) is not None:
            if line.raw.strip():
                yield self._record(line)

    def _next(self) -> _Line | None:
        return self._ahead.popleft() if self._ahead else next(self._lines, None)

    def _read(self, place: Place) -> Iterator[_Line]:
        """Each line, and whether it is whole; of an over-long one the beginning only."""
        number, offset = place.line, place.offset
        while raw := self._file.readline(LONGEST):
            number, offset = number + 1, offset + len(raw)
            if number == 1:
                raw = raw.removeprefix(BOM_UTF8)
            if raw.endswith(b"\n"):
                yield _Line(raw.rstrip(b"\r\n"), whole=True, place=Place(number, offset))
                continue
            rest, ended = 0, False
            while piece := self._file.readline(1 << 16):
                rest += len(piece)
                if ended := piece.endswith(b"\n"):
                    break
            offset += rest
            # Without a line end: the file's last line. With one: a line longer than any row can be.
            yield _Line(raw, whole=not rest and not ended, place=Place(number, offset))

    def _sniff(self) -> str:
        """The separator of which one of the first lines, which should be the header, has the most."""
        while len(self._ahead) < _HEAD and (line := next(self._lines, None)) is not None:
            self._ahead.append(line)
        texts = [line.raw.decode(self._encoding, errors="replace") for line in self._ahead]
        return max(SEPARATORS, key=lambda each: max((text.count(each) for text in texts), default=0))

    def _record(self, line: _Line) -> Record | BadLine:
        number, place = line.place.line, line.place
        text = self._decoded(line)
        if isinstance(text, BadLine):
            return text
        try:
            return Record(number, text, self._cells(text), place)
        except (csv.Error, StopIteration) as error:
            if '"' in text and (joined := self._joined(number, text)) is not None:
                return joined
            return bad_line(number, place, text, "", f"Không đọc được CSV: {error}.", f"No readable CSV: {error}.")

    def _decoded(self, line: _Line) -> str | BadLine:
        """The line's text, or what keeps it from being one."""
        text = line.raw[:SHOWN].decode(self._encoding, errors="replace")
        vi = en = ""
        try:
            if not line.whole:
                vi, en = f"Dòng dài quá {LONGEST} byte.", f"The line is longer than {LONGEST} bytes."
            elif "\0" in (text := self._text(line.raw)):
                vi, en = "Có byte NUL; có phải CSV UTF-8 không?", "There is a NUL byte; is this CSV in UTF-8?"
            elif self._lossy and _LOST in text:
                vi, en = "Có ký tự không đọc được.", "A character cannot be read."
        except UnicodeDecodeError as error:
            at, name = error.start + 1, self._encoding.upper()
            vi, en = f"Không phải {name} tại byte {at}.", f"Not {name} at byte {at}."
        return bad_line(line.place.line, line.place, text, "", vi, en) if vi else text

    def _text(self, raw: bytes) -> str:
        text = raw.decode(self._encoding)
        # Windows-1258 writes tone marks behind their letters.
        return text if self._encoding == "utf-8" else unicodedata.normalize("NFC", text)

    def _cells(self, text: str) -> list[str]:
        return next(csv.reader([text], delimiter=self._separator, strict=True))

    def _joined(self, number: int, text: str) -> Record | None:
        """The record that an open quote carries over the next lines; None, and nothing taken, if there is none.

        A line that is a whole row by itself ends the search: a stray quote must not swallow the rows behind it.
        """
        taken: list[_Line] = []
        found: Record | None = None
        while len(taken) < _CONTINUED and len(text) < LONGEST and (line := self._next()) is not None:
            taken.append(line)
            try:
                more = self._text(line.raw)
                if not line.whole or "\0" in more or self._is_row(more):
                    break
                text = f"{text}\n{more}"
                cells = self._cells_of_lines(text)
            except UnicodeDecodeError:
                break
            except (csv.Error, StopIteration):
                continue
            if self.width in (None, len(cells)):
                found = Record(number, text, cells, line.place)
            break
        if found is None:
            self._ahead.extendleft(reversed(taken))
        return found

    def _is_row(self, text: str) -> bool:
        try:
            return self.width is not None and self.width > 1 and len(self._cells(text)) == self.width
        except (csv.Error, StopIteration):
            return False

    def _cells_of_lines(self, text: str) -> list[str]:
        """The only record in these lines. csv.Error: a quote is open still, or there is more behind the record."""
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self._separator, strict=True)
        cells = next(reader)
        if next(reader, None) is not None:
            raise csv.Error("more than one record")
        return cells
