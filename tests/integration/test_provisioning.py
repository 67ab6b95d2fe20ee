"""The resident provisioner: what it makes, what it makes again, what it brings back, what it warns of."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import nats
import nats.js.errors
import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.js.api import ConsumerConfig, DiscardPolicy, StorageType

from contracts.topology import DUPLICATE_WINDOW, RETENTION, SERVICES, TOPOLOGY
from services.chassis import migrate
from services.chassis.errors import Misconfigured
from services.chassis.runtime import _schema_ready
from services.operations.embedded.stack import STREAM_BYTES, Stack, running
from services.operations.provisioning import databases, secrets
from services.operations.provisioning.resident import Provisioner, ProvisionerSettings
from tests.support.stack import database, new_home

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack() -> AsyncIterator[Stack]:
    """NATS, PostgreSQL and the provisioner."""
    with new_home() as home:
        async with running(home, ()) as found:
            yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(stack: Stack) -> AsyncIterator[Client]:
    """A second connection with the provisioner's rights."""
    connection = await nats.connect(
        stack.nats_url,
        nkeys_seed=str(stack.secrets_dir / "provisioner" / "nats.seed"),
        inbox_prefix=b"_INBOX_provisioner",
    )
    yield connection
    await connection.close()


def _settings(stack: Stack, **more: object) -> ProvisionerSettings:
    return ProvisionerSettings.model_validate(
        {
            "environment": "embedded",
            "nats_url": stack.nats_url,
            "secrets_root": stack.secrets_dir,
            "database_port": stack.ports["postgres"],
            "stream_max_bytes": STREAM_BYTES,
        }
        | more
    )


async def _within(seconds: float, happened: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(seconds):
        while not await happened():
            await asyncio.sleep(0.1)


def _ready(stack: Stack) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{stack.ports['provisioner']}/ready", timeout=5) as answer:
            body = answer.read()
    except urllib.error.HTTPError as error:
        body = error.read()
    found: dict[str, Any] = json.loads(body)
    return found


# --- streams and durables ----------------------------------------------------------------------------------


async def test_streams_and_durables_are_as_the_topology_says(stack: Stack, client: Client) -> None:
    js = client.jetstream()
    assert {info.config.name for info in await js.streams_info()} == {stream.name for stream in TOPOLOGY.streams}
    for stream in TOPOLOGY.streams:
        config = (await js.stream_info(stream.name)).config
        assert config.subjects == list(stream.subjects)
        assert config.storage == StorageType.FILE
        assert config.discard == DiscardPolicy.NEW
        assert config.allow_atomic is True
        assert config.max_age == RETENTION.total_seconds()
        assert config.duplicate_window == DUPLICATE_WINDOW.total_seconds()
        assert config.max_bytes == STREAM_BYTES
        durables = {info.name: info.config for info in await js.consumers_info(stream.name)}
        assert set(durables) == {each.name for each in TOPOLOGY.durables if each.stream == stream.name}
        for each in (durable for durable in TOPOLOGY.durables if durable.stream == stream.name):
            filters = durables[each.name].filter_subjects or [durables[each.name].filter_subject or ""]
            assert [text for text in filters if text] == list(each.filters)
            assert durables[each.name].max_deliver == -1
            assert durables[each.name].ack_wait == each.ack_wait.total_seconds()
            assert durables[each.name].deliver_subject is None


async def test_the_server_has_it_on_the_disk_before_it_acknowledges(stack: Stack) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{stack.ports['nats_http']}/varz", timeout=5) as answer:
        jetstream = json.loads(answer.read())["jetstream"]["config"]
    assert jetstream["sync_always"] is True
    assert jetstream["store_dir"] == str(stack.home / "jetstream" / "jetstream")


async def test_a_second_round_finds_nothing_to_do(
    stack: Stack, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    provisioner = Provisioner(_settings(stack))
    await provisioner.round(client)
    assert provisioner.trouble is None
    assert not caplog.records, "it would tell what it made or changed"


async def test_what_is_deleted_or_altered_is_as_before_within_seconds(stack: Stack, client: Client) -> None:
    js = client.jetstream()
    await js.delete_stream("ESCALATION")
    await js.delete_consumer("INTAKE", "reporting")
    altered = (await js.stream_info("SCHEDULING")).config
    await js.update_stream(altered.evolve(max_age=60.0, duplicate_window=30.0, discard=DiscardPolicy.OLD))
    await js.add_consumer(
        "INTAKE", ConsumerConfig(durable_name="province-92", max_ack_pending=1, filter_subject="evt.>")
    )

    async def as_before() -> bool:
        try:
            config = (await js.stream_info("SCHEDULING")).config
            province = (await js.consumer_info("INTAKE", "province-92")).config
            await js.stream_info("ESCALATION")
            await js.consumer_info("INTAKE", "reporting")
        except nats.js.errors.NotFoundError:
            return False
        return (
            (config.max_age, config.discard) == (RETENTION.total_seconds(), DiscardPolicy.NEW)
            and config.duplicate_window == DUPLICATE_WINDOW.total_seconds()
            and province.filter_subject == "evt.intake.*.*.*.92"
        )

    await _within(5, as_before)
    assert _ready(stack)["ready"] is True


async def test_a_stream_that_fills_up_raises_the_alarm_well_before_it_refuses(stack: Stack, client: Client) -> None:
    """The resident provisioner would bring the size back, so a second one judges by a smaller size of its own."""
    intake = await nats.connect(
        stack.nats_url,
        nkeys_seed=str(stack.secrets_dir / "intake" / "nats.seed"),
        inbox_prefix=b"_INBOX_intake",
    )
    js = intake.jetstream()
    for _ in range(8):
        await js.publish("evt.intake.case.accepted.v1.92", b"x" * 10_000, stream="INTAKE")
    await intake.close()
    for limit, alarm in ((200_000, False), (100_000, True)):
        provisioner = Provisioner(_settings(stack, stream_max_bytes=limit))
        await provisioner.round(client)
        assert (provisioner.trouble is not None) is alarm
        if alarm:
            assert str(provisioner.trouble).startswith("stream INTAKE is 8")
            assert str(provisioner.trouble).endswith("% full")
    await Provisioner(_settings(stack)).round(client)


async def test_a_disk_too_small_for_the_streams_is_told_for_each_and_the_rest_goes_on(
    stack: Stack, client: Client
) -> None:
    provisioner = Provisioner(_settings(stack, stream_max_bytes=1 << 60))
    await provisioner.round(client)
    assert str(provisioner.trouble).count("TIEPSUC_STREAM_MAX_BYTES of every stream") == len(TOPOLOGY.streams)
    assert "durable" not in str(provisioner.trouble)


async def test_a_server_that_is_away_is_told_and_waited_for(stack: Stack) -> None:
    child = stack.children["nats"]
    assert child.pid is not None
    os.kill(child.pid, signal.SIGSTOP)
    try:
        await _within(15, lambda: asyncio.to_thread(lambda: "NATS" in str(_ready(stack)["findings"])))
        assert _ready(stack)["ready"] is False
    finally:
        os.kill(child.pid, signal.SIGCONT)
    await _within(20, lambda: asyncio.to_thread(lambda: bool(_ready(stack)["ready"])))
    assert stack.children["provisioner"].restarts == 0


# --- databases ---------------------------------------------------------------------------------------------


def _address(stack: Stack) -> dict[str, Any]:
    password = secrets.read(stack.secrets_dir, "provisioner", "database.password")
    return {"host": "127.0.0.1", "port": stack.ports["postgres"], "user": "postgres", "password": password}


async def test_provisioning_again_and_at_once_changes_nothing(stack: Stack) -> None:
    passwords = [secrets.read(stack.secrets_dir, "intake", f"{kind}.password") for kind in ("database", "relay")]
    both = await asyncio.gather(*(databases.provision(_address(stack), "intake", *passwords) for _ in range(4)))
    assert both == [[]] * 4
    async with database(stack, "intake", "intake") as service:
        assert await service.fetchval("select count(*) from gate") == 0


async def test_several_provisioners_at_once_make_a_new_database_once(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    _series(monkeypatch, chassis=CHASSIS, newcomer=["create table newcomer (x int)"])
    applied = await asyncio.gather(
        *(databases.provision(_address(stack), "newcomer", "p" * 20, "r" * 20) for _ in range(4))
    )
    assert sorted(map(len, applied)) == [0, 0, 0, 2]


async def test_a_new_password_is_taken_over_and_the_old_one_refused(stack: Stack) -> None:
    async def enter(password: str) -> None:
        connection = await asyncpg.connect(
            **_address(stack) | {"user": "gateway", "password": password}, database="gateway"
        )
        await connection.close()

    old, relay = (secrets.read(stack.secrets_dir, "gateway", f"{kind}.password") for kind in ("database", "relay"))
    await enter(old)
    await databases.provision(_address(stack), "gateway", "another-" + old, relay)
    await enter("another-" + old)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await enter(old)
    await databases.provision(_address(stack), "gateway", old, relay)


# --- migrations --------------------------------------------------------------------------------------------

CHASSIS = [
    """create table outbox (entity int, version int, payload int, created_at int, published_at int,
                            publication int, generation int, stream_seq int);
       create table relay_state (x int);
       create table replay (x int)"""
]


def _series(monkeypatch: pytest.MonkeyPatch, **series: list[str]) -> None:
    """Migrations of our own instead of the files."""

    def made(name: str) -> list[migrate.Migration]:
        return [migrate.Migration(name, n, f"{n:04d}_step", sql) for n, sql in enumerate(series.get(name, []), 1)]

    monkeypatch.setattr(migrate, "_series", made)


@pytest_asyncio.fixture(loop_scope="module")
async def empty(stack: Stack) -> AsyncIterator[str]:
    """An empty database."""
    async with database(stack, "postgres") as server:
        await server.execute("drop database if exists scratch")
        await server.execute("create database scratch")
    yield "scratch"


async def test_two_migrations_at_once_apply_each_step_once(
    stack: Stack, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _series(
        monkeypatch, chassis=["create table one (x int); select pg_sleep(0.3)"], scratch=["create table two (x int)"]
    )

    async def run() -> list[str]:
        async with database(stack, empty) as connection:
            return await migrate.migrate(connection, "scratch")

    first, second = await asyncio.gather(run(), run())
    assert sorted((first, second)) == [[], ["chassis/0001_step", "scratch/0001_step"]]


async def test_a_step_that_fails_leaves_nothing_and_is_done_again(
    stack: Stack, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database(stack, empty) as connection:
        _series(monkeypatch, scratch=["create table one (x int)", "create table two (x int); select 1/0"])
        with pytest.raises(asyncpg.DivisionByZeroError):
            await migrate.migrate(connection, "scratch")
        assert await connection.fetchval("select to_regclass('two')") is None
        _series(monkeypatch, scratch=["create table one (x int)", "create table two (x int)"])
        assert not await migrate.is_current(connection, "scratch")
        assert await migrate.migrate(connection, "scratch") == ["scratch/0002_step"]
        assert await migrate.is_current(connection, "scratch")
        held = await connection.fetchval("select count(*) from pg_locks where locktype = 'advisory'")
        assert held == 0


async def test_a_step_changed_after_it_was_applied_is_refused(
    stack: Stack, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database(stack, empty) as connection:
        _series(monkeypatch, scratch=["create table one (x int)"])
        await migrate.migrate(connection, "scratch")
        _series(monkeypatch, scratch=["create table one (y int)", "create table two (x int)"])
        with pytest.raises(Misconfigured, match="scratch/0001_step was changed after it was applied"):
            await migrate.migrate(connection, "scratch")
        assert await connection.fetchval("select to_regclass('two')") is None


def _folder_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    folder = tmp_path / "scratch" / "migrations"
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text("select 1")
    monkeypatch.setattr(migrate, "files", lambda _: tmp_path)


@pytest.mark.parametrize("names", [["0001_a.sql", "0003_c.sql"], ["0002_b.sql"], ["0001_a.sql", "0001_b.sql"]])
async def test_numbers_with_a_gap_or_twice_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str]
) -> None:
    _folder_of(tmp_path, monkeypatch, *names)
    with pytest.raises(Misconfigured, match=r"scratch/000\d_\w\.sql: number 000\d was expected"):
        migrate.migrations("scratch")


async def test_a_service_waits_for_a_schema_as_new_as_its_code_and_works_on_a_newer_one(
    stack: Stack, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = await asyncpg.create_pool(**_address(stack), database=empty, min_size=1, max_size=2)
    async with pool, database(stack, empty) as connection:
        assert not await _schema_ready(pool, "scratch"), "nothing there at all"
        _series(monkeypatch, scratch=["select 1", "select 2"])
        await migrate.migrate(connection, "scratch")
        assert await _schema_ready(pool, "scratch")
        _series(monkeypatch, scratch=["select 1", "select 2", "select 3"])
        assert not await _schema_ready(pool, "scratch"), "the code is newer: it waits"
        _series(monkeypatch, scratch=["select 1"])
        assert await _schema_ready(pool, "scratch"), "the database is newer: steps only add, so old code goes on"


async def test_every_service_has_migrations_that_count_without_gaps() -> None:
    for service in SERVICES:
        steps = migrate.migrations(service)
        assert steps
        assert steps[0].series == "chassis"
