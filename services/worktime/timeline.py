"""Open stretches on an axis of whole numbers: how much of them lies before a point, and the way back, by bisection.

A week's pattern goes on for ever to both sides; only the weeks that differ from it are written out. So nothing has to
be extended, however far a question reaches, and all answers cost one search in a sorted array.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

Stretch = tuple[int, int]


class Table:
    """Stretches in order, none empty, none overlapping, with what is open before each."""

    __slots__ = ("closes", "done", "opens", "total")

    def __init__(self, stretches: Iterable[Stretch]) -> None:
        self.opens, self.closes, self.done, self.total = array("q"), array("q"), array("q"), 0
        for opens, closes in stretches:
            self.opens.append(opens)
            self.closes.append(closes)
            self.done.append(self.total)
            self.total += closes - opens

    def before(self, point: int) -> int:
        """How much is open before a point."""
        at = bisect_right(self.opens, point) - 1
        if at < 0:
            return 0
        return self.done[at] + min(point, self.closes[at]) - self.opens[at]

    def ending(self, amount: int) -> int:
        """The first point before which `amount` (over 0, at most `total`) is open: a closing, not the next opening."""
        at = bisect_left(self.done, amount) - 1
        return self.opens[at] + amount - self.done[at]

    def starting(self, amount: int) -> int:
        """The last point before which `amount` (from 0, under `total`) is open: an opening, not the closing before."""
        at = bisect_right(self.done, amount) - 1
        return self.opens[at] + amount - self.done[at]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What is written out in `table` from `first` to `last` (excluded); outside of it `week` repeats every `period`.

    Amounts count from `first`, and are negative before it. `week` is not empty and starts at 0.
    """

    table: Table
    week: Table
    first: int
    last: int
    period: int

    def before(self, point: int) -> int:
        """How much is open from `first` to a point."""
        if self.first <= point < self.last:
            return self.table.before(point)
        start, done = (self.last, self.table.total) if point >= self.last else (self.first, 0)
        weeks, rest = divmod(point - start, self.period)
        return done + weeks * self.week.total + self.week.before(rest)

    def ending(self, amount: int) -> int:
        """The first point by which `amount` is done: at a closing, not at the next opening."""
        if 0 < amount <= self.table.total:
            return self.table.ending(amount)
        start, done = (self.last, self.table.total) if amount > 0 else (self.first, 0)
        weeks, rest = divmod(amount - done - 1, self.week.total)
        return start + weeks * self.period + self.week.ending(rest + 1)

    def starting(self, amount: int) -> int:
        """The last point by which no more than `amount` is done: at an opening, not at the closing before."""
        if 0 <= amount < self.table.total:
            return self.table.starting(amount)
        start, done = (self.last, self.table.total) if amount >= 0 else (self.first, 0)
        weeks, rest = divmod(amount - done, self.week.total)
        return start + weeks * self.period + self.week.starting(rest)
