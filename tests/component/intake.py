"""Intake's cases as its calls answer them, for the tests of one service, and as one replica of it has them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from contracts.intake.commands.cases import SubmitCase
from contracts.intake.vocabulary import Channel
from contracts.topology import TOPOLOGY
from services.chassis.calls import Calls
from services.chassis.database import Connection, Database
from services.chassis.ids import uuid7
from services.intake import consumers
from services.intake.domain.audit import Fault
from services.intake.domain.vault import Vault
from services.intake.handlers.audit import Trail
from services.intake.handlers.audit_rows import row_faults
from services.intake.handlers.cases import CaseHandlers
from services.intake.handlers.importing import ImportHandler
from services.intake.handlers.people import People
from services.intake.handlers.views import CaseViews
from services.intake.reference import Reference
from services.intake.store import audit as audit_store
from services.worktime.clock import Clock
from tests.component.ground import CLOCK, answer, command

REFERENCE = Reference.shipped()


class Fixed:
    """Reference data that never change: what the package brings."""

    async def current(self, _: Connection) -> Reference:
        return REFERENCE

    async def read(self, _: Connection) -> Reference:
        return REFERENCE


BOOK = Fixed()
TRAIL = Trail()
PEOPLE = People(Vault({"test": bytes(32)}, bytes(32)), TRAIL, CLOCK)
CASES = CaseHandlers(BOOK, PEOPLE, TRAIL, CLOCK)
IMPORT = ImportHandler(BOOK, PEOPLE, TRAIL, CLOCK)


def answer_cases(calls: Calls, clock: Clock = CLOCK) -> Calls:
    """Registers everything about cases, by the reference data that the package brings."""
    cases, log = CaseHandlers(BOOK, PEOPLE, TRAIL, clock), ImportHandler(BOOK, PEOPLE, TRAIL, clock)
    consumers.register(calls, cases, CaseViews(BOOK, clock), log)
    return calls


async def changed_rows(database: Database) -> list[Fault]:
    """What verifying finds of rows that are not as their entries left them."""
    async with database.reading() as connection:
        entries = await audit_store.day_page(connection, audit_store.Span(None, None), (UUID(int=0), 0), 1_000_000)
        return await row_faults(connection, entries)


def replica(database: Database, clock: Clock) -> Calls:
    """Intake's calls over a pool of its own, with a clock that a test can set."""
    return answer_cases(Calls("intake", database, TOPOLOGY, clock), clock)


async def submit(calls: Calls, **more: Any) -> UUID:
    """A new case of the sample commune; its id."""
    usual = SubmitCase(
        case_id=uuid7(),
        receiving_unit="31570",
        deciding_unit="31570",
        procedure="1.004222",
        channel=Channel.DIRECT,
    )
    wish = usual.model_copy(update=more)
    reply = await answer(calls, command(wish))
    assert reply.refusal is None, reply.refusal
    return wish.case_id
