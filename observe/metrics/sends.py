"""Metrics of requests that the bot makes: to channels, to job systems, and for its own tokens."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from observe.metrics.labels import BoundedLabel

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15)  # SEND_TIMEOUT_SECONDS is 15 by default.


class SendMetrics:
    """Counts requests by what came of them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._channel = BoundedLabel()
        self._sends = Counter(
            "proactive_bot_sends",
            "Requests to channels, for answers and notices, by the class of the status:"
            ' 429 by itself, "none" without an answer.',
            ["channel", "code"],
            registry=registry,
        )
        self._seconds = Histogram(
            "proactive_bot_send_duration_seconds",
            "From a request to a channel to its answer, or to the end of the wait for one.",
            ["channel"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._webhooks = Counter(
            "proactive_bot_webhook_deliveries",
            "Requests to job systems by outcome.",
            ["outcome"],
            registry=registry,
        )
        self._tokens = Counter(
            "proactive_bot_token_refreshes",
            "Requests for the bot's own token by outcome.",
            ["outcome"],
            registry=registry,
        )
        # The library's own look-up costs more than to count.
        self._series: dict[tuple[str, int | None], tuple[Counter, Histogram]] = {}
        # Known series begin at 0: Prometheus sees no increase in a series that begins at 25.
        for outcome in ("delivered", "refused", "throttled", "failed", "no_answer"):
            self._webhooks.labels(outcome)
        for outcome in ("ok", "unavailable", "refused"):
            self._tokens.labels(outcome)

    def sent(self, channel: str, status: int | None, seconds: float) -> None:
        """Count a request to *channel*; *status* is that of the answer, None without one."""
        label = self._channel(channel)
        series = self._series.get((label, status))
        if series is None:
            series = self._sends.labels(label, _code(status)), self._seconds.labels(label)
            self._series[label, status] = series
        counter, histogram = series
        counter.inc()
        histogram.observe(seconds)

    def webhook(self, outcome: str) -> None:
        """Count a request to a job system."""
        self._webhooks.labels(outcome).inc()

    def token(self, outcome: str) -> None:
        """Count a request for the bot's token."""
        self._tokens.labels(outcome).inc()


def _code(status: int | None) -> str:
    if status is None:
        return "none"
    return "429" if status == 429 else f"{status // 100}xx"
