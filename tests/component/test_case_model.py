"""Random lives of cases, step for step beside a plain model of the law; at the end log and table agree."""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import astuple, dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from contracts.envelope import Event
from contracts.roles import Role
from contracts.topology import TOPOLOGY
from services.chassis.calls import Calls
from services.chassis.database import Database
from services.chassis.ids import uuid7
from services.chassis.outbox import event_class
from services.intake.handlers.audit_rows import row_faults
from services.intake.store import audit as audit_store
from services.intake.store import cases as intake_store
from services.reporting import store as reporting_store
from services.reporting.domain import CaseRow, fold
from services.worktime.clock import FrozenClock
from tests.component import case_model as model
from tests.component.ground import answer, command, ground
from tests.component.intake import replica

FULL = bool(os.environ.get("TIEPSUC_FULL"))
START = datetime(2025, 7, 1, 8, tzinfo=model.HERE)
COMPARED = (
    "state", "version", "procedure", "channel", "case_code", "submitted_at", "moved_at", "act_by", "resumes",
    "accepted_at", "clock_started_at", "first_due_at", "due_at", "extended_at", "started_at", "completed_at",
    "returned_at", "ended_at", "outcome",
)  # fmt: skip
# `tiepsuc verify` compares what each side makes of its own row.
DIGEST_OF_FACT = "select {} from (select {}) as case_fact".format(
    reporting_store.DIGEST,
    ", ".join(
        f"${n}::{'uuid' if name == 'case_id' else 'timestamptz' if name.endswith('_at') else 'text'} as {name}"
        for n, name in enumerate((field.name for field in fields(CaseRow)), 1)
    ),
)
SPECS = {spec.verb: spec for spec in TOPOLOGY.calls_of("intake")}
TYPES = {spec.type: spec.data for spec in TOPOLOGY.events if spec.owner == "intake"}
AT = {  # what each command calls the instant of its move
    "accept-case": "accepted_at",
    "decline-case": "declined_at",
    "start-case": "started_at",
    "request-supplement": "requested_at",
    "complete-supplement": "completed_at",
    "request-payment": "requested_at",
    "record-payment": "paid_at",
    "extend-case": "extended_at",
    "withdraw-case": "withdrawn_at",
    "stop-case": "stopped_at",
    "complete-case": "completed_at",
    "return-case": "returned_at",
    "report-error": "reported_at",
    "correct-result": "corrected_at",
}
MORE = {
    "accept-case": ("case_code",),
    "request-payment": ("amount",),
    "record-payment": ("amount",),
    "extend-case": ("new_due_at",),
    "stop-case": ("cause",),
    "amend-case": ("procedure", "channel"),
    "complete-case": ("outcome",),
}


@dataclass
class World:
    """Intake on a real database, driven step by step from a test that is not asynchronous itself."""

    run: Callable[[Coroutine[Any, Any, Any]], Any]
    database: Database
    calls: Calls
    clock: FrozenClock
    examples: int = 0


@asynccontextmanager
async def served(clock: FrozenClock) -> AsyncIterator[tuple[Database, Calls]]:
    async with ground() as here:
        database = await here.database("intake")
        yield database, replica(database, clock)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    clock = FrozenClock(START)
    with asyncio.Runner() as runner:
        opened = served(clock)
        database, calls = runner.run(opened.__aenter__())
        yield World(runner.run, database, calls, clock)
        runner.run(opened.__aexit__(None, None, None))


class Lives(RuleBasedStateMachine):
    """Several cases at once. Most commands are sensible, so that cases get far; the others are anything."""

    world: World

    @initialize()
    def begin(self) -> None:
        self.cases: dict[UUID, model.Case] = {}
        self.steps = 0
        self.world.examples += 1
        self.world.clock.set(START)
        self.codes = (f"H13.57-{self.world.examples:06d}-{n:04d}" for n in range(1, 10_000))

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    def dice(self, number: int) -> random.Random:
        """Drawn evenly: hypothesis would rather repeat what is small, and cases would not get far."""
        self.steps += 1
        return random.Random(f"{number} {self.steps}")

    @rule(number=st.integers(0, 2**64))
    def submit(self, number: int) -> None:
        draw = self.dice(number)
        if len(self.cases) > 5:
            return
        at = self.now - timedelta(minutes=draw.choice((0, 0, 0, 30, 3_000, -1)))
        code, case_id = next(self.codes) if draw.random() < 0.5 else None, uuid7()
        procedure, channel = draw.choice(list(model.LIMITS)), draw.choice(("direct", "online", "post"))
        wish = {"case_id": case_id, "receiving_unit": "31570", "deciding_unit": "31570", "procedure": procedure}
        wish |= {"channel": channel, "submitted_at": at, "case_code": code}
        wrongs = {"impossible-time"} if at > self.now else set()
        if self.judged("submit-case", wish, draw.choice(list(Role)), wrongs):
            self.cases[case_id] = model.new(procedure, channel, at, code)
            self.same(case_id)

    @rule(number=st.integers(0, 2**64))
    def serve(self, number: int) -> None:
        draw = self.dice(number)
        if len(self.cases) > 5:
            return
        case_id, now, procedure = uuid7(), self.now, draw.choice(list(model.LIMITS))
        wish = {"case_id": case_id, "receiving_unit": "31570", "deciding_unit": "31570", "procedure": procedure}
        wrongs = set() if model.LIMITS[procedure][1] == "same day" else {"not-immediate"}
        role = draw.choice((Role.RECEIVING_OFFICER, Role.LEADER))
        if reply := self.judged("serve-case", wish, role, wrongs):
            case = self.cases[case_id] = model.new(procedure, "direct", now, None)
            model.accept(case, now, reply["case_code"])
            model.complete(case, {"at": now, "outcome": "granted"})
            model.hand_over(case, {"at": now})
            case["version"] = 4
            self.same(case_id)

    @rule(numbers=st.lists(st.integers(0, 2**64), min_size=1, max_size=10))
    def moves(self, numbers: list[int]) -> None:
        for number in numbers:
            if self.cases:
                self.move(self.dice(number))

    def move(self, draw: random.Random) -> None:
        if self.now < START + timedelta(days=75):  # beyond, deadlines would meet holidays that the model has not
            days = draw.choice((0, 0, 0, 0, 0, 0, 1, 1, 2, 7, 20))
            self.world.clock.advance(timedelta(days=days, minutes=draw.randint(0, 300)))
        case_id = draw.choice(list(self.cases))
        case = self.cases[case_id]
        sensible = draw.random() < 0.8
        role = draw.choice(list(Role))
        back = draw.choice((0,) * 12 + (1, 60, 3_000, -5))
        reason = draw.choice(("vì thiếu giấy tờ",) * 6 + ("  ", ""))
        version = draw.choice((None, None, 0, 0, 0, 0, -1, 1))
        more = {
            "amount": draw.choice((10_000, 10_000, 20_000)),
            "cause": draw.choice(("other", "supplement-not-completed")),
            "procedure": draw.choice((None, *model.LIMITS)),
            "channel": draw.choice((None, "direct", "online")),
            "outcome": draw.choice(("granted", "refused")),
            "code": draw.choice((None, None, None, "own", "new", "other")),
        }
        verbs = sorted(verb for verb, states in model.FROM.items() if case["state"] in states) if sensible else []
        verb = draw.choice(verbs or sorted(model.FROM))
        if sensible:
            role = Role(draw.choice(sorted(model.MAY[verb])))
        at = self.now if verb == "amend-case" else self.now - timedelta(minutes=back)
        taken = next((c["case_code"] for c in self.cases.values() if c is not case and c["case_code"]), None)
        code = {"own": case["case_code"], "new": next(self.codes), "other": taken}.get(str(more["code"]))
        asked = more | {"at": at, "reason": reason, "code": code}
        asked["new_due_at"] = (case["due_at"] or self.now) + timedelta(days=draw.randint(-1, 9))
        wrongs = model.wrongs(case, verb, asked, self.now)
        if verb == "accept-case" and code is not None and code == taken and wrongs != {"wrong-state"}:
            wrongs.add("case-code-taken")
        wish = {"case_id": case_id} | {key: asked[key] for key in MORE.get(verb, ()) if key in asked}
        if verb in AT:
            wish[AT[verb]] = at
        if "reason" in SPECS[verb].data.model_fields:
            wish["reason"] = reason
        if verb == "accept-case":
            wish["case_code"] = code
        expected = None if version is None else max(case["version"] + version, 0)
        if expected not in (None, case["version"]):
            wrongs = {"version-conflict"}
        if reply := self.judged(verb, wish, role, wrongs, expected):
            case["version"] += 1
            if verb == "accept-case":
                model.accept(case, at, code or case["case_code"] or reply["case_code"])
            else:
                model.EFFECTS[verb](case, asked)
        self.same(case_id)

    def judged(
        self, verb: str, wish: dict[str, Any], role: Role, wrongs: set[str], expected: int | None = None
    ) -> dict[str, Any] | None:
        """Sends a command; the result if it was accepted, as the model has to agree."""
        if role not in model.MAY[verb]:
            wrongs = {"forbidden"}
        data = SPECS[verb].data.model_validate(wish)
        made = command(data, role=role, expected_version=expected)
        reply = self.world.run(answer(self.world.calls, made))
        if reply.refusal:
            assert reply.refusal.code in wrongs, (verb, reply.refusal, wrongs)
            return None
        assert not wrongs, (verb, wish, wrongs)
        result: dict[str, Any] = reply.result
        return result

    def same(self, case_id: UUID) -> None:
        """The stored case is the model's."""
        row = self.world.run(self.world.database.pool.fetchrow("select * from cases where id = $1", case_id))
        wanted = self.cases[case_id]
        assert {key: row[key] for key in COMPARED} == {key: wanted[key] for key in COMPARED}
        waits = [
            [w["kind"], *(w[key] and datetime.fromisoformat(w[key]) for key in ("since", "until", "by")), w["amount"]]
            for w in json.loads(row["waits"])
        ]
        assert waits == wanted["waits"]
        assert sum(1 for wait in waits if wait[0] == "supplement") <= 1

    def teardown(self) -> None:
        """The log, folded as reporting does it, is the table; its versions have no gap, and codes stand once."""
        self.world.run(self._check_log())

    async def _check_log(self) -> None:
        pool, ids = self.world.database.pool, list(self.cases)
        rows = await pool.fetch(
            "select entity, version, payload from outbox where entity = any($1) order by entity, version", ids
        )
        versions: dict[UUID, list[int]] = {case_id: [] for case_id in ids}
        for row in rows:
            versions[row["entity"]].append(row["version"])
        assert versions == {case_id: list(range(1, c["version"] + 1)) for case_id, c in self.cases.items()}
        projected = fold(_event(row["payload"]) for row in rows).cases
        for case_id, case in self.cases.items():
            told = projected[case_id]
            assert (told.state, told.due_at, told.procedure, told.channel) == (
                case["state"], case["due_at"], case["procedure"], case["channel"],
            )  # fmt: skip
            assert (told.submitted_at, told.accepted_at) == (case["submitted_at"], case["accepted_at"])
            assert told.returned_at == case["returned_at"]
            kept = await pool.fetchval(f"select {intake_store.DIGEST} from cases where id = $1", case_id)
            assert await pool.fetchval(DIGEST_OF_FACT, *astuple(told)) == kept
        async with self.world.database.reading() as connection:
            entries = [each for id in ids for each in await audit_store.entries_of(connection, id, 0, 1_000)]
            assert await row_faults(connection, entries) == []
        codes = [case["case_code"] for case in self.cases.values() if case["case_code"]]
        assert len(set(codes)) == len(codes)


def _event(payload: str) -> Event[Any]:
    return event_class(TYPES[json.loads(payload)["type"]]).model_validate_json(payload)


@pytest.mark.timeout(1_800 if FULL else 240)
def test_random_lives_agree_with_the_model(world: World) -> None:
    Lives.world = world
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=400 if FULL else 30,
            stateful_step_count=40,
            derandomize=not FULL,
            deadline=None,
            database=None,
            phases=(Phase.generate,),  # what fails is a line of a few moves; making it shorter takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
