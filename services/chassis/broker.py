"""The NATS connection of a service, by FastStream, with the traps it is known for avoided in one place."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from ssl import create_default_context
from typing import Any

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from faststream.nats.security import NatsNKey
from faststream.security import BaseSecurity
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from contracts.topology import MAX_BATCH, DurableSpec
from services.chassis.consumer import Delivered

log = logging.getLogger(__name__)

_FETCH_SECONDS = 0.1
_SHORTEST_FETCH = 0.005
_CONCURRENT_CALLS = 16


def open_broker(
    user: str,
    url: str,
    seed_file: Path,
    *,
    ca_file: Path | None,
    drain_seconds: float,
    on_closed: Callable[[], Awaitable[None]],
) -> NatsBroker:
    """A broker for one NATS user, not yet connected.

    It reconnects for ever (the default gives up after two minutes and then spins), notices a dead peer within
    seconds, and keeps its replies in the user's own inbox.
    """

    async def on_error(error: Exception) -> None:
        log.warning("NATS: %s: %s", type(error).__name__, error)

    security: BaseSecurity = NatsNKey.from_file(
        seed_file, ssl_context=create_default_context(cafile=str(ca_file)) if ca_file else None
    )
    return NatsBroker(
        url,
        security=security,
        name=user,
        inbox_prefix=f"_INBOX_{user}",
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        connect_timeout=5,
        ping_interval=5,
        max_outstanding_pings=2,
        graceful_timeout=drain_seconds,
        error_cb=on_error,
        closed_cb=on_closed,
        ack_policy=AckPolicy.MANUAL,
        apply_types=False,
        logger=None,
    )


async def _as_received(message: NatsMessage) -> Any:
    """Hands over the message undecoded: FastStream's own decoding would fail a whole batch for one bad message."""
    return message


def subscribe(broker: NatsBroker, durable: DurableSpec, handle: Callable[[list[Delivered]], Awaitable[None]]) -> None:
    """Feeds batches of a durable, made by the provisioner, to a consumer."""
    subscriber = broker.subscriber(
        subject=durable.filters[0] if durable.filters else f"evt.{durable.stream.lower()}.>",
        stream=JStream(durable.stream, declare=False),
        durable=durable.name,
        pull_sub=PullSub(batch_size=MAX_BATCH, timeout=_FETCH_SECONDS, batch=True),
        ack_policy=AckPolicy.MANUAL,
        no_reply=True,
        inbox_prefix=f"_INBOX_{durable.user}.".encode(),
        decoder=_as_received,
    )

    @subscriber
    async def on_batch(message: NatsMessage) -> None:
        await handle(message.raw_message)  # type: ignore[arg-type]


def guard_fetches(broker: NatsBroker) -> None:
    """Call once the broker has started: keeps FastStream from dropping what a batch holds already.

    Its batch loop (0.7.8) asks again for the rest of a batch in the rest of its time. Of all that may go wrong with
    that it expects nats-py's TimeoutError only; anything else ends the loop, and the messages in hand come again only
    after `ack_wait`. nats-py raises asyncio's own TimeoutError where a fetch runs out of time between its two requests,
    and with less than 0.1 ms left it sends a negative expiry, which the server refuses. Whatever goes wrong with the
    rest is therefore a timeout; it shows again in the next fetch, which has nothing to lose.
    """
    for subscriber in broker.subscribers:
        subscription = getattr(subscriber, "subscription", None)
        if isinstance(subscription, JetStreamContext.PullSubscription):
            subscription.fetch = guarded(subscription.fetch)  # type: ignore[method-assign, assignment]


def guarded(fetch: Callable[..., Awaitable[list[Msg]]]) -> Callable[..., Awaitable[list[Msg]]]:
    """`fetch` as FastStream expects it to fail, see `guard_fetches`."""

    async def guarded_fetch(batch: int, timeout: float) -> list[Msg]:
        if timeout < _SHORTEST_FETCH:
            raise NatsTimeoutError
        try:
            return await fetch(batch=batch, timeout=timeout)
        except (TimeoutError, NatsError) as error:
            if batch < MAX_BATCH or isinstance(error, TimeoutError):
                raise NatsTimeoutError from error
            raise

    return guarded_fetch


def respond(broker: NatsBroker, queue: str, subject: str, answer: Callable[[str, bytes], Awaitable[bytes]]) -> None:
    """Answers calls on a subject; replicas share them by the queue group."""
    subscriber = broker.subscriber(
        subject=subject, queue=queue, max_workers=_CONCURRENT_CALLS, decoder=_as_received, no_reply=False
    )

    @subscriber
    async def on_call(message: NatsMessage) -> bytes:
        return await answer(subject, message.raw_message.data)


async def wait_for_durable(client: Client, durable: DurableSpec) -> None:
    """Until the provisioner has made the durable."""
    told = False
    while not await durable_exists(client, durable):
        if not told:
            log.info("waiting for durable %s of stream %s", durable.name, durable.stream)
            told = True
        await asyncio.sleep(0.25)


async def durable_exists(client: Client, durable: DurableSpec) -> bool:
    """Whether the server has the durable. False also if it does not answer: a wiped store may not."""
    try:
        await client.jetstream(timeout=2).consumer_info(durable.stream, durable.name)
    except (NotFoundError, NatsError, TimeoutError):
        return False
    return True
