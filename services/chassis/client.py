"""Sending commands and queries to services over NATS."""

import asyncio
from datetime import timedelta
from typing import Any, TypeVar, cast
from uuid import UUID

from nats.aio.client import Client
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError
from pydantic import BaseModel

from contracts.envelope import Actor, Command, Query, Refusal, Reply
from contracts.refusals import CommonRefusal, Refused, refuse
from contracts.topology import MAX_PAYLOAD, Topology
from services.chassis import tracing
from services.chassis.ids import uuid7
from services.worktime.clock import Clock

Result = TypeVar("Result", bound=BaseModel)

_AGAIN = 0.2
_LONGEST_PAUSE = 3.0
_COMMAND_ATTEMPT = 5.0
"""A command is sent again, under its id, when this much time passed without an answer: the first may have been lost
with a broken connection, and one that is still being carried out is waited for and answered once."""


class Caller:
    """Calls services in the name of one actor."""

    def __init__(self, client: Client, topology: Topology, clock: Clock, actor: Actor) -> None:
        self._client = client
        self._topology = topology
        self._clock = clock
        self._actor = actor

    async def call(
        self,
        owner: str,
        data: BaseModel,
        result: type[Result],
        *,
        id: UUID | None = None,
        expected_version: int | None = None,
        timeout: float = 15.0,
    ) -> Result:
        """The result of a command or query. The same `id` again gets the first answer.

        Until `timeout` (seconds) it is sent again, under the same id, where nobody answered, or was able to: services
        and their databases restart. A query that somebody received in silence is not: it may be long, and twice is
        twice the work. Refused: the service said no; with code `unavailable` where nobody answered in time.
        """
        spec = self._topology.call_of(owner, type(data))
        call_id = id or uuid7()
        fields: dict[str, Any] = {
            "id": call_id,
            "actor": self._actor,
            "deadline": self._clock.now() + timedelta(seconds=timeout),
            "correlation_id": call_id,
            "traceparent": tracing.traceparent(),
            "data": data,
        }
        if spec.changes:
            payload = Command[Any].model_construct(**fields, expected_version=expected_version).model_dump_json()
        else:
            payload = Query[Any].model_construct(**fields).model_dump_json()
        if len(payload.encode()) > MAX_PAYLOAD:
            raise refuse(
                CommonRefusal.TOO_LARGE,
                f"Yêu cầu {spec.verb} quá lớn, chưa được gửi; hãy chia nhỏ.",
                f"The call {spec.verb} is too large and was not sent; ask for less at once.",
            )
        attempt = _COMMAND_ATTEMPT if spec.changes else timeout
        loop = asyncio.get_running_loop()
        end, pause = loop.time() + timeout, _AGAIN
        while True:
            raw = await self._request(spec.subject, payload.encode(), end, attempt, timeout)
            reply = Reply[result].model_validate_json(raw)  # type: ignore[valid-type]
            if reply.refusal is None:
                return cast("Result", reply.result)
            if reply.refusal.code != CommonRefusal.UNAVAILABLE or loop.time() + pause >= end:
                raise Refused(reply.refusal)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _request(self, subject: str, payload: bytes, end: float, attempt: float, timeout: float) -> bytes:
        loop = asyncio.get_running_loop()
        while (left := end - loop.time()) > 0:
            try:
                return (await self._client.request(subject, payload, timeout=min(attempt, left))).data
            except NoRespondersError:
                await asyncio.sleep(min(_AGAIN, left))
            except NatsTimeoutError:
                continue
        service = subject.split(".")[1]
        raise Refused(
            Refusal(
                code=CommonRefusal.UNAVAILABLE,
                message_vi=f"Dịch vụ {service} không trả lời trong {timeout:.0f} giây; xem `tiepsuc status`.",
                message_en=f"The service {service} did not answer within {timeout:.0f} seconds; see `tiepsuc status`.",
            )
        )
