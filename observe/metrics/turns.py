"""Metrics of turns, and of requests that were refused before one."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from observe.metrics.labels import OTHER

#: Types of activities that channels send: https://learn.microsoft.com/azure/bot-service/bot-activity-handler-concept
_TYPES = frozenset(
    {
        "message",
        "conversationUpdate",
        "event",
        "invoke",
        "installationUpdate",
        "messageReaction",
        "messageUpdate",
        "messageDelete",
        "typing",
        "endOfConversation",
        "command",
        "commandResult",
    }
)

#: Of `web.intake.turn_meter`.
_OUTCOMES = ("ok", "failed", "store_unavailable", "no_token", "circuit_open", "not_answered", "abandoned")

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15)  # Channels give up after 15.


class TurnMetrics:
    """Implements `web.intake.turn_meter.TurnMeter`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._turns = Counter(
            "proactive_bot_turns",
            "Turns by the activity's type and what became of them.",
            ["type", "outcome"],
            registry=registry,
        )
        self._seconds = Histogram(
            "proactive_bot_turn_duration_seconds",
            "From the authenticated request to its answer, with the wait for a place.",
            ["type"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._refused = Counter(
            "proactive_bot_activities_refused",
            "Requests to /api/messages that were answered without a turn, by status.",
            ["code"],
            registry=registry,
        )
        # The library's own look-up costs more than to count.
        self._series: dict[tuple[str, str], tuple[Counter, Histogram]] = {}
        # Known series begin at 0: Prometheus sees no increase in a series that begins at 25.
        for activity_type in ("message", "event"):
            for outcome in _OUTCOMES:
                self._turns.labels(activity_type, outcome)
        for status in (400, 401, 403, 413, 415, 429, 503):
            self._refused.labels(status)

    def turn(self, activity_type: str, outcome: str, seconds: float) -> None:
        """Count a turn."""
        known = activity_type if activity_type in _TYPES else OTHER
        series = self._series.get((known, outcome))
        if series is None:
            series = self._turns.labels(known, outcome), self._seconds.labels(known)
            self._series[known, outcome] = series
        counter, histogram = series
        counter.inc()
        histogram.observe(seconds)

    def refused(self, status: int) -> None:
        """Count a request that was answered with an error before its turn."""
        self._refused.labels(status).inc()
