"""Least rights, on a running stack: what each NATS user and PostgreSQL role is refused, and what it can do."""

from __future__ import annotations

import asyncio
import base64
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import nats
import nkeys
import pytest
import pytest_asyncio
from nats.aio.client import Client

from contracts.topology import SERVICES, TOPOLOGY, DurableSpec
from services.operations.embedded.stack import Stack, running
from services.operations.provisioning import secrets
from services.operations.provisioning.nats_rights import rights
from tests.support.stack import database, new_home

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVENT = "case.accepted.v1.92"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack() -> AsyncIterator[Stack]:
    """One stack for all; no service runs, so that nobody else publishes or answers."""
    with new_home() as home:
        async with running(home, ()) as found:
            yield found


class User:
    """A NATS user's connection, which remembers what the server refused."""

    def __init__(self) -> None:
        self.client: Client
        self.refused: list[str] = []

    async def on_error(self, error: Exception) -> None:
        self.refused.append(str(error).lower())

    async def may_publish(self, subject: str, reply: str = "") -> bool:
        return await self._allowed(self.client.publish(subject, b"{}", reply=reply))

    async def may_subscribe(self, subject: str) -> bool:
        before = len(self.refused)
        subscription = await self.client.subscribe(subject)
        await self._flush()
        allowed = len(self.refused) == before
        if allowed:
            await subscription.unsubscribe()
        return allowed

    async def _allowed(self, action: Any) -> bool:
        before = len(self.refused)
        await action
        await self._flush()
        return len(self.refused) == before

    async def _flush(self) -> None:
        """The server answers in order: a refusal comes before the answer to the ping; its callback runs soon after."""
        await self.client.flush(timeout=5)
        await asyncio.sleep(0.005)


@asynccontextmanager
async def connected(stack: Stack, name: str) -> AsyncIterator[User]:
    user = User()
    user.client = await nats.connect(
        stack.nats_url,
        nkeys_seed=str(stack.secrets_dir / name / "nats.seed"),
        inbox_prefix=f"_INBOX_{name}".encode(),
        error_cb=user.on_error,
        allow_reconnect=False,
    )
    try:
        yield user
    finally:
        await user.client.close()


def _reading(durable: DurableSpec) -> list[str]:
    place = f"{durable.stream}.{durable.name}"
    return [f"$JS.API.CONSUMER.INFO.{place}", f"$JS.API.CONSUMER.MSG.NEXT.{place}", f"$JS.ACK.{place}.1.1.1.1.0"]


OTHERS_BUSINESS = [
    "$JS.API.STREAM.CREATE.X",
    *(f"$JS.API.STREAM.{verb}.INTAKE" for verb in ("UPDATE", "DELETE", "PURGE", "MSG.GET", "MSG.DELETE", "SNAPSHOT")),
    "$JS.API.DIRECT.GET.INTAKE",
    "$JS.API.STREAM.NAMES",
    "$JS.API.STREAM.LIST",
    "$JS.API.CONSUMER.CREATE.INTAKE.mine.evt.>",
    "$JS.API.CONSUMER.DURABLE.CREATE.INTAKE.mine",
    "$JS.API.CONSUMER.DELETE.INTAKE.reporting",
    "$JS.API.CONSUMER.LIST.INTAKE",
    "$JS.API.CONSUMER.PAUSE.INTAKE.reporting",
    "$JS.API.CONSUMER.UNPIN.INTAKE.reporting",
    "$SYS.REQ.SERVER.PING",
    "anything",
]


@pytest.mark.parametrize("name", [user for user in TOPOLOGY.users if user != "provisioner"])
async def test_nats_users_may_do_what_the_topology_says_and_nothing_else(stack: Stack, name: str) -> None:
    publish = {f"evt.{owner}.{EVENT}": owner == name for owner in SERVICES}
    publish |= {call.subject: name in call.callers for call in TOPOLOGY.calls}
    publish |= {subject: each.user == name for each in TOPOLOGY.durables for subject in _reading(each)}
    if name == "operator":  # looks at every consumer, and takes nothing from any
        publish |= {f"$JS.API.CONSUMER.INFO.{each.stream}.{each.name}": True for each in TOPOLOGY.durables}
    publish |= dict.fromkeys(OTHERS_BUSINESS, False)
    publish |= {f"_INBOX_{user}.x": False for user in TOPOLOGY.users}
    publish |= {f"$JS.API.STREAM.INFO.{owner.upper()}": name in {owner, "operator"} for owner in SERVICES}
    subscribe: dict[str, bool] = dict.fromkeys((">", "evt.>", "_INBOX.>", "$JS.>", "$SYS.>", "cmd.>", "qry.>"), False)
    subscribe |= {f"_INBOX_{user}.>": user == name for user in TOPOLOGY.users}
    subscribe |= {f"evt.{owner}.>": False for owner in SERVICES}
    subscribe |= {f"{kind}.{owner}.>": owner == name for owner in SERVICES for kind in ("cmd", "qry")}
    subscribe |= {"evt.intake.*.*.*.92": name == "province-92", "evt.intake.*.*.*.01": False}
    subscribe |= {f"evt.intake.{EVENT}": name == "province-92", "evt.intake.case.accepted.v1.01": False}
    async with connected(stack, name) as user:
        assert {subject: await user.may_publish(subject) for subject in publish} == publish
        assert {subject: await user.may_subscribe(subject) for subject in subscribe} == subscribe


async def test_only_who_was_asked_may_answer_and_only_the_asker_hears_it(stack: Stack) -> None:
    subject = next(call.subject for call in TOPOLOGY.calls if call.owner == "intake" and "operator" in call.callers)
    async with connected(stack, "intake") as intake, connected(stack, "operator") as operator:

        async def answer(message: Any) -> None:
            await message.respond(b"once")
            await message.respond(b"twice")

        await intake.client.subscribe(subject, cb=answer)
        await intake.client.flush()
        assert (await operator.client.request(subject, b"?", timeout=5)).data == b"once"
        await asyncio.sleep(0.05)
        assert len(intake.refused) == 1, "one answer to a question"
        assert "_inbox_operator" in intake.refused[0]


async def test_who_has_no_key_of_ours_is_let_in_nowhere(stack: Stack) -> None:
    known = nkeys.from_seed((stack.secrets_dir / "operator" / "nats.seed").read_bytes())
    stranger = nkeys.from_seed(secrets._new_seed().encode())
    assert await _greeted(stack, known) == b"PONG"
    for key, public in ((None, None), (stranger, None), (stranger, known.public_key)):
        assert await _greeted(stack, key, public) == b"-ERR 'Authorization Violation'"


async def _greeted(stack: Stack, key: Any, public: bytes | None = None) -> bytes:
    """The server's first word to somebody who signs with a key, and says that it is his, or another's."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stack.ports["nats"])
    try:
        info = json.loads((await reader.readline()).removeprefix(b"INFO "))
        connect: dict[str, object] = {"verbose": False}
        if key is not None:
            signature = base64.b64encode(key.sign(info["nonce"].encode()))
            connect |= {"nkey": (public or key.public_key).decode(), "sig": signature.decode()}
        writer.write(f"CONNECT {json.dumps(connect)}\r\nPING\r\n".encode())
        return (await asyncio.wait_for(reader.readline(), 5)).strip()
    finally:
        writer.close()
        await writer.wait_closed()


async def test_a_province_reads_its_own_events_by_its_durable_and_live(stack: Stack) -> None:
    async with connected(stack, "intake") as intake, connected(stack, "province-92") as province:
        live = await province.client.subscribe("evt.intake.*.*.*.92")
        await province.client.flush()
        js = intake.client.jetstream()
        for number, code in enumerate(("92", "01", "92", "00")):
            await js.publish(f"evt.intake.case.accepted.v1.{code}", str(number).encode(), stream="INTAKE")
        (durable,) = TOPOLOGY.durables_of("province-92")
        pulled = await province.client.jetstream().pull_subscribe_bind(
            durable.name, durable.stream, inbox_prefix=b"_INBOX_province-92."
        )
        messages = await pulled.fetch(10, timeout=1)
        assert [message.data for message in messages if message.data != b"{}"] == [b"0", b"2"], "no others"
        for message in messages:
            await message.ack_sync(timeout=2)
        assert [(await live.next_msg(timeout=1)).data for _ in range(2)] == [b"0", b"2"]
        assert not province.refused
        assert not intake.refused


async def test_the_server_file_shows_no_key_that_opens_anything(stack: Stack) -> None:
    text = (stack.secrets_dir / "nats" / "nats.conf").read_text()
    assert "sync_interval: always" in text
    seeds = [path.read_text().strip() for path in stack.secrets_dir.glob("*/nats.seed")]
    assert len(seeds) == len(TOPOLOGY.users)
    assert not any(seed in text for seed in seeds)
    assert {path.stat().st_mode & 0o077 for path in stack.secrets_dir.glob("*/*")} == {0}
    assert all(rights(TOPOLOGY, user).subscribe[0] == f"_INBOX_{user}.>" for user in TOPOLOGY.users)


# --- PostgreSQL --------------------------------------------------------------------------------------------

REFUSED_TO_THE_SERVICE = [
    "select published_at from outbox limit 1",
    "update outbox set payload = ''",
    "delete from outbox",
    "truncate outbox",
    "select 1 from relay_state",
    "update relay_state set last_seq = 0",
    "insert into schema_migration values ('x', 1, 'x', 'x')",
    "delete from schema_migration",
    "create table x (y int)",
    "drop table outbox",
    "alter table gate add column x int",
    "create schema x",
    "set role {name}_owner",
    "set role postgres",
    "copy (select 1) to program 'true'",
    "select pg_read_file('/etc/passwd')",
]
REFUSED_TO_THE_RELAY = [
    "insert into outbox (event_id, entity, version, subject, payload) select entity, entity, 1, '', '' from outbox",
    "update outbox set payload = ''",
    "update outbox set subject = ''",
    "delete from outbox",
    "delete from relay_state",
    "select 1 from gate",
    "select 1 from dead_letter",
    "select 1 from schema_migration",
    "create table x (y int)",
    "set role {name}",
]
INSERT = "insert into outbox (event_id, entity, version, subject, payload) values ($1, $1, 1, 'evt.x', '{}')"


@pytest.mark.parametrize("name", SERVICES)
async def test_a_service_adds_to_its_outbox_and_the_relay_marks_it_and_neither_does_more(
    stack: Stack, name: str
) -> None:
    async with database(stack, name, name) as service, database(stack, name, f"{name}_relay") as relay:
        for statement in REFUSED_TO_THE_SERVICE:
            await _refused(service, statement.format(name=name))
        for statement in REFUSED_TO_THE_RELAY:
            await _refused(relay, statement.format(name=name))
        entity = uuid.uuid4()
        await service.execute(INSERT, entity)
        assert await service.fetchval("select count(*) from gate") == 0
        assert await service.fetchval("select count(*) from schema_migration") >= 1
        marked = await relay.execute("update outbox set published_at = now() where entity = $1", entity)
        assert marked == "UPDATE 1"
        assert await relay.fetchval("select payload from outbox where entity = $1", entity) == "{}"
        async with database(stack, name) as superuser:
            await superuser.execute("delete from outbox")


async def _refused(connection: asyncpg.Connection[Any], statement: str) -> None:
    try:
        await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError:
        return
    pytest.fail(f"not refused: {statement}")


async def test_no_role_enters_another_database_or_without_its_password(stack: Stack) -> None:
    async def enter(role: str, password: str, name: str) -> None:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=stack.ports["postgres"], user=role, password=password, database=name
        )
        await connection.close()

    for service in SERVICES:
        for role, file in ((service, "database.password"), (f"{service}_relay", "relay.password")):
            password = secrets.read(stack.secrets_dir, service, file)
            await enter(role, password, service)
            for other in (each for each in SERVICES if each != service):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await enter(role, password, other)
            with pytest.raises(asyncpg.InvalidPasswordError):
                await enter(role, password + "x", service)
        with pytest.raises(asyncpg.PostgresError, match=r"not permitted to log in|password"):
            await enter(f"{service}_owner", "any", service)
    async with database(stack, "intake") as superuser:
        roles = await superuser.fetch("select rolname, rolcanlogin, rolsuper, rolcreatedb, rolcreaterole from pg_roles")
        ours = {row["rolname"]: tuple(row)[1:] for row in roles if row["rolname"].split("_")[0] in SERVICES}
        assert len(ours) == 3 * len(SERVICES)
        assert {flags for name, flags in ours.items() if name.endswith("_owner")} == {(False, False, False, False)}
        assert {flags for name, flags in ours.items() if not name.endswith("_owner")} == {(True, False, False, False)}


async def test_nothing_of_the_passwords_is_in_postgresqls_log(stack: Stack) -> None:
    log = (stack.home / "logs" / "postgres.log").read_text()
    assert "ready to accept connections" in log
    assert not any(path.read_text().strip() in log for path in stack.secrets_dir.glob("*/*.password"))
    assert "SCRAM-SHA-256$" not in log
    assert json.loads((stack.home / "stack.json").read_text())["secrets_dir"] == str(Path(stack.secrets_dir))
