"""A service's life: the order of starting, of stopping, and what ends it.

Start: health page, database and schema, wiring, NATS, durables, consumers, relay. Stop: in reverse, what is in hand is
finished first. Where it cannot go on consuming, it ends with a code that says why; a supervisor starts it again.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from faststream.nats import NatsBroker
from nats.aio.client import Client
from nats.errors import Error as NatsError

from contracts.topology import RETENTION, TOPOLOGY, DurableSpec, Topology
from services.chassis import broker as nats
from services.chassis import guards, logs, metrics, migrate, tracing
from services.chassis.calls import Calls
from services.chassis.consumer import Consumer
from services.chassis.database import Database, address, open_pool
from services.chassis.effects import Effect
from services.chassis.errors import Fault, Misconfigured, fault_of
from services.chassis.guards import Ended, ExitCode
from services.chassis.health import Health, HttpServer
from services.chassis.outbox import EventWriter
from services.chassis.relay import Relay
from services.chassis.self_report import SelfReport
from services.chassis.self_service import SelfService
from services.chassis.settings import ServiceSettings, from_environment
from services.worktime.clock import Clock, SystemClock

log = logging.getLogger(__name__)

_SWEEP_SECONDS = 15.0
_FORGET_SECONDS = 3600.0
_RETRY_SECONDS = 1.0
_LOST_WHILE_DRAINING = 1.0


@dataclass(frozen=True, slots=True)
class Round:
    """Work that is done every few seconds. It may fail for the surroundings' sake, and is then done next time."""

    name: str
    seconds: float
    work: Callable[[], Awaitable[object]]


@dataclass
class Chassis:
    """What a service's composition root builds on."""

    service: str
    settings: ServiceSettings
    clock: Clock
    topology: Topology
    database: Database
    calls: Calls
    health: Health
    relay_pool: asyncpg.Pool[Any]
    """With the relay's role: the service's own may not read its outbox."""
    consumers: dict[str, Consumer] = field(default_factory=dict)
    at_start: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    """Run once the database is there, before anything is consumed or answered."""
    rounds: list[Round] = field(default_factory=list)
    """Run again and again while the service runs, in each replica."""

    def consume(self, owner: str, effect: Effect, *, ordered: bool = True) -> None:
        """Applies `owner`'s events by `effect`; the topology must have a durable for it."""
        self.consumers[owner] = Consumer(self.service, owner, self.database, self.topology, effect, ordered=ordered)


@dataclass(frozen=True)
class Service:
    """A service as its `app.py` describes it: a name, and how it is wired."""

    name: str
    wire: Callable[[Chassis], Awaitable[None]]
    settings: type[ServiceSettings] = ServiceSettings
    topology: Topology = TOPOLOGY
    clock: Clock = field(default_factory=SystemClock)


def main(service: Service) -> None:
    """Runs a service until it is told to stop, and exits with its code."""
    logs.configure(service.name, "INFO")
    try:
        settings = from_environment(service.settings)
        logs.configure(service.name, settings.log_level)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            code = runner.run(serve(service, settings))
    except Misconfigured as error:
        log.critical("%s", error)
        code = ExitCode.MISCONFIGURED
    sys.exit(code)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - there is none for Windows
    except ImportError:
        return None
    return uvloop.new_event_loop


async def serve(service: Service, settings: ServiceSettings) -> ExitCode:
    """Runs a service in this event loop; returns why it ended."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    provider = tracing.configure(service.name)
    run = _Run(service, settings)
    code = ExitCode.STOPPED
    try:
        code = await run.until(stop)
    finally:
        await run.close()
        provider.shutdown()
    return code


class _Run:
    """One run of a service: what is open, and in which order it closes."""

    def __init__(self, service: Service, settings: ServiceSettings) -> None:
        self.service = service
        self.settings = settings
        self.health = Health(service.name)
        self.http = HttpServer.over(self.health.app(), settings.http_host, settings.http_port)
        self.ended: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        self.tasks: list[asyncio.Task[None]] = []
        self.pools: list[asyncpg.Pool[Any]] = []
        self.broker: NatsBroker | None = None
        self.client: Client | None = None
        self.fetches: nats.Fetches | None = None
        self.closing = False

    async def until(self, stop: asyncio.Event) -> ExitCode:
        """Starts, and waits for the stop or for what ends it earlier."""
        self._watch("http", self._serve_http())
        starting = asyncio.create_task(self._start(), name="start")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            await _first_of(starting, stopping, self.ended)
            if starting.done():
                await starting
                await _first_of(stopping, self.ended)
        finally:
            for task in (starting, stopping):
                task.cancel()
            await asyncio.gather(starting, stopping, return_exceptions=True)
        if self.ended.done() and not stop.is_set():
            ended = self.ended.result()
            log.error("ends with code %d: %s", ended.code, ended)
            return ended.code
        log.info("stops")
        return ExitCode.STOPPED

    def _watch(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Runs a task whose end, by whatever cause, ends the process: nothing dies silently."""

        def ended(task: asyncio.Task[None]) -> None:
            if task.cancelled() or self.closing or self.ended.done():
                return
            error = task.exception()
            if isinstance(error, Ended):
                self.ended.set_result(error)
            else:
                log.error("task %s ended", name, exc_info=error)
                self.ended.set_result(Ended(ExitCode.FAILED, f"task {name} ended: {error!r}"))

        task = asyncio.create_task(work, name=name)
        task.add_done_callback(ended)
        self.tasks.append(task)

    async def _serve_http(self) -> None:
        try:
            await self.http.serve()
        except SystemExit as error:  # uvicorn's way to say that the port is taken
            raise Ended(ExitCode.FAILED, f"cannot listen on port {self.settings.http_port}") from error

    async def _start(self) -> None:
        name, settings = self.service.name, self.settings
        database = await self._open_database()
        calls = Calls(name, database, self.service.topology, self.service.clock)
        relay_address = address(settings, name, f"{name}_relay", "relay.password")
        relay_pool = await self._pool(relay_address, 2)
        chassis = Chassis(
            name, settings, self.service.clock, self.service.topology, database, calls, self.health, relay_pool
        )
        await self.service.wire(chassis)
        SelfService(chassis.consumers, relay_pool).register(calls)
        SelfReport(self.health, chassis.consumers, relay_pool).register(calls)
        if missing := calls.missing():
            raise Misconfigured(f"{name} does not answer {', '.join(sorted(missing))}, which the topology promises")
        for hook in chassis.at_start:
            await hook()
        client = await self._connect(chassis)
        relay = Relay(name, self.service.topology.stream_of(name).name, relay_address, client, database.appended)
        self._watch("relay", relay.run())
        self._watch("connection guard", guards.connection(client, settings.lost_seconds))
        durables = self.service.topology.durables_of(name)
        for durable in durables:
            self._watch(f"guard of {durable.stream}", guards.durable(client, durable))
        for consumer in chassis.consumers.values():
            self._watch(f"sweep of {consumer.owner}", _sweep(consumer))
        rounds = (*chassis.rounds, Round("forgetting", _FORGET_SECONDS, lambda: calls.forget(RETENTION)))
        for each in rounds:
            self._watch(each.name, _repeat(each))
        self._add_checks(database, relay, client, durables)
        self.health.stage = "running"
        log.info("running", extra={"http": f"{settings.http_host}:{settings.http_port}"})

    async def _open_database(self) -> Database:
        """Waits for the database and its schema; both are the provisioner's work."""
        name, settings = self.service.name, self.settings
        arguments = address(settings, name, name, "database.password")
        self.health.stage = "waiting for the database"
        pool = await self._pool(arguments, settings.database_pool)
        self.health.stage = "waiting for the schema"
        while not await _schema_ready(pool, name):  # noqa: ASYNC110 - the provisioner is another process
            await asyncio.sleep(0.25)
        self.health.stage = "starting"
        return Database(pool, EventWriter(name, self.service.topology, self.service.clock))

    async def _pool(self, arguments: dict[str, Any], size: int) -> asyncpg.Pool[Any]:
        waits = ""
        while True:
            try:
                pool = await open_pool(arguments, size=size)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                # A role or database that is not there yet looks like a wrong password; only time tells them apart.
                if waits != (waits := f"waiting for the database: {type(error).__name__}: {error}"):
                    log.warning("%s", waits)
                    self.health.stage = waits
                await asyncio.sleep(0.25)
            else:
                self.pools.append(pool)
                return pool

    async def _connect(self, chassis: Chassis) -> Client:
        settings, name = self.settings, self.service.name

        async def on_closed() -> None:
            if not self.closing and not self.ended.done():
                self.ended.set_result(Ended(ExitCode.CONNECTION_CLOSED, "the NATS connection is closed for good"))

        self.health.stage = "waiting for NATS"
        self.broker = nats.open_broker(
            name,
            settings.nats_url,
            settings.nats_seed_file,
            ca_file=settings.nats_ca_file,
            drain_seconds=settings.drain_seconds,
            on_closed=on_closed,
        )
        durables = {durable.stream: durable for durable in self.service.topology.durables_of(name)}
        for owner, consumer in chassis.consumers.items():
            durable = durables[self.service.topology.stream_of(owner).name]
            nats.subscribe(self.broker, durable, consumer.handle)
        for subject in chassis.calls.subjects:
            nats.respond(self.broker, name, subject, chassis.calls.answer)
        self.client = client = await self._connected(self.broker)
        self.health.stage = "waiting for its durables"
        for durable in durables.values():
            await nats.wait_for_durable(client, durable)
        await self.broker.start()
        self.fetches = nats.Fetches(self.broker)
        return client

    async def _connected(self, broker: NatsBroker) -> Client:
        """Waits as long as it takes, also for a server that does not know us: it may not have been told of us yet."""
        waits = ""
        while True:
            try:
                return await broker.connect()
            except (NatsError, OSError) as error:
                if waits != (waits := f"waiting for NATS: {type(error).__name__}: {error}"):
                    log.warning("%s", waits)
                    self.health.stage = waits
                await asyncio.sleep(_RETRY_SECONDS)

    def _add_checks(self, database: Database, relay: Relay, client: Client, durables: tuple[DurableSpec, ...]) -> None:
        async def check_database() -> str | None:
            await database.pool.fetchval("select 1", timeout=2)
            return None

        async def check_nats() -> str | None:
            if not client.is_connected:
                return "not connected"
            await client.flush(timeout=2)
            return None

        async def check_relay() -> str | None:
            return relay.trouble

        async def check_durables() -> str | None:
            gone = [d.stream for d in durables if not await nats.durable_exists(client, d)]
            return f"no durable on {', '.join(gone)}" if gone else None

        self.health.add("database", check_database)
        self.health.add("nats", check_nats)
        self.health.add("relay", check_relay)
        self.health.add("durables", check_durables)

    async def close(self) -> None:
        """Stops taking work, finishes what is in hand, then lets go of everything."""
        self.closing = True
        self.health.stage = "stopping"
        if self.broker is not None:
            draining = asyncio.create_task(self._drain(self.broker))
            end = asyncio.get_running_loop().time() + self.settings.drain_seconds + 2
            while not draining.done() and asyncio.get_running_loop().time() < end:
                await asyncio.wait({draining}, timeout=_LOST_WHILE_DRAINING)
                if self.client is not None and not self.client.is_connected:
                    break  # nobody would hear what is still to be said
            draining.cancel()
            await asyncio.wait({draining}, timeout=1)
        self.http.should_exit = True
        for task in self.tasks[1:]:
            task.cancel()
        await asyncio.gather(*self.tasks[1:], return_exceptions=True)
        for http in self.tasks[:1]:
            await asyncio.wait({http}, timeout=3)
            http.cancel()
        for pool in self.pools:
            try:
                async with asyncio.timeout(3):
                    await pool.close()
            except (TimeoutError, OSError, asyncpg.InterfaceError, asyncpg.PostgresError):
                pool.terminate()
        metrics.LEADER.labels(self.service.name).set(0)

    async def _drain(self, broker: NatsBroker) -> None:
        with suppress(Exception):
            if self.fetches is not None:
                await self.fetches.stop()
            await broker.stop()


async def _first_of(*waited: asyncio.Future[Any]) -> None:
    await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)


async def _schema_ready(pool: asyncpg.Pool[Any], service: str) -> bool:
    try:
        async with pool.acquire() as connection:
            return await migrate.is_current(connection, service)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False


async def _sweep(consumer: Consumer) -> None:
    while True:
        try:
            if followed := await consumer.sweep():
                log.info("%d parked events followed", followed, extra={"owner": consumer.owner})
            await consumer.tell_waiting()
        except Exception as error:
            if fault_of(error) is not Fault.SURROUNDINGS:
                raise
        await asyncio.sleep(_SWEEP_SECONDS)


async def _repeat(each: Round) -> None:
    while True:
        try:
            await each.work()
        except Exception as error:
            if fault_of(error) is not Fault.SURROUNDINGS:
                raise
        await asyncio.sleep(each.seconds)
