"""Streams and durables: made if missing, brought in line if changed, never deleted."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import APIError, NotFoundError

from contracts.topology import DUPLICATE_WINDOW, RETENTION, DurableSpec, StreamSpec, Topology

_ALARM_AT = 0.7
_INSUFFICIENT_STORAGE = 10047
_NO_ROOM = (
    "; đĩa không đủ chỗ cho TIEPSUC_STREAM_MAX_BYTES của mọi luồng / the disk has no room for the "
    "TIEPSUC_STREAM_MAX_BYTES of every stream: free some, or set it lower"
)


@dataclass(frozen=True, slots=True)
class Ensured:
    """What a round did, and which streams are filling up."""

    made: list[str]
    changed: list[str]
    alarms: list[str]


async def ensure(js: JetStreamContext, topology: Topology, *, max_bytes: int, replicas: int) -> Ensured:
    """One round over all streams and durables. What the server refuses for one is an alarm, and the others go on."""
    done = Ensured([], [], [])
    for stream in topology.streams:
        with _alarmed(done, f"stream {stream.name}"):
            await _ensure_stream(js, _stream_config(stream, max_bytes, replicas), done)
    for durable in topology.durables:
        with _alarmed(done, f"durable {durable.stream}/{durable.name}"):
            await _ensure_durable(js, durable, done)
    return done


@contextmanager
def _alarmed(done: Ensured, what: str) -> Iterator[None]:
    try:
        yield
    except APIError as error:
        hint = _NO_ROOM if error.err_code == _INSUFFICIENT_STORAGE else ""
        done.alarms.append(f"{what}: {error.description} ({error.err_code}){hint}")


def _stream_config(stream: StreamSpec, max_bytes: int, replicas: int) -> StreamConfig:
    return StreamConfig(
        name=stream.name,
        subjects=list(stream.subjects),
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_age=RETENTION.total_seconds(),
        max_bytes=max_bytes,
        duplicate_window=DUPLICATE_WINDOW.total_seconds(),
        num_replicas=replicas,
        allow_atomic=True,
    )


async def _ensure_stream(js: JetStreamContext, wanted: StreamConfig, done: Ensured) -> None:
    name = str(wanted.name)
    try:
        info = await js.stream_info(name)
    except NotFoundError:
        await js.add_stream(wanted)
        done.made.append(f"stream {name}")
        return
    if _differs(wanted, info.config):
        await js.update_stream(wanted)
        done.changed.append(f"stream {name}")
    if wanted.max_bytes and info.state.bytes > _ALARM_AT * wanted.max_bytes:
        done.alarms.append(f"stream {name} is {info.state.bytes / wanted.max_bytes:.0%} full")


async def _ensure_durable(js: JetStreamContext, durable: DurableSpec, done: Ensured) -> None:
    wanted = ConsumerConfig(
        durable_name=durable.name,
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=durable.ack_wait.total_seconds(),
        max_deliver=-1,
        max_ack_pending=durable.max_ack_pending,
        filter_subject=durable.filters[0] if len(durable.filters) == 1 else None,
        filter_subjects=list(durable.filters) if len(durable.filters) > 1 else None,
    )
    name = f"durable {durable.stream}/{durable.name}"
    try:
        info = await js.consumer_info(durable.stream, durable.name)
    except NotFoundError:
        await js.add_consumer(durable.stream, wanted)
        done.made.append(name)
        return
    if _differs(wanted, info.config):
        await js.add_consumer(durable.stream, wanted)  # the server takes this as an update
        done.changed.append(name)


def _differs(wanted: StreamConfig | ConsumerConfig, actual: object) -> bool:
    """Whether anything that we set is otherwise on the server; what we leave open is the server's to choose."""
    return any(value is not None and getattr(actual, key, None) != value for key, value in vars(wanted).items())
