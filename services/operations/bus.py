"""What JetStream says of the streams and durables of the topology: the operator may look, and not touch."""

import json
from datetime import datetime
from typing import Any

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import api
from pydantic import AwareDatetime, BaseModel

from contracts.topology import DurableSpec, StreamSpec

_TIMEOUT = 2.0
_NOT_FOUND = 404


class StreamLook(BaseModel):
    """A stream as it is; without `generation` (when it was created) it does not exist, or nothing was heard of it."""

    name: str
    owner: str
    problem: str | None = None
    generation: AwareDatetime | None = None
    messages: int = 0
    bytes: int = 0
    max_bytes: int = 0
    first_seq: int = 0
    last_seq: int = 0
    deleted: list[int] = []

    @property
    def share(self) -> float:
        """How much of its limit is used, 0 to 1."""
        return self.bytes / self.max_bytes if self.max_bytes > 0 else 0.0


class DurableLook(BaseModel):
    """A durable as it is. `lag`: messages not yet delivered; `unacknowledged`: delivered, and not done with.

    `moved_at`: when an acknowledgement last let it move on; `ack_floor`: the stream sequence up to which all is done.
    """

    stream: str
    name: str
    user: str
    outside: bool
    problem: str | None = None
    lag: int = 0
    unacknowledged: int = 0
    redelivered: int = 0
    ack_floor: int = 0
    moved_at: AwareDatetime | None = None

    @property
    def waiting(self) -> int:
        return self.lag + self.unacknowledged


async def look_at_stream(client: Client, spec: StreamSpec, *, gaps: bool = False) -> StreamLook:
    """One stream; with `gaps` also the sequences that are missing within."""
    answer = await _ask(client, f"$JS.API.STREAM.INFO.{spec.name}", {"deleted_details": True} if gaps else {})
    if isinstance(answer, str):
        return StreamLook(name=spec.name, owner=spec.owner, problem=answer)
    info = api.StreamInfo.from_response(answer)
    state = info.state
    lost = (state.lost.msgs or []) if state.lost else []
    return StreamLook(
        name=spec.name,
        owner=spec.owner,
        generation=info.created,
        messages=state.messages,
        bytes=state.bytes,
        max_bytes=max(info.config.max_bytes or 0, 0),
        first_seq=state.first_seq,
        last_seq=state.last_seq,
        deleted=sorted({*(state.deleted or []), *lost}),
    )


async def look_at_durable(client: Client, spec: DurableSpec, services: tuple[str, ...]) -> DurableLook:
    """One durable."""
    look = DurableLook(stream=spec.stream, name=spec.name, user=spec.user, outside=spec.user not in services)
    answer = await _ask(client, f"$JS.API.CONSUMER.INFO.{spec.stream}.{spec.name}", {})
    if isinstance(answer, str):
        return look.model_copy(update={"problem": answer})
    floor = answer.get("ack_floor", {})
    return look.model_copy(
        update={
            "lag": answer.get("num_pending", 0),
            "unacknowledged": answer.get("num_ack_pending", 0),
            "redelivered": answer.get("num_redelivered", 0),
            "ack_floor": floor.get("stream_seq", 0),
            "moved_at": _instant(floor.get("last_active")),
        }
    )


async def _ask(client: Client, subject: str, question: dict[str, Any]) -> dict[str, Any] | str:
    """The answer, or in a word why there is none: `missing`, `no answer`, or the server's own words."""
    try:
        reply = await client.request(subject, json.dumps(question).encode(), timeout=_TIMEOUT)
    except (TimeoutError, NatsError, OSError):
        return "no answer"
    answer: dict[str, Any] = json.loads(reply.data)
    if error := answer.get("error"):
        return "missing" if error.get("code") == _NOT_FOUND else str(error.get("description"))
    return answer


def _instant(text: str | None) -> datetime | None:
    """RFC 3339 with nanoseconds, which Python cuts to microseconds. The year 1 means never."""
    if text is None or text.startswith("0001"):
        return None
    return datetime.fromisoformat(text)
