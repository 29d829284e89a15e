"""How many sends at once a host takes without making them wait."""

from math import inf

#: Where a host begins, and the least and most that it is ever sent at once.
START, FLOOR, CEILING = 16, 4, 256

#: Of the sends under way, how many may only be queueing, by their delay: grow below the first, shrink above
#: the second.
_FEW, _MANY = 6.0, 16.0

#: What one answer weighs in the smoothed delay.
_WEIGHT = 1 / 8

#: Seconds over which the shortest delay is remembered, once or twice over: a route may have become longer.
_MEMORY = 10.0


class AdaptiveLimit:
    """
    A window in the manner of TCP Vegas: it stops to grow when delay shows that more would only queue.

    Slow start adds one with each answer until the queue is felt. Then the window follows the delay, by one a
    round. Queueing counts wherever it is, in the channel or in our own event loop: so fresh notices stay
    quick while a backlog drains. An overload halves the window, once for all that were under way together.
    Time is passed in, in seconds on a clock that never goes back.

    Source: https://doi.org/10.1145/190314.190317 (Brakmo, O'Malley and Peterson, TCP Vegas)
    """

    __slots__ = ("_before", "_delay", "_fastest", "_halved_at", "_since", "_starting", "_window")

    def __init__(self) -> None:
        self._window = float(START)
        self._starting = True
        self._delay: float | None = None  #: Smoothed.
        self._fastest = self._before = inf
        self._since = -inf
        self._halved_at = -inf

    @property
    def window(self) -> int:
        """How many sends may be under way."""
        return int(self._window)

    @property
    def delay(self) -> float | None:
        """Seconds that an answer takes, smoothed; None before the first."""
        return self._delay

    def answered(self, *, began: float, now: float, sending: int) -> None:
        """Count an answer to a send that *began* then, with *sending* under way, itself included."""
        delay = self._note(max(now - began, 1e-6), now)
        if sending < self.window:
            return  # The window was not what held us back, so this says nothing about it.
        queueing = self._window * (1 - min(self._fastest, self._before) / delay)
        if self._starting and queueing <= _MANY:
            self._set(self._window + 1)
            return
        self._starting = False
        if queueing < _FEW:
            self._set(self._window + 1 / self._window)
        elif queueing > _MANY:
            self._set(self._window - 1 / self._window)

    def overloaded(self, *, began: float, now: float) -> None:
        """Count a send that *began* then and that the host could not take, or did not answer."""
        self._note(max(now - began, 1e-6), now, counts_as_fastest=False)
        self._starting = False
        if began >= self._halved_at:
            self._halved_at = now
            self._set(self._window / 2)

    def _note(self, delay: float, now: float, *, counts_as_fastest: bool = True) -> float:
        if now - self._since >= _MEMORY:
            self._before, self._fastest, self._since = self._fastest, inf, now
        if counts_as_fastest:
            self._fastest = min(self._fastest, delay)
        self._delay = delay if self._delay is None else self._delay + _WEIGHT * (delay - self._delay)
        return max(self._delay, min(self._fastest, self._before))

    def _set(self, window: float) -> None:
        self._window = min(float(CEILING), max(float(FLOOR), window))
