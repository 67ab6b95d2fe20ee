"""The shared strings of an XLSX file, kept on disk: a million cases have a million codes."""

import tempfile
from array import array
from functools import lru_cache
from typing import IO, BinaryIO
from xml.etree.ElementTree import Element

from openpyxl.cell.text import Text
from openpyxl.xml.constants import SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from services.intake.cli.importing.lines import LONGEST

_STRING = f"{{{SHEET_MAIN_NS}}}si"
_REMEMBERED = 4096


class StringsOnDisk:
    """What openpyxl takes for its list of strings; in memory are eight bytes for each, and the last few thousand."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._ends = array("Q", [0])
        self.get = lru_cache(_REMEMBERED)(self._get)

    def load(self, source: BinaryIO) -> None:
        """Reads the part of the archive that holds them. ParseError: it is damaged."""
        above: Element | None = None
        for event, node in iterparse(source, events=("start", "end")):
            if above is None:
                above = node
            elif event == "end" and node.tag == _STRING:
                text = (Text.from_tree(node).content or "").replace("x005F_", "")[: LONGEST + 1]
                self._ends.append(self._ends[-1] + self._file.write(text.encode(errors="replace")))
                above.clear()
        self._file.flush()

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < len(self._ends) - 1:
            raise IndexError(index)
        return self.get(index)

    def _get(self, index: int) -> str:
        start, end = self._ends[index], self._ends[index + 1]
        self._file.seek(start)
        return self._file.read(end - start).decode()

    def close(self) -> None:
        self._file.close()
