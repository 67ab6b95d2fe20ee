"""Reading data that people edit: what is wrong is told by file, line and column."""

import csv
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from typing import TypeVar

Parsed = TypeVar("Parsed")


class BadData(ValueError):
    """A data file is wrong; the message names file, line (or key) and column."""


class BadCell(ValueError):
    """A cell is wrong; `rows` adds where it stands."""

    def __init__(self, column: str, reason: object) -> None:
        super().__init__(f"column {column}: {reason}")


def shipped_text(name: str) -> str:
    """The text of a file that the package brings."""
    return (files("services.intake") / "data" / name).read_text(encoding="utf-8")


def read(name: str, parse: Callable[[dict[str, str]], Parsed]) -> Iterator[Parsed]:
    """The rows of a shipped data file. BadData: a row that cannot be parsed."""
    yield from rows(name, shipped_text(name), parse)


def rows(name: str, text: str, parse: Callable[[dict[str, str]], Parsed]) -> Iterator[Parsed]:
    """The rows in a data file's text. BadData: a row that cannot be parsed."""
    reader = csv.DictReader(text.removeprefix("\ufeff").splitlines(), restkey="")
    for row in reader:
        try:
            if "" in row:
                raise BadCell(str(len(reader.fieldnames or ()) + 1), "one too many")
            yield parse(row)
        except BadCell as error:
            raise BadData(f"{name}, line {reader.line_num}, {error}") from error


def cell(row: Mapping[str, str | None], column: str, convert: Callable[[str], Parsed]) -> Parsed:
    """A cell of a row, converted. BadCell: missing, or what `convert` raises ValueError or KeyError for."""
    text = row.get(column)
    if text is None:
        raise BadCell(column, "missing")
    try:
        return convert(text)
    except (ValueError, KeyError) as error:
        raise BadCell(column, f"“{text}”: {error}") from error
