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
_AFTER_REFUSAL = 0.2
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


class Fetches:
    """The fetches of a broker that has started: kept from losing what they hold, and brought to an end in order.

    FastStream's batch loop (0.7.8) asks again for the rest of a batch in the rest of its time. Of all that may go wrong
    with that it expects nats-py's TimeoutError only; anything else ends the loop and drops what the batch held already.
    But nats-py raises asyncio's own TimeoutError where the time is up between its two requests, and with less than
    0.1 ms left it sends a negative expiry, which the server refuses. So whatever goes wrong with the rest is a timeout
    here; it shows again in the next fetch, which has nothing to lose. And FastStream's stop cancels a fetch under way.
    In all these cases messages would come again only after `ack_wait`. Where every fetch is refused, as without a
    durable, the loop would ask without a pause and take most of a core.
    """

    def __init__(self, broker: NatsBroker) -> None:
        self._stopping = False
        self._under_way = 0
        self._subscriptions: list[JetStreamContext.PullSubscription] = []
        for subscriber in broker.subscribers:
            subscription = getattr(subscriber, "subscription", None)
            if isinstance(subscription, JetStreamContext.PullSubscription):
                subscription.fetch = self._guarded(subscription.fetch)  # type: ignore[method-assign]
                self._subscriptions.append(subscription)

    async def stop(self) -> None:
        """No more fetches. What has been fetched is in its handler's hands when this returns; what came too late for
        its fetch, and waits here for the next one, goes back."""
        self._stopping = True
        while self._under_way:  # noqa: ASYNC110 - counted by fetches that come and go
            await asyncio.sleep(_SHORTEST_FETCH)
        await asyncio.sleep(_FETCH_SECONDS)  # as long as the server may still answer the last fetch
        for subscription in self._subscriptions:
            while subscription.pending_msgs:
                message = await subscription._sub.next_msg(timeout=1)  # noqa: SLF001 - `fetch` would ask for more
                if not JetStreamContext.is_status_msg(message):
                    await message.nak()

    def _guarded(self, fetch: Callable[..., Awaitable[list[Msg]]]) -> Any:
        async def guarded(batch: int = 1, timeout: float | None = 5, heartbeat: float | None = None) -> list[Msg]:
            if timeout is not None and timeout < _SHORTEST_FETCH:
                raise NatsTimeoutError
            if self._stopping:
                await asyncio.sleep(_SHORTEST_FETCH)  # the loop asks again at once
                raise NatsTimeoutError
            self._under_way += 1
            try:
                return await fetch(batch=batch, timeout=timeout, heartbeat=heartbeat)
            except (NatsError, OSError) as error:
                if isinstance(error, TimeoutError) or batch < MAX_BATCH:
                    raise NatsTimeoutError from error
                await asyncio.sleep(_AFTER_REFUSAL)  # refused at once, as where there is no such durable
                raise
            finally:
                self._under_way -= 1

        return guarded


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
