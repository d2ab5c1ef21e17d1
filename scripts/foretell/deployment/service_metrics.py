"""What a routing service tells Prometheus."""

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from foretell.deployment.decision_log import Entry

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class ServiceMetrics:
    """Counts of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        named: dict[str, Any] = {"registry": self._registry, "namespace": "router"}
        self._requests = Counter("requests", "Requests by endpoint and status.", ["endpoint", "status"], **named)
        self._decisions = Counter("decisions", "Prompts by the policy that they were sent to.", ["policy"], **named)
        self._failures = Counter(
            "failures", "Prompts that the fallback took, or nobody, by what failed.", ["of"], **named
        )
        self._unlike = Counter("unlike", "Prompts that are unlike those of training.", **named)
        self._unlogged = Counter("unlogged", "Decisions that could not be logged.", **named)
        self._routing = Histogram("routing_seconds", "Time that routing took.", buckets=SECONDS, **named)
        self._answering = Histogram("answer_seconds", "Time of a whole request.", ["policy"], buckets=SECONDS, **named)
        self.in_flight = Gauge("in_flight", "Requests under way.", **named)

    def count(self, entry: Entry, logged: bool) -> None:
        """Count a decision."""
        self._decisions.labels(entry.policy).inc()
        self._routing.observe(entry.routing_seconds)
        self._answering.labels(entry.served_by or "none").observe(entry.seconds)
        if entry.failure is not None:
            self._failures.labels(entry.failure.partition(":")[0]).inc()
        if entry.unlike:
            self._unlike.inc()
        if not logged:
            self._unlogged.inc()

    def count_request(self, endpoint: str, status: int) -> None:
        """Count an answer to a client."""
        self._requests.labels(endpoint, str(status)).inc()

    def text(self) -> bytes:
        """All counts, as Prometheus reads them."""
        return generate_latest(self._registry)
