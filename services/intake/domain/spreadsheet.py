"""Text that a spreadsheet must not take for a formula. Pure.

Excel and LibreOffice calculate a cell that begins with one of `= + - @`, or with a tab or a line end before it; what a
stranger wrote into a log would then be carried out by whoever opens the file (CSV injection, OWASP). An apostrophe in
front makes a text of the cell. One that stands there already gets another, so that each text is read back as it was.
"""

import re

_RISKY = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NEUTRAL = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")
_CELL = r"""((?:^|[,;\t|\r\n])[ "]*)"""
_INNER = re.compile(_CELL + r"(?='*[=+\-@＝＋－＠])")
_MARKED = re.compile(_CELL + r"'(?='*[=+\-@＝＋－＠])")


def neutral(cell: str) -> str:
    """A cell as it may be written into a file that somebody opens in a spreadsheet."""
    return f"'{cell}" if _RISKY.match(cell) else cell


def plain(cell: str) -> str:
    """What was written so, read back: `plain(neutral(text)) == text`."""
    return cell[1:] if _NEUTRAL.match(cell) else cell


def neutral_line(line: str) -> str:
    """A line of a CSV file, in one cell, with each of its own cells neutral: a spreadsheet of another country splits at
    another separator, and in the midst of what is one cell here."""
    marked = _INNER.sub(r"\1'", line)
    return f" {marked}" if marked[:1] in {"\t", "\r", "\n"} else marked  # space around a cell does not count


def plain_in_line(cell: str) -> str:
    """A cell, without space around it, of such a line, read back."""
    return _MARKED.sub(r"\1", cell)
