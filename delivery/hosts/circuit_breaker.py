"""A circuit breaker for a host that fails repeatedly."""

#: Failures in a row that open a circuit. Fewer trip all the time where half of the answers are 503.
THRESHOLD = 20

#: Seconds until the first probe, and at most between two: doubled by each probe that fails.
SHORTEST, LONGEST = 1.0, 60.0


class CircuitBreaker:
    """
    Closed: requests are sent. Open: none is sent until the period is over; then one is sent as a probe.

    Any response closes the circuit, also one to an earlier request, because the host answers. A failure
    counts only in the state in which its request began, so that many late failures do not extend the period.
    Times are arguments, in seconds on a monotonic clock.
    """

    __slots__ = ("_failures", "_open_until", "_period", "_probing", "_round")

    def __init__(self) -> None:
        self._failures = 0
        self._period = SHORTEST
        self._open_until: float | None = None
        self._probing = False
        self._round = 0  #: Counts the changes of state.

    @property
    def closed(self) -> bool:
        """Whether requests go as they come."""
        return self._open_until is None

    @property
    def period(self) -> float:
        """How long the circuit stays open, or would if it opened now."""
        return self._period

    def wait(self, now: float) -> float:
        """Return the seconds until a request may go: 0 if it may go now."""
        if self._open_until is None:
            return 0.0
        if self._probing:
            return self._period  # The least it will be if the probe fails.
        return max(0.0, self._open_until - now)

    def begin(self, now: float) -> int | None:
        """
        Count a request that goes now; None if it must not.

        What is returned belongs to `failed`; each request that begins has to end in that or in `answered`.
        """
        if self._open_until is None:
            return self._round
        if self._probing or now < self._open_until:
            return None
        self._probing = True
        self._round += 1
        return self._round

    def answered(self) -> None:
        """Count a request that the host answered."""
        self._failures = 0
        if self._open_until is not None:
            self._open_until, self._probing, self._period = None, False, SHORTEST
            self._round += 1

    def failed(self, begun: int, now: float) -> None:
        """Count a request, for which `begin` returned *begun*, that the host did not answer or could not."""
        if begun != self._round:
            return
        if self._probing:
            self._period = min(LONGEST, 2 * self._period)
        elif self._open_until is None:
            self._failures += 1
            if self._failures < THRESHOLD:
                return
        self._failures = 0
        self._open_until, self._probing = now + self._period, False
        self._round += 1
