"""Traces across the outbox hop: the trace context of a command travels in its events and goes on in each consumer.

Spans are exported over OTLP/HTTP if `OTEL_EXPORTER_OTLP_ENDPOINT` is set, the variable every OpenTelemetry tool knows.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Link, Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR = TraceContextTextMapPropagator()
_LINKS_PER_SPAN = 16


def configure(service: str) -> TracerProvider:
    """Sets up tracing for this process; call `shutdown()` on the result to send what is left."""
    provider = TracerProvider(resource=Resource.create({"service.name": f"tiepsuc-{service}"}))
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        # Imported here because it costs a start-up half a second that most never need.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider


def traceparent() -> str | None:
    """The W3C trace context of the current span, to be carried in a message; None without one."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")


@contextmanager
def span(name: str, *, kind: SpanKind = SpanKind.INTERNAL, parent: str | None = None) -> Iterator[Span]:
    """A span, as a child of the `traceparent` of a message if one is given."""
    context = _PROPAGATOR.extract({"traceparent": parent}) if parent else None
    with trace.get_tracer("tiepsuc").start_as_current_span(name, context=context, kind=kind) as current:
        yield current


@contextmanager
def batch_span(name: str, parents: Iterable[str | None]) -> Iterator[Span]:
    """A consumer's span over a batch: a link to each distinct trace that the batch's messages belong to.

    A batch has many parents, and a span only one; links are what OpenTelemetry's messaging conventions use then.
    """
    links = []
    for parent in list(dict.fromkeys(filter(None, parents)))[:_LINKS_PER_SPAN]:
        context = trace.get_current_span(_PROPAGATOR.extract({"traceparent": parent})).get_span_context()
        if context.is_valid:
            links.append(Link(context))
    with trace.get_tracer("tiepsuc").start_as_current_span(name, kind=SpanKind.CONSUMER, links=links) as current:
        yield current
