"""Places for turns, which no service host takes all of."""

import asyncio
from collections import deque

from delivery.hosts.shares import within_share

#: How many times the places that are free one host may have.
SHARE = 4


class TurnPlaces:
    """
    So many turns at once, within each host its first come first served.

    A host that hangs keeps the turns that answer it: its turns get a share of the places, and those past it
    wait while the turns of others overtake them.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._taken: dict[str, int] = {}
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}  # The host served longest ago first.

    def waiting(self, host: str) -> int:
        """Return how many turns of *host* wait."""
        return len(self._waiting.get(host, ()))

    def try_take(self, host: str) -> bool:
        """Take a place for a turn of *host* if it may run now."""
        if host in self._waiting or not self._may_run(host):
            return False
        self._take(host)
        return True

    async def take(self, host: str) -> None:
        """Wait for a place for a turn of *host*, and take it."""
        place = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(host, deque()).append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.cancelled():
                self._forget(host, place)
                self._hand_out()  # To who is behind, if it was passed over.
            else:
                self.give_back(host)  # It was handed over in the same breath.
            raise

    def give_back(self, host: str) -> None:
        """Give a place back; who waits for one gets it."""
        self._free += 1
        left = self._taken[host] - 1
        if left:
            self._taken[host] = left
        else:
            del self._taken[host]
        self._hand_out()

    def _hand_out(self) -> None:
        for host in list(self._waiting):
            if not self._free:
                return
            if self._may_run(host):
                place = self._waiting[host][0]
                if place.done():  # Cancelled just now: it leaves the queue by itself.
                    continue
                self._forget(host, place)
                self._take(host)
                place.set_result(None)
                if host in self._waiting:  # Behind the others, for its next turn.
                    self._waiting[host] = self._waiting.pop(host)

    def _may_run(self, host: str) -> bool:
        return within_share(self._taken.get(host, 0), self._free, times=SHARE)

    def _take(self, host: str) -> None:
        self._free -= 1
        self._taken[host] = self._taken.get(host, 0) + 1

    def _forget(self, host: str, place: "asyncio.Future[None]") -> None:
        self._waiting[host].remove(place)
        if not self._waiting[host]:
            del self._waiting[host]
