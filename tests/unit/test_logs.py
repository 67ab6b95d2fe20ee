"""Log lines: one JSON object each, with the correlation id of the work they belong to."""

import json
import logging
import sys

from services.chassis.logs import JsonFormatter, correlation_id


def line(message: str, *args: object, error: bool = False, **extra: object) -> dict[str, object]:
    record = logging.makeLogRecord(
        {"name": "services.x", "levelno": 20, "levelname": "INFO", "msg": message, "args": args, **extra}
    )
    if error:
        record.exc_info = sys.exc_info()
    found: dict[str, object] = json.loads(JsonFormatter("intake").format(record))
    return found


def test_a_line_tells_service_message_and_extras() -> None:
    found = line("%d hồ sơ", 3, owner="intake")
    assert (found["service"], found["level"], found["message"]) == ("intake", "info", "3 hồ sơ")
    assert found["owner"] == "intake"
    assert "correlation_id" not in found


def test_a_line_carries_the_correlation_id_of_its_work() -> None:
    token = correlation_id.set("0198")
    try:
        assert line("x")["correlation_id"] == "0198"
    finally:
        correlation_id.reset(token)


def test_an_error_stays_on_one_line() -> None:
    try:
        raise ValueError("no\nway")
    except ValueError:
        record = line("failed", error=True)
    assert "ValueError: no\nway" in str(record["error"])
