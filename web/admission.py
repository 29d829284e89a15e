"""How many turns run at once, how many wait, and how many of them one conversation may have."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus

from state.lanes import LaneKey
from web.problems import Problem

_RETRY_AFTER = timedelta(seconds=1)


class Admission:
    """
    Bounds what this process takes on, so that memory is bounded and a flood waits outside.

    A conversation that sends more than its share is turned away while all others go on: whoever floods
    takes at most *per_conversation* of the places.
    """

    def __init__(self, *, running: int, waiting: int, per_conversation: int) -> None:
        """Let *running* turns run at once and *waiting* requests wait for that, or for their bodies."""
        self._places = asyncio.Semaphore(running)
        self._room = running + waiting
        self._per_conversation = per_conversation
        self._inside = 0
        self._by_lane: Counter[LaneKey] = Counter()

    @asynccontextmanager
    async def request(self) -> AsyncIterator[None]:
        """Be let into the building, before anything is read. Raises `Problem` 503 when it is full."""
        if self._inside >= self._room:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE, "The bot has its hands full.", retry_after=_RETRY_AFTER
            )
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    @asynccontextmanager
    async def turn(self, lane: LaneKey) -> AsyncIterator[None]:
        """Wait for a place to run. Raises `Problem` 429 when the conversation has its share already."""
        if self._by_lane[lane] >= self._per_conversation:
            raise Problem(
                HTTPStatus.TOO_MANY_REQUESTS,
                "This conversation sends faster than it is answered.",
                retry_after=_RETRY_AFTER,
            )
        self._by_lane[lane] += 1
        try:
            async with self._places:
                yield
        finally:
            self._by_lane[lane] -= 1
            if not self._by_lane[lane]:
                del self._by_lane[lane]
