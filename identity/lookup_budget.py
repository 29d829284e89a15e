"""A rate limit on key look-ups, because callers can make up key ids."""

from collections.abc import Callable
from datetime import timedelta


class LookupBudget:
    """
    A token bucket: *burst* look-ups at once, and one more after each *refill*.

    *monotonic* returns seconds that never go back.
    """

    def __init__(self, *, burst: int, refill: timedelta, monotonic: Callable[[], float]) -> None:
        self._burst = burst
        self._refill = refill.total_seconds()
        self._monotonic = monotonic
        self._left = float(burst)
        self._counted_at = monotonic()

    def take(self) -> bool:
        """Take one look-up; return False if none is left."""
        self._count()
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def until_next(self) -> timedelta:
        """Return how long until `take` succeeds, if it is not called before."""
        self._count()
        return timedelta(seconds=max(0.0, (1 - self._left) * self._refill))

    def _count(self) -> None:
        now = self._monotonic()
        self._left = min(self._burst, self._left + (now - self._counted_at) / self._refill)
        self._counted_at = now
