"""How many turns run at once, how many wait, and how many of them one conversation may have."""

import asyncio
from collections import Counter
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
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
        self._building = _Building(running + waiting)
        self._per_conversation = per_conversation
        self._by_lane: Counter[LaneKey] = Counter()

    def request(self) -> AbstractContextManager[None]:
        """Be let into the building, before anything is read. Raises `Problem` 503 when it is full."""
        return self._building

    def turn(self, lane: LaneKey) -> AbstractAsyncContextManager[None]:
        """Wait for a place to run. Raises `Problem` 429 when the conversation has its share already."""
        return _Share(lane, self._by_lane, self._per_conversation, self._places)


# Classes rather than generators: every turn passes both, and a generator's context manager costs four times
# as much.


class _Building:
    """Counts who is inside; one for all."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._inside = 0

    def __enter__(self) -> None:
        if self._inside >= self._room:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE, "The bot has its hands full.", retry_after=_RETRY_AFTER
            )
        self._inside += 1

    def __exit__(self, *_raised: object) -> None:
        self._inside -= 1


@dataclass(slots=True)
class _Share:
    """One turn's place, and its part of what its conversation may have."""

    lane: LaneKey
    by_lane: Counter[LaneKey]
    per_conversation: int
    places: asyncio.Semaphore

    async def __aenter__(self) -> None:
        if self.by_lane[self.lane] >= self.per_conversation:
            raise Problem(
                HTTPStatus.TOO_MANY_REQUESTS,
                "This conversation sends faster than it is answered.",
                retry_after=_RETRY_AFTER,
            )
        self.by_lane[self.lane] += 1
        try:
            await self.places.acquire()
        except BaseException:
            self._leave()
            raise

    async def __aexit__(self, *_raised: object) -> None:
        self.places.release()
        self._leave()

    def _leave(self) -> None:
        self.by_lane[self.lane] -= 1
        if not self.by_lane[self.lane]:
            del self.by_lane[self.lane]
