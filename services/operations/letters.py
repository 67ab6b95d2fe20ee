"""The dead letters of all services, asked for page by page: a page has to fit on the bus."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contracts.operations.queries import DeadLetter, DeadLetterById, DeadLetters, DeadLettersView, DeadLetterView
from contracts.refusals import CommonRefusal, Refused
from contracts.topology import TOPOLOGY
from services.chassis.client import Caller

_PAGE = 200
_MOST = 10_000


@dataclass(frozen=True)
class Found:
    """A dead letter and the service whose it is."""

    service: str
    letter: DeadLetter

    def as_json(self) -> dict[str, Any]:
        return {"service": self.service, **self.letter.model_dump(mode="json")}


async def listing(caller: Caller, service: str | None, *, settled: bool = False) -> tuple[list[Found], int]:
    """The letters of one service or of all, newest first, at most 10,000 of each; and how many there are."""
    asked = [service] if service else TOPOLOGY.services
    answers = await asyncio.gather(*(_of(caller, name, settled=settled) for name in asked))
    found = [Found(name, letter) for name, (letters, _) in zip(asked, answers, strict=True) for letter in letters]
    return sorted(found, key=lambda each: each.letter.id, reverse=True), sum(total for _, total in answers)


async def _of(caller: Caller, service: str, *, settled: bool) -> tuple[list[DeadLetter], int]:
    letters: list[DeadLetter] = []
    while True:
        wish = DeadLetters(settled=settled, limit=_PAGE, before=letters[-1].id if letters else None)
        view = await caller.call(service, wish, DeadLettersView)
        letters += view.letters
        if len(view.letters) < _PAGE or len(letters) >= _MOST:
            return letters, view.total


async def find(caller: Caller, id: UUID) -> tuple[str, DeadLetterView]:
    """A letter and whose it is: every service is asked. Refused: nobody has it."""

    async def ask(name: str) -> tuple[str, DeadLetterView] | Refused:
        try:
            return name, await caller.call(name, DeadLetterById(id=id), DeadLetterView)
        except Refused as refused:
            return refused

    answers = await asyncio.gather(*(ask(name) for name in TOPOLOGY.services))
    refusals = [answer for answer in answers if isinstance(answer, Refused)]
    for answer in answers:
        if not isinstance(answer, Refused):
            return answer
    # One that could not look may have it: that is then the answer, not that there is none.
    raise next((r for r in refusals if r.refusal.code != CommonRefusal.NOT_FOUND), refusals[0])
