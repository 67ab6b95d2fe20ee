"""Fees, for those who handle cases: asked for, paid, waived, within the transaction of the case's own move."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.envelope import Command
from contracts.intake.vocabulary import PaymentMethod
from contracts.refusals import CommonRefusal, refuse
from services.chassis.database import Connection
from services.chassis.ids import uuid7
from services.intake.domain import fees as domain
from services.intake.domain.audit import Step, digest_of
from services.intake.domain.cases import Case
from services.intake.domain.fees import Fee
from services.intake.handlers.audit import step
from services.intake.store import fees as store
from services.worktime.clock import ZONE


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that came in. `reference` is the bank's or the portal's, where there is one."""

    method: PaymentMethod
    at: datetime
    reference: str = ""


async def ask(connection: Connection, case: Case, amount_vnd: int, reason: str, actor: str, at: datetime) -> Fee:
    """A fee is asked for, by the unit that receives the case. Refused: the amount or the reason makes no sense."""
    fee = domain.ask(Fee(uuid7(), case.id, case.receiving_unit, amount_vnd, reason.strip(), at, actor))
    await store.insert(connection, fee)
    return fee


async def pay(connection: Connection, fee_id: UUID, payment: Payment, actor: str) -> Fee:
    """The fee with its slip's number. Refused: there is no such fee; it is settled; paid before it was asked for.

    The number is the last thing taken: what is refused takes none, and what is rolled back gives it back.
    """
    fee = await _load(connection, fee_id)
    domain.check_open(fee)
    year = payment.at.astimezone(ZONE).year
    domain.pay(fee, payment.at, payment.method, payment.reference, actor, year, 1)  # judged before others have to wait
    serial = await store.next_serial(connection, fee.unit, year)
    paid = domain.pay(fee, payment.at, payment.method, payment.reference, actor, year, serial)
    await store.update(connection, paid)
    return paid


async def pay_open(connection: Connection, case: Case, payment: Payment, actor: str) -> Fee:
    """The fee that a case waits for, paid. Refused: as `pay`; there is none that is open."""
    open_fees = [fee for fee in await store.of_case(connection, case.id, lock=True) if not fee.settled]
    if not open_fees:
        raise refuse(CommonRefusal.NOT_FOUND, "Hồ sơ không có khoản thu nào chờ nộp.", "No fee of the case is open.")
    return await pay(connection, open_fees[-1].id, payment, actor)


async def waive_open(connection: Connection, reasons: Mapping[UUID, str], actor: str, at: datetime) -> list[Fee]:
    """What these cases still asked for, waived, for the reason that stands with each case. The cases are locked.

    Refused: no reason.
    """
    open_fees = await store.open_of(connection, reasons)
    waived = [domain.waive(fee, at, reasons[fee.case_id], actor) for fee in open_fees]
    await store.waive(connection, waived)
    return waived


def waived_step(command: Command[Any], case: Case, fee: Fee) -> Step:
    """The entry in a case's chain that its fee was waived."""
    facts = (str(fee.id), str(fee.amount_vnd), fee.waive_reason or "")
    what = f"{fee.id}, {fee.amount_vnd} đồng: {fee.waive_reason}"
    return step(command, "waive-fee", case.id, case.version, case.version, reason=what, digest=digest_of(facts))


async def _load(connection: Connection, fee_id: UUID) -> Fee:
    fee = await store.by_id(connection, fee_id, lock=True)
    if fee is None:
        raise refuse(CommonRefusal.NOT_FOUND, "Không có khoản thu này.", "There is no such fee.", field="fee_id")
    return fee
