"""Who waits for a place to send to one host."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import chain


class SendQueue:
    """
    Places to send, first come first served, and fresh notices before a backlog.

    How many there are is asked anew each time.
    """

    def __init__(self, places: Callable[[], int]) -> None:
        """Let *places* say how many may send at once."""
        self._places = places
        self._fresh: deque[asyncio.Future[bool]] = deque()
        self._backlog: deque[asyncio.Future[bool]] = deque()
        self.sending = 0  #: How many have a place.

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._fresh) + len(self._backlog)

    @property
    def backlog(self) -> int:
        """How many of those that wait are of a backlog."""
        return len(self._backlog)

    async def take(self, *, fresh: bool) -> bool:
        """Wait for a place and return True, or False when all that wait are sent away."""
        if self.sending < self._places() and not self.waiting:
            self.sending += 1
            return True
        place = asyncio.get_running_loop().create_future()
        queue = self._fresh if fresh else self._backlog
        queue.append(place)
        try:
            taken: bool = await place
            return taken
        except asyncio.CancelledError:
            if place.cancelled():
                with suppress(ValueError):  # Passed over already.
                    queue.remove(place)
            elif place.result():
                self.give_back()  # It was handed over in the same breath.
            raise

    def give_back(self) -> None:
        """Give a place back; who waits for one gets it."""
        self.sending -= 1
        self.hand_out()

    def hand_out(self) -> None:
        """Hand out what places there are."""
        while self.waiting and self.sending < self._places():
            place = (self._fresh or self._backlog).popleft()
            if not place.done():  # Otherwise it was cancelled just now.
                self.sending += 1
                place.set_result(True)

    def send_away(self) -> None:
        """Send all away that wait."""
        for place in chain(self._fresh, self._backlog):
            if not place.done():
                place.set_result(False)
        self._fresh.clear()
        self._backlog.clear()
