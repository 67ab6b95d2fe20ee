"""What an operator can see of a running stack: traces across the outbox, metrics, and logs that programs can read."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from services.operations.embedded.stack import Stack, running
from tests.support.stack import command, converged, sample_in


class Collector:
    """A receiver of OTLP over HTTP: the spans of each service, by name of the service."""

    def __init__(self) -> None:
        self.spans: dict[str, list[Span]] = {}
        self.endpoint = ""

    def take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = next(a.value.string_value for a in resource.resource.attributes if a.key == "service.name")
            for scope in resource.scope_spans:
                self.spans.setdefault(service, []).extend(scope.spans)

    def named(self, service: str, name: str) -> list[Span]:
        return [span for span in self.spans.get(service, []) if span.name == name]


@contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    collector.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def metric(stack: Stack, of: str, name: str, **labels: str) -> float:
    """The value of one series on a service's /metrics."""
    async with httpx.AsyncClient(trust_env=False) as client:
        text = (await client.get(f"http://127.0.0.1:{stack.ports[of]}/metrics")).text
    for line in text.splitlines():
        if line.startswith(f"{name}{{") and all(f'{key}="{value}"' in line for key, value in labels.items()):
            return float(line.rpartition(" ")[2])
    raise AssertionError(f"no {name} {labels} in:\n{text}")


async def test_traces_metrics_and_logs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        async with running(home) as stack:
            await command(home, "import", sample_in(home), "--json")
            await converged(stack)

            labels = {"service": "intake", "call": "intake.import-cases.v1", "answer": "ok"}
            assert await metric(stack, "intake", "tiepsuc_calls_total", **labels) == 2  # 552 rows in pieces of 500
            applied = await metric(stack, "reporting", "tiepsuc_messages_consumed_total", outcome="applied")
            published = await metric(stack, "intake", "tiepsuc_events_published_total", service="intake")
            assert applied == published > 552
            assert await metric(stack, "intake", "tiepsuc_relay_leader", service="intake") == 1
        # The services have ended and sent what they had.
        answers = {span.trace_id for span in collector.named("tiepsuc-intake", "intake.import-cases.v1")}
        assert len(answers) == 2
        effects = collector.named("tiepsuc-reporting", "reporting consumes intake")
        assert answers <= {link.trace_id for span in effects for link in span.links}

    for log in sorted((home / "logs").glob("*.log")):
        if log.stem not in {"nats", "postgres"}:
            lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
            assert lines
            assert all({"at", "level", "service", "message"} <= set(line) for line in lines)
