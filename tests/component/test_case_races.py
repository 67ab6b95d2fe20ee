"""Many commands on one case at once, answered by two replicas: one winner for each version, and no update is lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from contracts.envelope import Command
from contracts.intake.commands import cases as commands
from contracts.intake.commands.importing import ImportCases, LogRow
from contracts.intake.lifecycle import MOVE, Target
from contracts.intake.vocabulary import CaseState, Channel, StopCause
from contracts.roles import Role
from contracts.topology import TOPOLOGY
from services.chassis.calls import Calls
from services.chassis.database import Database
from services.worktime.clock import ZONE, FrozenClock
from tests.component.ground import answer, command, ground
from tests.component.intake import replica, submit

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOON = datetime(2025, 7, 2, 10, tzinfo=ZONE)
WHY = "lý do của lần thử"


class Office:
    """Two replicas of intake on one database; calls go to them by turns."""

    def __init__(self, databases: Sequence[Database]) -> None:
        self.clock = FrozenClock(NOON)
        self.replicas = [replica(each, self.clock) for each in databases]
        self.pool = databases[0].pool

    @property
    def calls(self) -> Calls:
        return self.replicas[0]

    async def at_once(self, sent: Sequence[Command[Any]]) -> list[Any]:
        """The replies to commands that are sent at the same time."""
        return await asyncio.gather(*(answer(self.replicas[n % 2], each) for n, each in enumerate(sent)))

    async def version(self, case: UUID) -> int:
        version: int = await self.pool.fetchval("select version from cases where id = $1", case)
        return version

    async def told(self, case: UUID) -> list[int]:
        """The versions that the outbox tells of a case."""
        rows = await self.pool.fetch("select version from outbox where entity = $1 order by version", case)
        return [row["version"] for row in rows]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office() -> AsyncIterator[Office]:
    async with ground() as here:
        yield Office([await here.database("intake") for _ in range(2)])


def wishes(case: UUID) -> list[Any]:
    """One of each move that an existing case can be asked for."""
    return [
        commands.AcceptCase(case_id=case),
        commands.DeclineCase(case_id=case, reason=WHY),
        commands.StartCase(case_id=case),
        commands.RequestSupplement(case_id=case, reason=WHY),
        commands.CompleteSupplement(case_id=case),
        commands.RequestPayment(case_id=case, amount=10_000),
        commands.RecordPayment(case_id=case, amount=10_000),
        commands.ExtendCase(case_id=case, reason=WHY, new_due_at=NOON + timedelta(days=30)),
        commands.WithdrawCase(case_id=case),
        commands.StopCase(case_id=case, cause=StopCause.OTHER, reason=WHY),
        commands.AmendCase(case_id=case, reason=WHY, procedure="1.004194"),
        commands.AmendCase(case_id=case, reason=WHY, procedure="1.004222"),
        commands.CompleteCase(case_id=case),
        commands.ReturnCase(case_id=case),
        commands.ReportError(case_id=case, reason=WHY),
        commands.CorrectResult(case_id=case),
    ]


def sent(wish: Any, **more: Any) -> Command[Any]:
    """A command by somebody who may send it."""
    spec = TOPOLOGY.call_of("intake", type(wish))
    return command(wish, seconds=100, role=min(spec.roles), **more)


def verb_of(sent: Command[Any]) -> str:
    return TOPOLOGY.call_of("intake", type(sent.data)).verb


async def test_of_200_commands_on_one_version_one_wins(office: Office) -> None:
    case = await submit(office.calls)
    moves = [w for w in wishes(case) if CaseState.SUBMITTED in MOVE[verb_of(sent(w))].sources]
    moves = [w for w in moves if getattr(w, "procedure", None) != "1.004222"]  # it has that one already
    assert len(moves) >= 5
    replies = await office.at_once([sent(moves[n % len(moves)], expected_version=1) for n in range(200)])
    codes = Counter(reply.refusal.code if reply.refusal else "won" for reply in replies)
    assert codes == {"won": 1, "version-conflict": 199}
    assert await office.version(case) == 2
    assert await office.told(case) == [1, 2]


@pytest.mark.parametrize("seed", range(3))
async def test_every_version_has_one_winner_at_most_and_none_is_lost(office: Office, seed: int) -> None:
    """Versions that are current, gone and not yet there, in one heap."""
    case = await submit(office.calls)
    kinds = wishes(case)
    heap = [sent(kinds[(n * 7 + seed) % len(kinds)], expected_version=1 + n // 25) for n in range(200)]
    replies = await office.at_once(heap)
    won = [each.expected_version for each, reply in zip(heap, replies, strict=True) if reply.refusal is None]
    assert len(set(won)) == len(won) > 0
    refused = {reply.refusal.code for reply in replies if reply.refusal}
    assert "version-conflict" in refused
    assert not refused & {"unavailable", "too-late"}
    versions = [reply.result["version"] for reply in replies if reply.refusal is None]
    assert sorted(versions) == sorted(version + 1 for version in won if version is not None)
    assert await office.version(case) == 1 + len(won)
    assert await office.told(case) == list(range(1, 2 + len(won)))


async def test_without_a_version_moves_make_a_path_of_the_table(office: Office) -> None:
    """Whatever their order came to be, each took the case from where the one before had left it."""
    case = await submit(office.calls)
    kinds = wishes(case)
    heap = [sent(kinds[n % len(kinds)]) for n in range(200)]
    replies = await office.at_once(heap)
    assert not {r.refusal.code for r in replies if r.refusal} & {"unavailable", "too-late", "version-conflict"}
    steps = sorted(
        (reply.result["version"], verb_of(each), CaseState(reply.result["state"]))
        for each, reply in zip(heap, replies, strict=True)
        if reply.refusal is None
    )
    assert [version for version, _, _ in steps] == list(range(2, 2 + len(steps)))
    assert steps
    state, back = CaseState.SUBMITTED, CaseState.SUBMITTED
    for _, verb, reached in steps:
        row = MOVE[verb]
        assert state in row.sources
        leads: dict[object, CaseState] = {Target.STAYS: state, Target.WHERE_IT_CAME_FROM: back}
        assert reached == leads.get(row.target, row.target)
        if reached in (CaseState.SUPPLEMENT_REQUESTED, CaseState.AWAITING_PAYMENT) and reached != state:
            back = state
        state = reached
    assert await office.pool.fetchval("select state from cases where id = $1", case) == state
    assert await office.told(case) == list(range(1, 2 + len(steps)))


async def test_a_command_sent_50_times_at_once_has_one_effect_and_one_answer(office: Office) -> None:
    case = await submit(office.calls)
    once = sent(commands.AcceptCase(case_id=case), expected_version=1)
    subject = TOPOLOGY.call_of("intake", commands.AcceptCase).subject
    payload = once.model_dump_json().encode()
    replies = await asyncio.gather(*(office.replicas[n % 2].answer(subject, payload) for n in range(50)))
    assert len(set(replies)) == 1
    assert b'"refusal"' not in replies[0]
    assert await office.told(case) == [1, 2]


async def test_codes_that_intake_gives_at_once_are_distinct_and_without_a_gap(office: Office) -> None:
    """What was refused or undone takes no serial."""
    cases = [await submit(office.calls) for _ in range(100)]
    office.clock.set(NOON + timedelta(days=6))
    try:
        heap = [sent(commands.AcceptCase(case_id=case), expected_version=1) for case in cases]
        heap += [sent(commands.AcceptCase(case_id=case), expected_version=2) for case in cases[:30]]
        replies = await office.at_once(heap)
    finally:
        office.clock.set(NOON)
    given = sorted(reply.result["case_code"] for reply in replies if reply.refusal is None)
    assert given == [f"H13.57-250708-{serial:04d}" for serial in range(1, 101)]


async def test_a_serial_goes_on_after_codes_that_came_from_elsewhere(office: Office) -> None:
    """Also after 9999, where one digit more sorts before."""
    office.clock.set(NOON + timedelta(days=7))
    try:
        for serial in ("0007", "9999", "10000"):
            await submit(office.calls, case_code=f"H13.57-250709-{serial}")
        cases = [await submit(office.calls) for _ in range(3)]
        replies = await office.at_once([sent(commands.AcceptCase(case_id=case)) for case in cases])
    finally:
        office.clock.set(NOON)
    assert sorted(reply.result["case_code"] for reply in replies) == [
        f"H13.57-250709-{serial}" for serial in (10001, 10002, 10003)
    ]


async def test_a_log_and_commands_on_one_case_at_once_lose_nothing(office: Office) -> None:
    """The log tells of the acceptance that officers are recording: it is taken once, and everybody is answered."""
    at = NOON.isoformat()
    for number in range(10):
        code = f"H13.57-250702-{8_000 + number}"
        case = await submit(office.calls, case_code=code, procedure="1.001193")
        row = LogRow(
            line=2,
            case_code=code,
            unit="31570",
            deciding_unit="31570",
            procedure="1.001193",
            channel=Channel.DIRECT,
            submitted_at=at,
            accepted_at=at,
            completed_at=at,
            returned_at=at if number % 2 else "",
        )
        log = [command(ImportCases(rows=[row]), seconds=100) for _ in range(4)]
        moves = [commands.AcceptCase, commands.CompleteCase, commands.ReturnCase]
        heap = log + [sent(kind(case_id=case)) for kind in moves for _ in range(4)]
        replies = await office.at_once(heap[number:] + heap[:number])
        codes = {reply.refusal.code for reply in replies if reply.refusal}
        assert codes <= {"wrong-state", "forbidden"}
        imported = [reply.result for reply in replies if reply.result and "advanced" in reply.result]
        assert len(imported) == len(log)
        assert [result["rejected"] for result in imported] == [[]] * len(log)
        taken = sum(1 for reply in replies if reply.result and "version" in reply.result)
        version = await office.version(case)
        assert await office.told(case) == list(range(1, version + 1))
        assert version >= 3  # accepted and decided at least, each once
        assert taken + sum(result["advanced"] for result in imported) <= version - 1
        state = await office.pool.fetchval("select state from cases where id = $1", case)
        assert (state, version) in ((CaseState.COMPLETED, 3), (CaseState.RETURNED, 4))


async def test_a_role_that_may_not_is_refused_in_the_crowd_as_well(office: Office) -> None:
    case = await submit(office.calls)
    heap = [command(commands.AcceptCase(case_id=case), seconds=100, role=Role.VOLUNTEER) for _ in range(20)]
    replies = await office.at_once([*heap, sent(commands.AcceptCase(case_id=case))])
    assert [reply.refusal.code for reply in replies[:-1]] == ["forbidden"] * 20
    assert replies[-1].refusal is None
