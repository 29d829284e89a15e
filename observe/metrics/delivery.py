"""Metrics of notices: attempts, their outcomes, waits, and the time until people were told."""

from collections.abc import Sequence
from datetime import timedelta

from prometheus_client import CollectorRegistry, Counter, Histogram

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 14400)

#: What may follow an attempt that failed, and for which reasons.
_FAILURES = {
    "retry": ("Throttled", "Unavailable", "OutcomeUnknown", "Doubtful", "BrokenNotice"),
    "park": ("Blocked", "OutcomeUnknown"),
    "give_up": ("Throttled", "Unavailable", "OutcomeUnknown", "Doubtful", "BrokenNotice", "Rejected"),
}


class DeliveryMetrics:
    """Implements `delivery.meter.DeliveryMeter`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._settled = Counter(
            "proactive_bot_notices_settled",
            "Notices by what became of them in the end.",
            ["destination", "outcome"],
            registry=registry,
        )
        self._failed = Counter(
            "proactive_bot_failed_attempts",
            "Attempts to tell that failed, by reason, and what follows: retry, park or give_up.",
            ["destination", "reason", "decision"],
            registry=registry,
        )
        self._waits = Counter(
            "proactive_bot_rate_limit_waits",
            "Times that a lane was put off without an attempt, by what it has to wait for.",
            ["limit"],
            registry=registry,
        )
        self._seconds = Histogram(
            "proactive_bot_event_to_delivery_seconds",
            "From the commit that ends a job to the channel's receipt for its notice. Path direct: by the"
            " process that took the report, at once. Path outbox: it waited, for whatever reason.",
            ["path"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._retired = Counter(
            "proactive_bot_retired",
            "Jobs and dead letters that were deleted because they were old.",
            ["kind"],
            registry=registry,
        )
        # Known series begin at 0: Prometheus sees no increase in a series that begins at 25.
        for kind in ("job", "dead_letter"):
            self._retired.labels(kind)
        destinations = ("conversation", "webhook")
        for destination in destinations:
            for outcome in ("dead", "unwanted"):
                self._settled.labels(destination, outcome)
            for decision, reasons in _FAILURES.items():
                for reason in reasons:
                    self._failed.labels(destination, reason, decision)
        self._sent = {destination: self._settled.labels(destination, "sent") for destination in destinations}
        self._direct_or_not = {
            True: self._seconds.labels("direct"),
            False: self._seconds.labels("outbox"),
        }
        for limit in ("conversation", "tenant", "host"):
            self._waits.labels(limit)

    def told(self, destination: str, notices: int, ends: Sequence[timedelta], *, fresh: bool) -> None:
        """Count notices that arrived, and for those about ends of jobs the time since they became owed."""
        self._sent[destination].inc(notices)
        for time in ends:
            self._direct_or_not[fresh].observe(max(0.0, time.total_seconds()))

    def attempt_failed(self, destination: str, reason: str, decision: str) -> None:
        """Count an attempt that failed."""
        self._failed.labels(destination, reason, decision).inc()

    def dropped(self, destination: str, notices: int, outcome: str) -> None:
        """Count notices that are settled without having been sent: `dead`, or `unwanted`."""
        self._settled.labels(destination, outcome).inc(notices)

    def retired(self, kind: str, count: int) -> None:
        """Count what was deleted because it was old."""
        self._retired.labels(kind).inc(count)

    def put_off(self, limit: str) -> None:
        """Count a lane that waits without an attempt."""
        self._waits.labels(limit).inc()
