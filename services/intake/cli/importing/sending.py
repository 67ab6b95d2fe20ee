"""Rows on their way to intake: a few pieces at once, never two with the same case, answered and recorded in order."""

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel

from contracts.intake.commands.importing import (
    CasesImported,
    ImportCases,
    ImportRemark,
    LogRow,
    RejectedRow,
    RemarkedRow,
)
from contracts.refusals import CommonRefusal, Refused
from services.chassis.ids import stable_id
from services.intake.cli.importing.journal import Counts
from services.intake.cli.importing.lines import BadLine, GoodLine, Place

PIECE = 500
_UNDER_WAY = 3
_PATIENCE = 60.0
"""Seconds in which a command is sent again: services and their databases restart."""

Result = TypeVar("Result", bound=BaseModel)


class Calling(Protocol):
    """What sends commands."""

    async def call(
        self, owner: str, data: BaseModel, result: type[Result], *, id: UUID | None = None, timeout: float = 15.0
    ) -> Result: ...


@dataclass
class Told:
    """What became of one piece."""

    place: Place
    counts: Counts
    refused: list[tuple[str, RejectedRow]] = field(default_factory=list)
    remarks: list[tuple[str, RemarkedRow]] = field(default_factory=list)


async def send_all(caller: Calling, run: UUID, lines: Iterator[GoodLine | BadLine]) -> AsyncIterator[Told]:
    """Sends the lines and tells of each piece, in the file's order.

    While the service works on one piece, the next is read. A case that stands in a piece under way is waited for: what
    its lines say takes effect in their order. Refused: the service does not answer; what is under way is given up, and
    sent again under the same ids the next time.
    """
    under_way: deque[tuple[set[str], asyncio.Task[Told]]] = deque()
    try:
        while piece := list(islice(lines, PIECE)):
            codes = {line.row.case_code for line in piece if isinstance(line, GoodLine)}
            while len(under_way) >= _UNDER_WAY or any(not codes.isdisjoint(others) for others, _ in under_way):
                yield await under_way[0][1]
                under_way.popleft()
            under_way.append((codes, asyncio.create_task(_send(caller, run, piece))))
            await asyncio.sleep(0)  # the piece goes out before the next is read
        while under_way:
            yield await under_way[0][1]
            under_way.popleft()
    finally:
        for _, task in under_way:
            task.cancel()
        await asyncio.gather(*(task for _, task in under_way), return_exceptions=True)


async def _send(caller: Calling, run: UUID, piece: list[GoodLine | BadLine]) -> Told:
    good = {line.row.line: line for line in piece if isinstance(line, GoodLine)}
    told = Told(piece[-1].place, Counts(rows=len(piece)))
    told.refused = [(bad.text, bad.rejected) for bad in piece if isinstance(bad, BadLine)]
    rows = [line.row for line in good.values()]
    async for answer in _answers(caller, run, rows):
        told.counts.imported += answer.imported
        told.counts.advanced += answer.advanced
        told.counts.already_present += answer.already_present
        told.refused += [(good[row.line].text, row) for row in answer.rejected]
        told.remarks += [(good[row.line].text, row) for row in answer.remarks]
    told.refused.sort(key=lambda pair: pair[1].line)
    told.remarks.sort(key=lambda pair: pair[1].line)
    duplicates = sum(row.code is ImportRemark.POSSIBLE_DUPLICATE for _, row in told.remarks)
    told.counts.possible_duplicates = duplicates
    told.counts.other_applicants = len(told.remarks) - duplicates
    told.counts.rejected = len(told.refused)
    return told


async def _answers(caller: Calling, run: UUID, rows: list[LogRow]) -> AsyncIterator[CasesImported]:
    """Intake's answer to these rows; to each half, where they or what is to be said of them are too much at once."""
    if not rows:
        return
    wish = ImportCases(rows=rows)
    try:
        yield await caller.call("intake", wish, CasesImported, id=_command_id(run, wish), timeout=_PATIENCE)
    except Refused as refused:
        if refused.refusal.code != CommonRefusal.TOO_LARGE or len(rows) == 1:
            raise
        middle = len(rows) // 2
        for half in (rows[:middle], rows[middle:]):
            async for answer in _answers(caller, run, half):
                yield answer


def _command_id(run: UUID, wish: ImportCases) -> UUID:
    """The same for the same rows in the same import: sent again, they get their first answer."""
    return stable_id("import", str(run), hashlib.sha256(wish.model_dump_json().encode()).hexdigest())
