"""How many lanes all hosts hold together while they send or wait to, and each its share of that."""

from collections import Counter
from typing import Protocol

from delivery.hosts.shares import within_share

#: Lanes of fresh notices, and lanes of a backlog, that are held at once: the others stay in the database.
FRESH, BACKLOG = 2000, 256

#: How many times what is left one host may hold.
_SHARE = 8


class Named(Protocol):
    """What has a share."""

    name: str


class LaneStock:
    """Lanes that may still be held, fresh ones and those of a backlog apart."""

    def __init__(self, *, fresh: int = FRESH, backlog: int = BACKLOG) -> None:
        """Hold at most so many."""
        self._left = {True: fresh, False: backlog}
        self._held: Counter[tuple[str, bool]] = Counter()

    def take(self, host: Named, *, fresh: bool) -> bool:
        """Count a lane that *host* holds from now on; return False if that would be more than its share."""
        if not within_share(self._held[host.name, fresh], self._left[fresh], times=_SHARE):
            return False
        self._held[host.name, fresh] += 1
        self._left[fresh] -= 1
        return True

    def room(self, host: Named) -> int:
        """Return how many more lanes of a backlog `take` would count for *host*."""
        return -(-(_SHARE * self._left[False] - self._held[host.name, False]) // (_SHARE + 1))

    def give_back(self, host: Named, *, fresh: bool) -> None:
        """Count a lane that is no longer held."""
        self._left[fresh] += 1
        self._held[host.name, fresh] -= 1
        if not self._held[host.name, fresh]:
            del self._held[host.name, fresh]
