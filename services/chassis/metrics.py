"""What every service counts. Labels are names from the topology, never subjects or ids, so their number is bounded."""

from prometheus_client import Counter, Gauge, Histogram

PUBLISHED = Counter("tiepsuc_events_published_total", "Events acknowledged by the stream", ["service"])
REPUBLISHED = Counter(
    "tiepsuc_events_set_for_republication_total", "Events to be published again", ["service", "reason"]
)
PENDING = Gauge("tiepsuc_outbox_pending", "Events not yet acknowledged by the stream; counted to 100,000", ["service"])
LEADER = Gauge("tiepsuc_relay_leader", "1 where this process publishes for its service", ["service"])
CONSUMED = Counter(
    "tiepsuc_messages_consumed_total", "Messages by what became of them", ["service", "owner", "outcome"]
)
PARKED = Gauge("tiepsuc_parked_events", "Events that wait for an earlier one of their entity", ["service", "owner"])
PARKED_SECONDS = Gauge("tiepsuc_parked_oldest_seconds", "How long the oldest of them waits", ["service", "owner"])
BATCH_SECONDS = Histogram(
    "tiepsuc_batch_seconds", "Time from fetch to acknowledgement of a batch", ["service", "owner"]
)
CRITICAL_SECONDS = Histogram(
    "tiepsuc_critical_time_seconds",
    "Age of the oldest event of a batch when it took effect",
    ["service", "owner"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600),
)
CALLS = Counter("tiepsuc_calls_total", "Commands and queries by answer", ["service", "call", "answer"])
CALL_SECONDS = Histogram("tiepsuc_call_seconds", "Time to answer a command or query", ["service", "call"])
