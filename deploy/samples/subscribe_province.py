"""Prints one province's events: python subscribe_province.py nats://HOST:4222 province-92 FOLDER/nats.seed

Needs `pip install ./contracts nats-py nkeys`. The durable keeps the place: whoever comes back gets what came meanwhile.
"""

import asyncio
import json
import sys
from contextlib import suppress

import nats

from contracts.envelope import Event, Message
from contracts.topology import TOPOLOGY


async def main(url: str, user: str, seed: str) -> None:
    kinds = {spec.type: Event[spec.data] for spec in TOPOLOGY.events}
    durable = TOPOLOGY.durables_of(user)[0]
    client = await nats.connect(url, nkeys_seed=seed, inbox_prefix=f"_INBOX_{user}")
    subscription = await client.jetstream().pull_subscribe_bind(durable=durable.name, stream=durable.stream)
    while True:
        with suppress(TimeoutError):  # nothing new
            for message in await subscription.fetch(100, timeout=30):
                event = json.loads(message.data)
                event = kinds.get(event["type"], Event[Message]).model_validate(event)  # newer kinds: no data
                print(event.model_dump_json(exclude_none=True), flush=True)  # noqa: T201 - what it is for
                await message.ack()


with suppress(KeyboardInterrupt):
    asyncio.run(main(*sys.argv[1:]))
