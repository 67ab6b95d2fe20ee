"""`tiepsuc status`: services, relays, streams and durables at a glance, and what is the matter, in words."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime

import click
from nats.aio.client import Client
from pydantic import AwareDatetime, BaseModel
from rich.console import Console
from rich.markup import escape

from contracts.operations.queries import ConsumerHealth, Health, HealthView
from contracts.refusals import Refused
from contracts.topology import TOPOLOGY
from services.chassis.client import Caller
from services.chassis.connect import operator
from services.operations.bus import DurableLook, StreamLook, look_at_durable, look_at_stream
from services.operations.words import Finding, clock, many, since, size, table, tell
from services.worktime.clock import SystemClock, written

_PATIENCE = 2.0
_LATE = 60.0  # seconds after which something that waits is a finding
_FILLING = 0.7
_LOOK_AGAIN = 1.0


class ServiceLook(BaseModel):
    """A service, and what it says of itself; nothing, where it does not answer."""

    name: str
    answers: bool
    health: HealthView | None = None


class Status(BaseModel):
    """The state of the whole stack. `ok`: nothing was found."""

    ok: bool
    at: AwareDatetime
    services: list[ServiceLook]
    streams: list[StreamLook]
    durables: list[DurableLook]
    findings: list[Finding]


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="In JSON / print JSON")
def status(as_json: bool) -> None:
    """Tình trạng hệ thống (mã thoát 1: có vấn đề) / the state of the stack (exit code 1: something is the matter)."""
    found = asyncio.run(ask())
    if as_json:
        click.echo(found.model_dump_json(indent=2))
    else:
        show(found, Console())
    sys.exit(0 if found.ok else 1)


async def ask() -> Status:
    """The state of the running stack. Misconfigured: it cannot be reached."""
    async with operator() as (client, caller):
        services, streams, durables = await asyncio.gather(
            asyncio.gather(*(_service(caller, name) for name in TOPOLOGY.services)),
            asyncio.gather(*(look_at_stream(client, spec) for spec in TOPOLOGY.streams)),
            _durables(client),
        )
    now = SystemClock().now()
    found = [*_of_services(services, now), *_of_streams(streams), *_of_durables(durables, now)]
    return Status(ok=not found, at=now, services=services, streams=streams, durables=durables, findings=found)


async def _service(caller: Caller, name: str) -> ServiceLook:
    try:
        return ServiceLook(
            name=name, answers=True, health=await caller.call(name, Health(), HealthView, timeout=_PATIENCE)
        )
    except Refused:
        return ServiceLook(name=name, answers=False)


async def _durables(client: Client) -> list[DurableLook]:
    """Looks twice where messages wait: one that waits is only late if nothing moves meanwhile."""
    first = await _look(client)
    if not any(each.waiting for each in first):
        return first
    await asyncio.sleep(_LOOK_AGAIN)
    second = await _look(client)
    for before, after in zip(first, second, strict=True):
        if before.ack_floor != after.ack_floor or not before.waiting:
            after.moved_at = SystemClock().now()
    return second


async def _look(client: Client) -> list[DurableLook]:
    return list(await asyncio.gather(*(look_at_durable(client, spec, TOPOLOGY.services) for spec in TOPOLOGY.durables)))


def _of_services(services: Sequence[ServiceLook], now: datetime) -> Iterator[Finding]:
    for each in services:
        if each.health is None:
            yield Finding(
                code="no-answer",
                service=each.name,
                vi=f"Dịch vụ {each.name} không trả lời trong {_PATIENCE:.0f} giây.",
                en=f"The service {each.name} did not answer within {_PATIENCE:.0f} seconds.",
                remedy=f"docker compose logs {each.name}; make run: .tiepsuc/logs/{each.name}.log",
            )
            continue
        for check, text in each.health.findings.items():
            yield Finding(
                code="not-ready",
                service=each.name,
                vi=f"{each.name} chưa sẵn sàng ({check}): {text}",
                en=f"{each.name} is not ready ({check}): {text}",
            )
        yield from _of_relay(each.health, now)
        for consumer in each.health.consumers:
            yield from _of_consumer(each.name, consumer, now)


def _of_relay(health: HealthView, now: datetime) -> Iterator[Finding]:
    relay, name = health.relay, health.service
    if relay is None:
        return
    if not relay.leading:
        yield Finding(
            code="no-relay",
            service=name,
            vi=f"Không tiến trình nào đang phát sự kiện của {name}.",
            en=f"No process publishes the events of {name}.",
        )
    if relay.oldest_pending and (now - relay.oldest_pending).total_seconds() > _LATE and not relay.replaying:
        vi, en = since(relay.oldest_pending, now)
        yield Finding(
            code="pending",
            service=name,
            count=relay.pending,
            vi=f"{relay.pending} sự kiện của {name} chưa được phát, lâu nhất {vi}.",
            en=f"Not yet published: {many(relay.pending, 'event')} of {name}, the oldest for {en}.",
        )


def _of_consumer(service: str, consumer: ConsumerHealth, now: datetime) -> Iterator[Finding]:
    if consumer.dead:
        yield Finding(
            code="dead-letters",
            service=service,
            owner=consumer.owner,
            count=consumer.dead,
            vi=f"{consumer.dead} thư chết ở {service}, {consumer.behind} sự kiện của {consumer.owner} chờ sau chúng.",
            en=f"{many(consumer.dead, 'dead letter')} in {service}, "
            f"{many(consumer.behind, 'event')} of {consumer.owner} waiting behind.",
            remedy=f"tiepsuc dead-letters --service {service}",
        )
    early = consumer.parked - consumer.behind
    if early > 0 and consumer.oldest_parked and (now - consumer.oldest_parked).total_seconds() > _LATE:
        vi, en = since(consumer.oldest_parked, now)
        yield Finding(
            code="parked",
            service=service,
            owner=consumer.owner,
            count=early,
            vi=f"{early} sự kiện kẹt giữa {consumer.owner} và {service} vì thiếu sự kiện trước, lâu nhất {vi}.",
            en=f"{many(early, 'event')} stuck between {consumer.owner} and {service}, an earlier one is missing; "
            f"the oldest for {en}.",
            remedy="tiepsuc verify",
        )


def _of_streams(streams: Sequence[StreamLook]) -> Iterator[Finding]:
    for each in streams:
        if each.problem:
            yield Finding(
                code="stream",
                owner=each.owner,
                vi=f"Không thấy luồng {each.name}: {each.problem}.",
                en=f"The stream {each.name} cannot be seen: {each.problem}.",
            )
        elif each.share > _FILLING:
            yield Finding(
                code="stream-filling",
                owner=each.owner,
                vi=f"Luồng {each.name} đã đầy {each.share:.0%}; đầy hẳn thì sự kiện phải chờ.",
                en=f"The stream {each.name} is {each.share:.0%} full; once it is full, events have to wait.",
            )


def _of_durables(durables: Sequence[DurableLook], now: datetime) -> Iterator[Finding]:
    """An outside subscriber may be late as it likes; its lag is shown and no finding."""
    for each in durables:
        if each.problem:
            yield Finding(
                code="durable",
                service=each.user,
                vi=f"Không thấy hàng đợi {each.name} của luồng {each.stream}: {each.problem}.",
                en=f"The durable {each.name} of stream {each.stream} cannot be seen: {each.problem}.",
            )
        elif not each.outside and each.waiting and each.moved_at and (now - each.moved_at).total_seconds() > _LATE:
            vi, en = since(each.moved_at, now)
            yield Finding(
                code="stuck",
                service=each.user,
                count=each.waiting,
                vi=f"{each.waiting} sự kiện của {each.stream.lower()} chờ {each.user}, không nhúc nhích đã {vi}.",
                en=f"{many(each.waiting, 'event')} of {each.stream.lower()} waiting for {each.user}; "
                f"nothing moved for {en}.",
            )


def show(found: Status, console: Console) -> None:
    """Three compact tables, then the findings in words."""
    services = table(
        "Dịch vụ/service", "tình trạng/state", "chưa phát/pending>", "chờ/parked>", "thư chết/dead>", "đã chạy/up>"
    )
    for each in found.services:
        services.add_row(*_service_row(each))
    console.print(services, "")
    streams = table("Luồng/stream", "sự kiện/events>", "cỡ/size>", "đầy/full>", "tạo lúc/created")
    for stream in found.streams:
        streams.add_row(
            stream.name,
            str(stream.messages),
            size(stream.bytes),
            f"{stream.share:.0%}",
            written(stream.generation, seconds=True)
            if stream.generation
            else f"[red]{escape(stream.problem or '')}[/]",
        )
    console.print(streams, "")
    durables = table("Hàng đợi/durable", "chưa giao/lag>", "chưa xong/unacked>", "giao lại/again>", "")
    for durable in found.durables:
        durables.add_row(
            f"{durable.stream} → {durable.name}",
            str(durable.lag),
            str(durable.unacknowledged),
            str(durable.redelivered),
            f"[red]{escape(durable.problem)}[/]"
            if durable.problem
            else "bên ngoài / outside"
            if durable.outside
            else "",
        )
    console.print(durables)
    console.print()
    if found.ok:
        console.print("[green]✓[/] Mọi thứ đều ổn / all is well")
    tell(found.findings, console)


def _service_row(each: ServiceLook) -> tuple[str, ...]:
    health = each.health
    if health is None:
        return (each.name, "[red]không trả lời / no answer[/]", "–", "–", "–", "–")
    good = health.stage == "running" and not health.findings
    word = "[green]sẵn sàng / ready[/]" if good else f"[red]{escape(health.stage)}[/]"
    return (
        each.name,
        word,
        str(health.relay.pending) if health.relay else "?",
        str(sum(consumer.parked for consumer in health.consumers)),
        str(sum(consumer.dead for consumer in health.consumers)),
        clock(health.uptime_seconds),
    )
