"""Logs as one JSON object a line, each with the service and the correlation id of the work it belongs to."""

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime

import asyncpg
from pydantic import ValidationError

correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def described(error: BaseException) -> str:
    """An error without the data that it quotes: PostgreSQL repeats rows, pydantic and asyncpg repeat values."""
    name = type(error).__qualname__
    if isinstance(error, ValidationError):
        places = (f"{'.'.join(map(str, e['loc']))}: {e['type']}" for e in error.errors(include_input=False))
        return f"{name}: {'; '.join(places)}"
    if isinstance(error, asyncpg.DataError):
        return f"{name}: {error.sqlstate}"
    if isinstance(error, asyncpg.PostgresError):
        return f"{name}: {error.args[0] if error.args else ''}"  # without its DETAIL
    return f"{name}: {error}"


class JsonFormatter(logging.Formatter):
    """Formats records as JSON; what was passed as `extra` becomes fields."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self.service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if correlation := correlation_id.get():
            line["correlation_id"] = correlation
        line.update({key: value for key, value in vars(record).items() if key not in _STANDARD})
        if record.exc_info:
            line["error"] = "".join(_chain(record.exc_info[1]))
        return json.dumps(line, default=str, ensure_ascii=False)


def _chain(error: BaseException | None) -> Iterator[str]:
    """The traceback of an error and of what led to it, the first cause first."""
    if error is None:
        return
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    yield from _chain(before)
    yield from traceback.format_tb(error.__traceback__)
    yield f"{described(error)}\n"


def configure(service: str, level: str) -> None:
    """Sends all logging of this process to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
