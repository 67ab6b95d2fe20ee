"""`tiepsuc replay`: publishes a service's log again, for consumers that lost something; the others ignore it."""

import asyncio
import json
import sys
from dataclasses import asdict, dataclass
from uuid import UUID

import click
from nats.aio.client import Client
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from contracts.operations.commands import EventsReplayed, ReplayEvents
from contracts.operations.queries import Health, HealthView
from contracts.topology import TOPOLOGY
from services.chassis.client import Caller
from services.chassis.connect import operator
from services.chassis.ids import uuid7
from services.operations.bus import look_at_stream

_LONG = 115.0  # a count over the whole log; the reply of a call is allowed for two minutes
_ROOM = 0.9
_EVERY = 0.3
_OWNERS = sorted({spec.owner for spec in TOPOLOGY.events})


@dataclass(frozen=True)
class Replayed:
    """How many events are published again; whether that is done; how full the stream will be, 0 to 1."""

    service: str
    events: int
    dry_run: bool
    published: bool
    stream_share: float


@click.command("replay")
@click.argument("service", type=click.Choice(_OWNERS), default=_OWNERS[0] if len(_OWNERS) == 1 else None)
@click.option("--entity", type=click.UUID, default=None, help="Chỉ một hồ sơ hay đối tượng / one entity only")
@click.option("--days", type=click.IntRange(min=1), default=None, help="Số ngày gần nhất / the last days only")
@click.option("--dry-run", is_flag=True, help="Chỉ đếm / count only")
@click.option("--no-wait", is_flag=True, help="Không chờ phát xong / do not wait until it is published")
@click.option("--force", is_flag=True, help="Kể cả khi luồng sẽ gần đầy / though the stream gets nearly full")
@click.option("--json", "as_json", is_flag=True, help="In JSON / print JSON")
def replay(
    service: str,
    entity: UUID | None,
    days: int | None,
    dry_run: bool,
    no_wait: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Phát lại sự kiện từ nhật ký / publish the log again. Việc đã làm không lặp lại / nothing happens twice."""
    if entity and days:
        raise click.UsageError("Chỉ dùng một trong --entity, --days / use --entity or --days, not both")
    console = Console(stderr=as_json, quiet=as_json)
    wish = ReplayEvents(entity=entity, days=days, dry_run=dry_run)
    done = asyncio.run(_run(service, wish, console, wait=not no_wait, force=force))
    if as_json:
        click.echo(json.dumps(asdict(done)))
    else:
        show(done, console)
    sys.exit(0 if done.dry_run or done.published or no_wait else 1)


async def _run(service: str, wish: ReplayEvents, console: Console, *, wait: bool, force: bool) -> Replayed:
    async with operator() as (client, caller):
        count = await caller.call(
            service, wish.model_copy(update={"dry_run": True}), EventsReplayed, timeout=_LONG, id=uuid7()
        )
        if wish.entity and not count.events:
            raise click.ClickException(
                f"Nhật ký của {service} không có sự kiện nào của {wish.entity}. / "
                f"The log of {service} has no event of {wish.entity}."
            )
        share = await _share_after(client, service, count.events)
        if wish.dry_run:
            return Replayed(service, count.events, True, False, share)
        if share > _ROOM and not force:
            raise click.ClickException(
                f"Luồng sẽ đầy {share:.0%} và sự kiện mới có thể phải chờ; dùng --entity, --days, hoặc --force. / "
                f"The stream would be {share:.0%} full, and fresh events might have to wait; "
                "use --entity, --days, or --force."
            )
        accepted = await caller.call(service, wish, EventsReplayed, timeout=_LONG, id=uuid7())
        published = await _published(caller, service, accepted.events, console) if wait else not accepted.events
        return Replayed(service, accepted.events, False, published, share)


async def _share_after(client: Client, service: str, events: int) -> float:
    """How full the stream will be, taking the events for as large as those that it holds."""
    look = await look_at_stream(client, TOPOLOGY.stream_of(service))
    if not look.max_bytes or not look.messages:
        return look.share
    return (look.bytes + events * look.bytes / look.messages) / look.max_bytes


async def _published(caller: Caller, service: str, events: int, console: Console) -> bool:
    """Waits, with progress, until nothing is left to set pending or to publish. Fresh events count as well."""
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console) as progress:
        task = progress.add_task(f"Phát lại / replaying {service}", total=events)
        while True:
            health = await caller.call(service, Health(), HealthView, timeout=30)
            left = health.relay.pending + health.relay.replaying if health.relay else events
            progress.update(task, completed=max(events - left, 0))
            if left == 0:
                return True
            await asyncio.sleep(_EVERY)


def show(done: Replayed, console: Console) -> None:
    """What was, or would be, published again."""
    if done.dry_run:
        vi, en = "sự kiện sẽ được phát lại", "events would be published again"
    elif done.published:
        vi, en = "sự kiện đã được phát lại", "events were published again"
    else:
        vi, en = "sự kiện đang được phát lại; xem `tiepsuc status`", "events are being published; see `tiepsuc status`"
    console.print(f"{done.events} {vi} / {en}.", highlight=False)
    if done.dry_run:
        console.print(f"Luồng sẽ đầy / the stream would be full to {done.stream_share:.1%}.", highlight=False)
