"""What `tiepsuc status` calls a finding, and what is merely shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.operations.queries import ConsumerHealth, HealthView, RelayHealth
from services.operations import status
from services.operations.bus import DurableLook, StreamLook
from services.operations.status import ServiceLook
from services.operations.words import clock, duration, many, size

NOW = datetime(2025, 7, 1, 9, tzinfo=UTC)


def service(*consumers: ConsumerHealth, **changes: Any) -> ServiceLook:
    fields: dict[str, Any] = {
        "service": "reporting",
        "version": "0.1.0",
        "stage": "running",
        "findings": {},
        "uptime_seconds": 5,
        "relay": RelayHealth(leading=True, pending=0),
        "consumers": list(consumers),
    }
    return ServiceLook(name="reporting", answers=True, health=HealthView(**fields | changes))


def waits(**changes: Any) -> ConsumerHealth:
    fields: dict[str, Any] = {"owner": "intake", "parked": 0, "parked_entities": 0, "behind": 0, "dead": 0}
    return ConsumerHealth(**fields | changes)


def codes(*looks: ServiceLook) -> list[str]:
    return [each.code for each in status._of_services(looks, NOW)]


def test_a_good_service_is_no_finding_and_a_silent_one_is() -> None:
    assert codes(service(waits())) == []
    assert codes(ServiceLook(name="intake", answers=False)) == ["no-answer"]
    assert codes(service(findings={"database": "TimeoutError"}, relay=None)) == ["not-ready"]


def test_dead_letters_and_what_waits_behind_them_are_told_in_one_sentence() -> None:
    (finding,) = status._of_services([service(waits(parked=5, behind=5, dead=2, oldest_parked=NOW))], NOW)
    assert finding.vi == "2 thư chết ở reporting, 5 sự kiện của intake chờ sau chúng."
    assert finding.en == "2 dead letters in reporting, 5 events of intake waiting behind."


def test_what_waits_for_a_moment_is_no_finding() -> None:
    assert codes(service(waits(parked=3, oldest_parked=NOW - timedelta(seconds=5)))) == []
    (finding,) = status._of_services([service(waits(parked=3, oldest_parked=NOW - timedelta(minutes=14)))], NOW)
    assert "3 events stuck between intake and reporting" in finding.en
    assert "the oldest for 14 min" in finding.en


def test_a_relay_is_late_after_a_minute_unless_a_replay_keeps_it_busy() -> None:
    old = NOW - timedelta(minutes=3)
    assert codes(service(relay=RelayHealth(leading=True, pending=7, oldest_pending=NOW))) == []
    assert codes(service(relay=RelayHealth(leading=True, pending=7, oldest_pending=old))) == ["pending"]
    assert codes(service(relay=RelayHealth(leading=True, pending=7, oldest_pending=old, replaying=9))) == []
    assert codes(service(relay=RelayHealth(leading=False, pending=0))) == ["no-relay"]


def test_streams_and_durables() -> None:
    streams = [
        StreamLook(name="INTAKE", owner="intake", generation=NOW, bytes=71, max_bytes=100),
        StreamLook(name="REPORTING", owner="reporting", problem="missing"),
        StreamLook(name="GATEWAY", owner="gateway", generation=NOW, bytes=70, max_bytes=100),
    ]
    assert [each.code for each in status._of_streams(streams)] == ["stream-filling", "stream"]

    def durable(*, outside: bool, minutes: int, **more: Any) -> DurableLook:
        moved = NOW - timedelta(minutes=minutes)
        return DurableLook(stream="INTAKE", name="x", user="x", outside=outside, moved_at=moved, **more)

    durables = [
        durable(outside=False, minutes=9, lag=4),
        durable(outside=False, minutes=9),
        durable(outside=False, minutes=0, lag=4),
        durable(outside=True, minutes=9, lag=4),
        durable(outside=True, minutes=0, problem="missing"),
    ]
    assert [each.code for each in status._of_durables(durables, NOW)] == ["stuck", "durable"]


@pytest.mark.parametrize(
    ("seconds", "vi", "en"),
    [
        (0, "0 giây", "0 s"),
        (59, "59 giây", "59 s"),
        (840, "14 phút", "14 min"),
        (7200, "2 giờ", "2 h"),
        (1e6, "12 ngày", "12 d"),
    ],
)
def test_a_length_of_time_in_its_largest_unit(seconds: float, vi: str, en: str) -> None:
    assert duration(seconds) == (vi, en)


def test_figures() -> None:
    assert [clock(46.9), clock(7322), clock(3 * 86400 + 60)] == ["0:00:46", "2:02:02", "3d 0:01:00"]
    assert [many(1, "entity"), many(2, "entity"), many(0, "event")] == ["1 entity", "2 entities", "0 events"]
    assert [size(n) for n in (12, 2048, 5 << 20, 3 << 30)] == ["12 B", "2 KiB", "5 MiB", "3.0 GiB"]
