"""Limits on the lanes that one process claims from the outbox: how many at once, and how fast."""

from collections.abc import Callable


class Backlog:
    """
    Capacity for lanes from the outbox: at most *lanes* at once, and *rate* of them a second.

    The number keeps a backlog out of memory. The rate leaves capacity for new notices while a channel fails
    so fast that the same lanes are claimed again and again, and prevents a burst when the channel recovers.
    """

    def __init__(self, *, lanes: int, rate: float, time: Callable[[], float]) -> None:
        """Count seconds by *time*."""
        self._lanes = lanes
        self._rate = rate
        self._time = time
        self._held = 0
        self._allowance = float(lanes)
        self._counted_at = time()

    @property
    def room(self) -> int:
        """How many lanes may be taken now."""
        now = self._time()
        earned = (now - self._counted_at) * self._rate
        self._allowance, self._counted_at = min(float(self._lanes), self._allowance + earned), now
        return min(self._lanes - self._held, int(self._allowance))

    def take(self) -> None:
        """Count a lane that was taken."""
        self._held += 1
        self._allowance -= 1

    def give_back(self) -> None:
        """Count a lane that is no longer held."""
        self._held -= 1
