"""When what has to wait comes again: one after the other, as fast as it will be served."""


class Appointments:
    """
    Hands out times at a rate, so that a backlog neither comes back all at once nor holds places meanwhile.

    Time is passed in, in seconds on any one clock.
    """

    __slots__ = ("_next",)

    def __init__(self) -> None:
        self._next = 0.0

    def make(self, now: float, *, earliest: float, rate: float) -> float:
        """Return the seconds until the next free time, *earliest* or more; there are *rate* a second."""
        at = max(self._next, now + earliest)
        self._next = at + 1 / rate
        return at - now

    def over(self, now: float) -> bool:
        """Say whether nothing is arranged past *now*."""
        return self._next <= now
