"""Logs do not repeat the data that an error quotes."""

import json
import logging
import sys

import asyncpg
import pytest
from pydantic import BaseModel

from services.chassis.logs import JsonFormatter

SECRET = "Nguyễn Thị " + "Bí Mật"  # in two pieces, as a traceback shows lines of source


class Person(BaseModel):
    name: str
    age: int


def logged(error: Exception) -> str:
    try:
        try:
            raise error
        except Exception as first:
            raise LookupError("what came of it") from first
    except LookupError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", None, sys.exc_info())
    line: dict[str, str] = json.loads(JsonFormatter("intake").format(record))
    return line["error"]


def row_refused() -> Exception:
    fields = {"C": "23514", "M": 'violates check constraint "age"', "D": f"Failing row contains ({SECRET})."}
    return asyncpg.PostgresError.new(fields)


def value_refused() -> Exception:
    return asyncpg.DataError(f"invalid input for query argument $1: {SECRET!r} (expected int)")


def model_refused() -> Exception:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - which one, is not the point
        Person.model_validate({"name": "x", "age": SECRET})
    return caught.value


@pytest.mark.parametrize(
    ("error", "told"),
    [(row_refused(), "CheckViolationError"), (value_refused(), "DataError"), (model_refused(), "age: int_parsing")],
    ids=["row", "value", "model"],
)
def test_an_error_is_told_without_the_data_it_quotes(error: Exception, told: str) -> None:
    text = logged(error)
    assert SECRET not in text
    assert told in text
    assert text.endswith("LookupError: what came of it\n")
    assert "test_log_privacy.py" in text
