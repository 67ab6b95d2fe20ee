"""The resident provisioner: makes everything once, then watches that streams and durables stay there."""

import asyncio
import logging
import signal
from pathlib import Path
from typing import Literal

import asyncpg
import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.topology import TOPOLOGY, Topology
from services.chassis.health import Health, HttpServer
from services.chassis.settings import Environment, read_secret
from services.operations.provisioning import databases, secrets, streams

log = logging.getLogger(__name__)

_EVERY = 1.0
_RETRY = 0.5
_USER = secrets.PROVISIONER


class ProvisionerSettings(BaseSettings):
    """What the provisioner is told. `secrets_root` holds every user's folder."""

    model_config = SettingsConfigDict(env_prefix="TIEPSUC_", extra="ignore", frozen=True)

    environment: Environment = "production"
    nats_url: str = "nats://127.0.0.1:4222"
    secrets_root: Path
    database_host: str = "127.0.0.1"
    database_port: int = 5432
    database_superuser: str = "postgres"
    http_host: str = "127.0.0.1"
    http_port: int = 8080
    stream_max_bytes: int = 4 << 30
    stream_replicas: int = 1
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


class Provisioner:
    """Brings PostgreSQL and NATS to what the topology says."""

    def __init__(self, settings: ProvisionerSettings, topology: Topology = TOPOLOGY) -> None:
        self.settings = settings
        self.topology = topology
        self.trouble: str | None = "not provisioned yet"

    def _tell(self, trouble: str | None) -> None:
        """For `/ready`, and once for the log."""
        if trouble and trouble != self.trouble:
            log.warning("%s", trouble)
        self.trouble = trouble

    async def databases(self) -> None:
        """Every service's database; waits for PostgreSQL as long as it takes."""
        address = {
            "host": self.settings.database_host,
            "port": self.settings.database_port,
            "user": self.settings.database_superuser,
            "password": self._secret(_USER, "database.password"),
            "timeout": 5,
        }
        for service in self.topology.services:
            applied: list[str] | None = None
            while applied is None:
                try:
                    applied = await databases.provision(
                        address,
                        service,
                        self._secret(service, "database.password"),
                        self._secret(service, "relay.password"),
                    )
                except (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.InterfaceError) as error:
                    self._tell(f"PostgreSQL: {type(error).__name__}: {error}")
                    await asyncio.sleep(_RETRY)
            if applied:
                log.info("database %s: applied %s", service, ", ".join(applied))

    def _secret(self, user: str, name: str) -> str:
        return read_secret(self.settings.secrets_root / user / name, self.settings.environment)

    async def connect(self) -> Client:
        """The provisioner's NATS connection; it comes back by itself."""

        async def on_error(error: Exception) -> None:
            log.warning("NATS: %s", error)

        return await nats.connect(
            self.settings.nats_url,
            nkeys_seed=str(self.settings.secrets_root / _USER / "nats.seed"),
            inbox_prefix=f"_INBOX_{_USER}".encode(),
            name=_USER,
            connect_timeout=5,
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            ping_interval=5,
            error_cb=on_error,
        )

    async def round(self, client: Client) -> None:
        """One look at every stream and durable."""
        done = await streams.ensure(
            client.jetstream(timeout=5),
            self.topology,
            max_bytes=self.settings.stream_max_bytes,
            replicas=self.settings.stream_replicas,
        )
        if done.made or done.changed:
            log.warning("made %s; changed %s", done.made, done.changed)
        self._tell("; ".join(done.alarms) or None)

    async def watch(self, client: Client) -> None:
        """Looks for ever; what is lost is made again within a second or two."""
        while True:
            try:
                await self.round(client)
            except (NatsError, OSError, TimeoutError) as error:
                self._tell(f"NATS: {type(error).__name__}: {error}")
            await asyncio.sleep(_EVERY)


async def once(settings: ProvisionerSettings) -> None:
    """Provisions and returns."""
    provisioner = Provisioner(settings)
    await provisioner.databases()
    client = await provisioner.connect()
    await provisioner.round(client)
    await client.close()


async def run(settings: ProvisionerSettings) -> None:
    """Provisions, then watches until it is told to stop."""
    provisioner = Provisioner(settings)
    health = Health("provisioner")

    async def check() -> str | None:
        return provisioner.trouble

    health.add("provisioning", check)
    health.stage = "running"
    http = HttpServer.over(health.app(), settings.http_host, settings.http_port)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    async def work() -> None:
        await provisioner.databases()
        await provisioner.watch(await provisioner.connect())

    serving = asyncio.create_task(http.serve())
    working = asyncio.create_task(work())
    stopping = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({serving, working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    http.should_exit = True
    working.cancel()
    await asyncio.wait({serving, working}, timeout=5)
    if stopping not in done:
        for task in done:
            task.result()
