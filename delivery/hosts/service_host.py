"""One service host, with the circuit breaker that all requests to it share."""

from collections.abc import Callable
from datetime import timedelta

from delivery.errors import CircuitOpen
from delivery.hosts.circuit_breaker import CircuitBreaker


class ServiceHost:
    """Counts a host's responses, and refuses requests while its circuit is open."""

    def __init__(self, name: str, *, time: Callable[[], float]) -> None:
        """Count seconds by *time*."""
        self.name = name
        self._time = time
        self._breaker = CircuitBreaker()
        self._requests = 0

    @property
    def in_use(self) -> bool:
        """Whether a request is under way."""
        return self._requests > 0

    @property
    def wait(self) -> float:
        """Seconds until a request may go: 0 if it may go now."""
        return self._breaker.wait(self._time())

    def pause(self, spread: float) -> timedelta:
        """
        Return how long a lane must wait while the circuit is open; *spread* is uniform in [0, 1).

        The waiting lanes return spread over one to two periods; the first one is the probe.
        """
        return timedelta(seconds=self.wait + spread * self._breaker.period)

    def request(self) -> "Exchange":
        """
        Return a context for one request; set its `status` to the status of the response.

        Entering raises `CircuitOpen` while the circuit is open. No response, 5xx and cancellation (by a
        deadline) are failures.
        """
        return Exchange(self)

    def _begin(self) -> int:
        begun = self._breaker.begin(self._time())
        if begun is None:
            raise CircuitOpen(f"{self.name} is left alone, as it failed again and again", self.pause(0.0))
        self._requests += 1
        return begun

    def _end(self, begun: int, status: int | None) -> None:
        self._requests -= 1
        if status is not None and status < 500:
            self._breaker.answered()
        else:
            self._breaker.failed(begun, self._time())


class Exchange:
    """One request and its answer; no generator, since every send passes here."""

    __slots__ = ("_begun", "_host", "status")

    def __init__(self, host: ServiceHost) -> None:
        self._host = host
        self.status: int | None = None  #: Of the answer, once there is one.

    def __enter__(self) -> "Exchange":
        self._begun = self._host._begin()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._host._end(self._begun, self.status)
