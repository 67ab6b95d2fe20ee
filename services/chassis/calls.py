"""Answering commands and queries: decoded, allowed, in time, once. Every answer is typed, refusals included."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
from opentelemetry.trace import SpanKind
from pydantic import BaseModel, ValidationError

from contracts.envelope import Call, Command, Query, Refusal, Reply
from contracts.free_text import SECRET_ERROR
from contracts.refusals import CommonRefusal, Refused, refuse
from contracts.roles import ROLE_NAMES
from contracts.topology import MAX_PAYLOAD, CallSpec, Topology
from services.chassis import metrics, tracing
from services.chassis.database import Connection, Database, UnitOfWork
from services.chassis.errors import Fault, TooLarge, fault_of, known_of
from services.chassis.logs import correlation_id
from services.chassis.nul import refuse_nul
from services.worktime.clock import Clock

log = logging.getLogger(__name__)

CommandHandler = Callable[[UnitOfWork, Any], Awaitable[BaseModel]]
"""A use case that changes something: load, decide, save. Raises Refused."""
ReportHandler = Callable[[Any], Awaitable[BaseModel]]
"""Answers a query without the database, so that it is answered even where that is away."""
QueryHandler = Callable[[Connection, Any], Awaitable[BaseModel]]
"""A use case that only reads. Raises Refused."""

_ATTEMPTS = 3
_OK = "ok"
_FORGOTTEN_AT_ONCE = 5_000
_KEPT_FREE = 2
"""Connections of the pool that calls leave to consumers, sweeps and health."""
_LOST_RACE = (asyncpg.UniqueViolationError, asyncpg.ExclusionViolationError, asyncpg.ForeignKeyViolationError)
"""Somebody else was quicker: the handler, run again, sees what they did and refuses in its own words."""
_CONTENDED = (asyncpg.UniqueViolationError, asyncpg.ExclusionViolationError)
"""Lost races that a later try may win; what a foreign key lacks after three tries will not come."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """A reply as JSON, and what it is counted as: a refusal's code, or `ok`."""

    code: str
    text: str


@dataclass(slots=True)
class _Unsure:
    """Whether a commit was begun: if it then fails, nobody knows whether it happened."""

    committing: bool = False


@dataclass(frozen=True, slots=True)
class _Answerer:
    spec: CallSpec
    envelope: type[Call[Any]]
    handler: Callable[[Any, Any], Awaitable[BaseModel]]
    connects: bool
    remembered: bool
    judges_nul: bool


class Calls:
    """The commands and queries of one service, by subject."""

    def __init__(self, service: str, database: Database, topology: Topology, clock: Clock) -> None:
        self.service = service
        self._database = database
        self._topology = topology
        self._clock = clock
        self._answerers: dict[str, _Answerer] = {}
        self.fingerprint_key: bytes | None = None
        """Makes commands' fingerprints of no use to whoever would guess personal data by them; a secret."""
        self._turns = asyncio.Semaphore(max(database.pool.get_max_size() - _KEPT_FREE, 1))

    def command(self, data: type[BaseModel], handler: CommandHandler) -> None:
        """Answers this command. KeyError: the topology does not let this service answer it."""
        self._add(data, Command[data], handler)  # type: ignore[valid-type]

    def query(self, data: type[BaseModel], handler: QueryHandler) -> None:
        """Answers this query. KeyError: the topology does not let this service answer it."""
        self._add(data, Query[data], handler)  # type: ignore[valid-type]

    def report(self, data: type[BaseModel], handler: ReportHandler) -> None:
        """Answers this query by what the process itself knows. KeyError: as above."""

        async def alone(_: object, query: Any) -> BaseModel:
            return await handler(query)

        self._add(data, Query[data], alone, connects=False)  # type: ignore[valid-type]

    def _add(
        self,
        data: type[BaseModel],
        envelope: Any,
        handler: Callable[[Any, Any], Awaitable[BaseModel]],
        *,
        connects: bool = True,
    ) -> None:
        spec = self._topology.call_of(self.service, data)
        self._answerers[spec.subject] = _Answerer(
            spec, envelope, handler, connects, spec.remembered, getattr(data, "judges_nul", False)
        )

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(self._answerers)

    def missing(self) -> set[str]:
        """Calls that the topology promises and nobody answers: a mistake found at start."""
        return {spec.subject for spec in self._topology.calls_of(self.service)} - set(self._answerers)

    async def forget(self, older_than: timedelta) -> int:
        """Forgets first answers that nobody asks for any more, in pieces; how many. The log would grow for ever."""
        forgotten = 0
        while True:
            status = await self._database.pool.execute(
                """delete from command_log where ctid = any(array(
                       select ctid from command_log where done_at < now() - $1::interval limit $2 for update skip locked
                   ))""",
                older_than,
                _FORGOTTEN_AT_ONCE,
            )
            count = int(status.rpartition(" ")[2])
            forgotten += count
            if count < _FORGOTTEN_AT_ONCE:
                return forgotten

    async def answer(self, subject: str, payload: bytes) -> bytes:
        """The reply to a call, as JSON. Never raises: a caller is never left without an answer."""
        answerer = self._answerers[subject]
        name = answerer.spec.name
        started = time.perf_counter()
        try:
            if not answerer.judges_nul:
                refuse_nul(payload)
            call = answerer.envelope.model_validate_json(payload)
        except ValidationError as error:
            reply = _refusal_reply(_invalid(error))
        else:
            token = correlation_id.set(str(call.correlation_id))
            try:
                with tracing.span(name, kind=SpanKind.SERVER, parent=call.traceparent):
                    reply = await self._answer(answerer, call)
            finally:
                correlation_id.reset(token)
        metrics.CALL_SECONDS.labels(self.service, name).observe(time.perf_counter() - started)
        metrics.CALLS.labels(self.service, name, reply.code).inc()
        return reply.text.encode()

    async def _answer(self, answerer: _Answerer, call: Call[Any]) -> _Answer:
        unsure = _Unsure()
        limit = None
        try:
            self._check_role(answerer.spec, call)
            left = (call.deadline - self._clock.now()).total_seconds()
            if left <= 0:
                raise _too_late()
            async with asyncio.timeout(left) as limit:
                return await self._attempts(answerer, call, limit, unsure)
        except Refused as refused:
            return _refusal_reply(refused.refusal)
        except TooLarge:
            return _refusal_reply(_too_large().refusal)
        except Exception as error:
            if limit is not None and limit.expired() and not unsure.committing:
                return _refusal_reply(_too_late().refusal)
            log.exception("%s failed", answerer.spec.name)
            if fault_of(error) is Fault.MESSAGE and not isinstance(error, _CONTENDED):
                return _refusal_reply(_cannot_be_kept(error).refusal)
            return _refusal_reply(_unavailable().refusal)

    async def _attempts(self, answerer: _Answerer, call: Call[Any], limit: asyncio.Timeout, unsure: _Unsure) -> _Answer:
        """Tries again, within the deadline, what failed for the surroundings' sake or lost a race."""
        when = limit.when()
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                if not answerer.connects:
                    return _result_reply(await answerer.handler(None, call))
                async with self._turns:
                    if isinstance(call, Command):
                        return await self._run_command(answerer, call, limit, unsure)
                    async with self._database.reading() as connection:
                        return _result_reply(await answerer.handler(connection, call))
            except Exception as error:
                again = fault_of(error) is Fault.SURROUNDINGS or isinstance(error, _LOST_RACE)
                if not again or limit.expired() or attempt == _ATTEMPTS:
                    raise
                limit.reschedule(when)
                await asyncio.sleep(0.1 * attempt)
        raise AssertionError("unreachable")

    def _check_role(self, spec: CallSpec, call: Call[Any]) -> None:
        if call.actor.role not in spec.roles:
            vi, en = ROLE_NAMES[call.actor.role]
            raise refuse(
                CommonRefusal.FORBIDDEN,
                f"Vai trò “{vi}” không được thực hiện việc này ({spec.verb}).",
                f"The role “{en}” may not do this ({spec.verb}).",
                field="actor.role",
            )

    async def _run_command(
        self, answerer: _Answerer, command: Command[Any], limit: asyncio.Timeout, unsure: _Unsure
    ) -> _Answer:
        """One transaction of the command's place in the log, its effect and its events.

        Taking the place first makes a repetition that arrives meanwhile wait, and then find the first answer. The
        deadline ends before the commit begins: cut short, that may have happened or not, and no answer would be true.
        """
        print_ = _fingerprint(answerer.spec, command, self.fingerprint_key)
        async with self._database.unit_of_work() as work:
            if not answerer.remembered:
                reply = await _carried_out(answerer, work, command)
            elif await _is_first(work, answerer.spec, command, print_):
                reply = await _carried_out(answerer, work, command)
                await work.connection.execute("update command_log set reply = $2 where id = $1", command.id, reply.text)
            else:
                reply = await _first_answer(work.connection, command.id, print_)
            if limit.expired():
                raise TimeoutError
            limit.reschedule(None)
            unsure.committing = True
        return reply


async def _is_first(work: UnitOfWork, spec: CallSpec, command: Command[Any], print_: bytes) -> bool:
    """Takes the command's place in the log, unless it is taken."""
    began = await work.connection.fetchval(
        """insert into command_log (id, name, fingerprint, reply) values ($1, $2, $3, '')
           on conflict do nothing returning now()""",
        command.id,
        spec.name,
        print_,
    )
    work.begins_at(began)
    return began is not None


async def _carried_out(answerer: _Answerer, work: UnitOfWork, command: Command[Any]) -> _Answer:
    try:
        async with work.savepoint():
            return _result_reply(await answerer.handler(work, command))
    except Refused as refused:
        return _refusal_reply(refused.refusal)


def _fingerprint(spec: CallSpec, command: Command[Any], key: bytes | None) -> bytes:
    """What must be equal for two commands to be the same; not the deadline or the trace, which a retry renews."""
    text = f"{spec.name}|{command.actor.id}|{command.expected_version}|{command.data.model_dump_json()}".encode()
    return hmac.digest(key, text, "sha256") if key else hashlib.sha256(text).digest()


async def _first_answer(connection: Connection, command: UUID, print_: bytes) -> _Answer:
    row: asyncpg.Record | None = await connection.fetchrow(
        "select fingerprint, reply from command_log where id = $1", command
    )
    if row is None or row["fingerprint"] != print_:
        raise refuse(
            CommonRefusal.COMMAND_ID_REUSED,
            "Mã lệnh này đã dùng cho một lệnh khác; hãy gửi lại với mã mới.",
            "This command id was used for another command; send it with a new id.",
            field="id",
        )
    return _Answer(json.loads(row["reply"]).get("refusal", {}).get("code", _OK), row["reply"])


def _result_reply(result: BaseModel) -> _Answer:
    """Refused: more than the bus carries; a reply that cannot be sent would leave the caller without any."""
    text = Reply[Any](result=result).model_dump_json(exclude_none=True)
    if len(text) > MAX_PAYLOAD // 4 and len(text.encode()) > MAX_PAYLOAD:  # UTF-8: 4 bytes at most
        raise _too_large()
    return _Answer(_OK, text)


def _refusal_reply(refusal: Refusal) -> _Answer:
    return _Answer(refusal.code, Reply[Any](refusal=refusal).model_dump_json(exclude_none=True))


def _invalid(error: ValidationError) -> Refusal:
    errors = error.errors(include_input=False, include_url=False)
    first = next((each for each in errors if each["type"] == SECRET_ERROR), errors[0])
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == SECRET_ERROR:
        what = first["ctx"]
        return Refusal(
            code=CommonRefusal.SECRET_NOT_ACCEPTED,
            message_vi=f"{place} có {what['kind_vi']}; hãy xóa đi rồi gửi lại. Những thứ đó không được lưu ở đây.",
            message_en=f"{place} carries a {what['kind_en']}; take it out and send again. No secret is kept here.",
            field=place or None,
        )
    return Refusal(
        code=CommonRefusal.INVALID,
        message_vi=f"Dữ liệu không hợp lệ tại {place or 'nội dung'}: {first.get('ctx', {}).get('vi') or first['msg']}",
        message_en=f"Invalid at {place or 'payload'}: {first['msg']}",
        field=place or None,
    )


def _too_late() -> Refused:
    return refuse(
        CommonRefusal.TOO_LATE,
        "Yêu cầu đã quá hạn trả lời, không có gì được thực hiện.",
        "The call's deadline has passed; nothing was done.",
    )


def _unavailable() -> Refused:
    return refuse(
        CommonRefusal.UNAVAILABLE,
        "Dịch vụ tạm thời không trả lời được; hãy gửi lại với cùng mã lệnh.",
        "The service cannot answer now; send it again with the same id.",
    )


def _cannot_be_kept(error: Exception) -> Refused:
    """Sent again as it is, it would fail again. What is known is told, and no value that the error quotes."""
    known = known_of(error)
    return refuse(
        CommonRefusal.INVALID,
        f"Dữ liệu không lưu được, không có gì được thực hiện; gửi lại nguyên văn cũng vô ích ({known}).",
        f"The data cannot be kept and nothing was done; sent again as they are, they would fail again ({known}).",
        error=type(error).__name__,
    )


def _too_large() -> Refused:
    return refuse(
        CommonRefusal.TOO_LARGE,
        "Dữ liệu hoặc câu trả lời quá lớn, không có gì được thực hiện; hãy chia nhỏ yêu cầu.",
        "The data or the answer is too large; nothing was done. Ask for less at once.",
    )
