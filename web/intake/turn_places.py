"""Places for concurrent turns, shared fairly between service hosts."""

import asyncio
from collections import deque

from delivery.hosts.shares import within_share

#: How many times the places that are free one host may have.
SHARE = 4


class TurnPlaces:
    """
    Limits the number of concurrent turns; the turns of one host are served first come, first served.

    Turns that reply to a hanging host take long to end. So each host gets a share of the places: its further
    turns wait, and turns of other hosts overtake them.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._taken: dict[str, int] = {}
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}  # Least recently served host first.

    def waiting(self, host: str) -> int:
        """Return how many turns of *host* are waiting."""
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
                self._hand_out()  # To the next in line, if it was passed over.
            else:
                self.give_back(host)  # The place was assigned in the same iteration of the event loop.
            raise

    def give_back(self, host: str) -> None:
        """Give a place back; a waiting turn may take it."""
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
                if host in self._waiting:  # Round robin: its next turn comes after the other hosts.
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
