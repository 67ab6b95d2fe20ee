"""The scene of a fault: a whole stack with the witness in reporting's place, a load, and what must hold afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import nats
import psutil
from nats.js import JetStreamContext
from nats.js.api import StreamInfo

from contracts.topology import SERVICES
from services.operations.embedded import stack as embedded
from services.operations.embedded.stack import Stack
from tests.benchmarks import logs
from tests.support.stack import command, converged, database

FULL = bool(os.environ.get("TIEPSUC_FULL"))
"""`make faults` runs full; the gate runs the same tests with less load and fewer blows."""
_SETTLED_WITHIN = 400 if FULL else 120  # seconds; a process that dies again and again is started at longer intervals

_WITNESS = """
    set role reporting_owner; -- who owns every table here: the provisioner, started again, grants on all of them
    create table witness (
        id bigint generated always as identity primary key,
        entity uuid not null, version int not null, kind text not null
    );
    grant select, insert on witness to reporting;
"""


@dataclass
class Scene:
    """A running stack, and how many cases were sent into it."""

    stack: Stack
    cases: int = 0
    imports: list[asyncio.Task[str]] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.stack.home

    def load(self, cases: int) -> None:
        """Begins to import a log of new cases, by the command, which sends each piece until it is answered."""
        file = logs.write(self.home / f"load-{len(self.imports)}.csv", cases, len(self.imports))
        self.cases += cases
        self.imports.append(asyncio.create_task(command(self.home, "import", str(file), "--json", timeout=300)))

    async def loaded(self) -> None:
        """Until all that was begun is imported; no row is rejected."""
        for answer in await asyncio.gather(*self.imports):
            assert json.loads(answer)["rejected"] == 0

    def kill(self, name: str) -> None:
        """kill -9, if it lives; the supervisor starts it again."""
        if (pid := self.stack.children[name].pid) is not None:
            os.kill(pid, signal.SIGKILL)

    async def blows(self, names: Sequence[str], times: int) -> int:
        """Kills each of them `times` times, in random order and at random moments; how many found it alive."""
        order = list(names) * times
        random.shuffle(order)
        struck = 0
        for name in order:
            await asyncio.sleep(random.uniform(0.3, 1.5))
            struck += self.stack.children[name].pid is not None
            self.kill(name)
        return struck

    async def replica(self, name: str) -> None:
        """A second process of a service, on a port of its own."""
        spec = self.stack.children[name].spec
        port = self.stack.ports[name] + 12_000  # above the range that test stacks draw from
        env = {**spec.env, "TIEPSUC_HTTP_PORT": str(port)}
        twin = replace(spec, name=f"{name}-2", log=spec.log.with_name(f"{name}-2.log"), env=env)
        await embedded._child(self.stack, replace(twin, ready=lambda: embedded._answers(port, "/ready")))
        await self.stack.children[twin.name].wait_ready(30)

    async def stop(self, *names: str) -> None:
        """Stops children in order; the supervisor lets them be."""
        await asyncio.gather(*(self.stack.children[name].stop() for name in names))

    async def start(self, *names: str) -> None:
        """Starts what was stopped."""
        for name in names:
            await embedded._child(self.stack, self.stack.children[name].spec)

    async def ready(self, name: str) -> bool:
        """What the child's own /ready says."""
        return await self.stack.children[name].spec.ready()

    @asynccontextmanager
    async def jetstream(self) -> AsyncIterator[JetStreamContext]:
        """JetStream, as the provisioner may use it."""
        client = await nats.connect(
            self.stack.nats_url,
            nkeys_seed=str(self.stack.secrets_dir / "provisioner" / "nats.seed"),
            inbox_prefix=b"_INBOX_provisioner",
        )
        try:
            yield client.jetstream(timeout=10)
        finally:
            await client.close()

    async def stream(self, name: str) -> StreamInfo:
        """What the server says of a stream."""
        async with self.jetstream() as js:
            return await js.stream_info(name)

    async def settle(self, *, dead: int = 0) -> None:
        """Until the load is imported and everything has taken effect; then looks whether it did so just once.

        `tiepsuc verify` has to agree: clean, but for dead letters where there have to be some.
        """
        await self.loaded()
        await converged(self.stack, _SETTLED_WITHIN, dead=dead)
        await self.assert_once_and_in_order()
        await self.assert_projection_equals_truth()
        await asyncio.gather(*(child.wait_ready(60) for child in self.stack.children.values()))  # or on its way up
        await command(self.home, "verify", code=1 if dead else 0)
        await self.assert_nothing_spins()

    async def assert_once_and_in_order(self) -> None:
        """The witness saw each event of the log once, and each entity's in the order of its versions."""
        async with database(self.stack, "intake") as intake, database(self.stack, "reporting") as reporting:
            events = await intake.fetchval("select count(*) from outbox")
            cases = await intake.fetchval("select count(*) from cases")
            effects = await reporting.fetchval("select count(*) from witness")
            distinct = await reporting.fetchval("select count(distinct (entity, version)) from witness")
            disorder = await reporting.fetchval(
                """select count(*) from (
                       select version - row_number() over (partition by entity order by id) as gap from witness
                   ) w where gap <> 0"""
            )
        assert cases == self.cases
        assert (effects, distinct) == (events, events)
        assert disorder == 0

    async def assert_projection_equals_truth(self) -> None:
        """Reporting's cases are intake's, row by row."""
        columns = "state, submitted_at, accepted_at, due_at, completed_at, returned_at"
        async with database(self.stack, "intake") as intake, database(self.stack, "reporting") as reporting:
            truth = await intake.fetch(f"select id, {columns} from cases order by id")
            shown = await reporting.fetch(f"select case_id as id, {columns} from case_fact order by id")
        assert [tuple(row) for row in truth] == [tuple(row) for row in shown]

    async def assert_nothing_spins(self, seconds: float = 3.0, share: float = 0.5) -> None:
        """With nothing to do, every process lives on and none uses half a processor."""
        pids = {name: child.pid for name, child in self.stack.children.items()}
        before = {name: _cpu(pid) for name, pid in pids.items()}
        await asyncio.sleep(seconds)
        assert {name: child.pid for name, child in self.stack.children.items()} == pids
        busy = {name: round((_cpu(pid) - before[name]) / seconds, 2) for name, pid in pids.items()}
        assert all(used < share for used in busy.values()), busy


def _cpu(pid: int | None) -> float:
    if pid is None:
        return 0.0
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


@asynccontextmanager
async def scene(home: Path, *, crash: float = 0.0) -> AsyncIterator[Scene]:
    """A stack whose reporting is the witness; `crash` is its chance to die between commit and acknowledgement."""
    others = [name for name in SERVICES if name != "reporting"]
    async with embedded.running(home, others) as stack:
        async with database(stack, "reporting") as reporting:
            await reporting.execute(_WITNESS)
        spec = embedded._service(stack, "reporting")
        await embedded._child(
            stack,
            replace(
                spec,
                command=[sys.executable, "-m", "tests.faults.witness"],
                env={**spec.env, "WITNESS_CRASH": str(crash)},
            ),
        )
        await stack.children["reporting"].wait_ready(30)
        yield Scene(stack)
