"""Databases: one for each service, owned by a role that nobody logs in as, with two roles of least rights.

`<service>` does the service's work and may only add to the outbox; `<service>_relay` may only read the outbox and mark
what is published. A table whose comment begins with "append-only" is read and added to, and never changed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from typing import Any

import asyncpg

from services.chassis import migrate

_SCRAM_ROUNDS = 4096
_LOCK = 0x7072_6F76  # "prov"
_APPEND_ONLY = """
    do $$ declare one regclass; begin
        for one in select oid::regclass from pg_class where relnamespace = 'public'::regnamespace
                   and obj_description(oid, 'pg_class') like 'append-only%'
        loop execute format('revoke update, delete on %s from "{service}"', one); end loop;
    end $$;
"""
_MARKS = "published_at, publication, generation, stream_seq"


async def provision(address: dict[str, Any], service: str, password: str, relay_password: str) -> list[str]:
    """Roles, database, schema and grants of one service; the migrations applied. Safe to repeat."""
    owner, relay = f"{service}_owner", f"{service}_relay"
    server = await asyncpg.connect(**address, database="postgres")
    try:
        # Two provisioners at once would make the same role twice, or change one row of the catalogue together.
        await server.execute("select pg_advisory_lock($1)", _LOCK)
        await _role(server, owner, None)
        await _role(server, service, password)
        await _role(server, relay, relay_password)
        if not await server.fetchval("select true from pg_database where datname = $1", service):
            await server.execute(f'create database "{service}" owner "{owner}"')
        await server.execute(f'revoke all on database "{service}" from public')
        await server.execute(f'grant connect on database "{service}" to "{service}", "{relay}"')
        return await _schema(address, service, owner, relay)
    finally:
        await server.close()


async def _schema(address: dict[str, Any], service: str, owner: str, relay: str) -> list[str]:
    database = await asyncpg.connect(**address, database=service)
    try:
        await database.execute(f'alter schema public owner to "{owner}"; revoke all on schema public from public')
        await database.execute(f'set role "{owner}"')
        applied = await migrate.migrate(database, service)
        await database.execute(
            f"""
            grant usage on schema public to "{service}", "{relay}";
            grant select, insert, update, delete on all tables in schema public to "{service}";
            grant usage on all sequences in schema public to "{service}";
            revoke all on outbox, relay_state, replay, schema_migration from "{service}";
            grant insert on outbox to "{service}";
            grant select (entity, version, payload, created_at) on outbox to "{service}";
            grant select on schema_migration to "{service}";
            {_APPEND_ONLY.format(service=service)}
            grant select, update ({_MARKS}) on outbox to "{relay}";
            grant select, insert, update on relay_state, replay to "{relay}";
            """
        )
    finally:
        await database.close()
    return applied


async def _role(server: asyncpg.Connection[Any], name: str, password: str | None) -> None:
    if not await server.fetchval("select true from pg_roles where rolname = $1", name):
        await server.execute(f'create role "{name}" nologin')
    if password is None:
        return
    # A verifier instead of the password: nothing secret can reach the server's log.
    await server.execute(f"""alter role "{name}" login connection limit 60 password '{scram_verifier(password)}'""")
    await server.execute(f"""alter role "{name}" set lock_timeout = '10s'""")
    await server.execute(f"""alter role "{name}" set idle_in_transaction_session_timeout = '60s'""")
    await server.execute(f"""alter role "{name}" set statement_timeout = '120s'""")


def scram_verifier(password: str) -> str:
    """PostgreSQL's stored form of a SCRAM-SHA-256 password (RFC 5803). Ours are ASCII, so SASLprep changes nothing."""
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, _SCRAM_ROUNDS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    parts = [base64.b64encode(b).decode() for b in (salt, hashlib.sha256(client_key).digest(), server_key)]
    return f"SCRAM-SHA-256${_SCRAM_ROUNDS}:{parts[0]}${parts[1]}:{parts[2]}"
