"""Metrics of one process: its event loop, its endless tasks, and how busy it is."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Gauge, Histogram

from observe.metrics.labels import BoundedLabel

_STALLS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class ProcessMetrics:
    """
    Implements `delivery.meter.Completed` by `completed`; `pulse.Pulse` keeps the rest up to date.

    A mode says how the values of several processes on one host become one; only living processes count.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._host = BoundedLabel()
        self._open: set[str] = set()
        self._stalls = Histogram(
            "proactive_bot_loop_stall_seconds",
            "How late the event loop runs a timer that is due, four times a second.",
            buckets=_STALLS,
            registry=registry,
        )
        self._rounds = Gauge(
            "proactive_bot_task_last_round_timestamp_seconds",
            "When an endless task last completed a round, by the task's name in the log.",
            ["task"],
            multiprocess_mode="livemin",
            registry=registry,
        )
        self._circuits = Gauge(
            "proactive_bot_circuit_open",
            "1 while a service host that failed again and again is left alone.",
            ["host"],
            multiprocess_mode="livemax",
            registry=registry,
        )
        self._waiting = Gauge(
            "proactive_bot_store_requests_waiting",
            "Requests to the database that have been asked and not answered.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._connections = Gauge(
            "proactive_bot_store_connections",
            "Connections to the database: in_use, and the limit. Not with SQLite.",
            ["state"],
            multiprocess_mode="livesum",
            registry=registry,
        )

    def completed(self, task: str) -> None:
        """Note that an endless task has completed a round."""
        self._rounds.labels(task).set_to_current_time()

    def stalled(self, seconds: float) -> None:
        """Note how late a timer was."""
        self._stalls.observe(seconds)

    def circuits(self, left_alone: Mapping[str, bool]) -> None:
        """Note of each host whether its circuit is open; a host that is not named has none."""
        states = dict.fromkeys(self._open, False)
        for host, is_open in left_alone.items():
            label = self._host(host)
            states[label] = is_open or states.get(label, False)
        for label, is_open in states.items():
            self._circuits.labels(label).set(is_open)
        self._open = {label for label, is_open in states.items() if is_open}

    def load(self, waiting: int, connections: int | None, most: int | None) -> None:
        """Note how busy the access to the database is."""
        self._waiting.set(waiting)
        if connections is not None and most is not None:
            self._connections.labels("in_use").set(connections)
            self._connections.labels("limit").set(most)
