"""
Admission control: limits on requests in progress, their memory, and running turns per conversation.

Longer than other files: all limits are checked against the same counters.
"""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from http import HTTPStatus
from typing import TypeVar

from delivery.hosts.shares import within_share
from jobs.lane import LaneKey
from web.intake.turn_places import SHARE, TurnPlaces
from web.server.problems import Problem

T = TypeVar("T")

#: Memory of all requests in progress: their bodies while being read, then the objects built from them.
MAX_BYTES = 64 * 1024 * 1024

#: The longest wait for a place: channels give up after 15 s and send again.
PATIENCE = timedelta(seconds=10)

_RETRY_AFTER = timedelta(seconds=1)


class Admission:
    """
    Limits the work that this process accepts, so that its memory is bounded under a flood.

    One conversation can hold at most *per_conversation* places; its further requests get 429 while others
    continue. The turns of one service host get a share of the places and of the waiting room, so that a slow
    host cannot hold all of them. When capacity runs out, the request that has been reading its body the
    longest is dropped.
    """

    def __init__(
        self,
        *,
        running: int,
        waiting: int,
        per_conversation: int,
        max_bytes: int = MAX_BYTES,
        patience: timedelta = PATIENCE,
    ) -> None:
        """Allow *running* concurrent turns, and *waiting* more requests that wait for a place or a body."""
        self._places = TurnPlaces(running)
        self._room = running + waiting
        self._bytes = max_bytes
        self._per_conversation = per_conversation
        self._patience = patience
        self._readers: dict[Visit, asyncio.Timeout] = {}  # Oldest first.
        self._by_lane: dict[LaneKey, int] = {}
        self._large_bodies = _OneAtATime()

    def request(self, size: int) -> "Visit":
        """
        Reserve capacity for a request before its body, of at most *size* bytes, is read.

        Entering raises `Problem` 503 when there is no capacity and no request that is still reading its body
        could be dropped.
        """
        return Visit(self, size)

    def large_body(self) -> "_OneAtATime":
        """
        Wait until no other large body is being inflated or parsed; the event loop runs other tasks in
        between.

        Each body takes up to 5 ms. Sixty-four in one iteration of the loop would delay all other requests.
        """
        return self._large_bodies

    async def read(self, visit: "Visit", body: Awaitable[T]) -> T:
        """Await *body*. Raises `Problem` 503 if its capacity is given to another request meanwhile."""
        try:
            async with asyncio.timeout(None) as self._readers[visit]:
                try:
                    return await body
                finally:
                    self._readers.pop(visit, None)
        except TimeoutError:
            raise _full(hang_up=True) from None

    def turn(self, lane: LaneKey, host: str = "") -> "_Place":
        """
        Wait for a place to run a turn of *lane*, whose replies go to *host*.

        Entering raises `Problem`: 429 when the conversation already holds its share, 503 when no place
        becomes free or too many turns of the host are waiting.
        """
        return _Place(self, lane, host)

    def _enter(self, visit: "Visit") -> None:
        self._take(1, visit.size)
        visit.inside = True

    def _take(self, places: int, size: int) -> None:
        while self._room < places or self._bytes < size:
            if not self._readers:
                raise _full()
            oldest = next(iter(self._readers))
            self._readers.pop(oldest).reschedule(asyncio.get_running_loop().time())
            self._leave(oldest)
        self._room -= places
        self._bytes -= size

    def _leave(self, visit: "Visit") -> None:
        if visit.inside:
            visit.inside = False
            self._room += 1
            self._bytes += visit.size

    def _take_share(self, lane: LaneKey) -> None:
        taken = self._by_lane.get(lane, 0)
        if taken >= self._per_conversation:
            raise Problem(
                HTTPStatus.TOO_MANY_REQUESTS,
                "This conversation sends faster than it is answered.",
                retry_after=_RETRY_AFTER,
            )
        self._by_lane[lane] = taken + 1

    def _give_back_share(self, lane: LaneKey) -> None:
        left = self._by_lane[lane] - 1
        if left:
            self._by_lane[lane] = left
        else:
            del self._by_lane[lane]

    async def _wait_for_place(self, host: str) -> None:
        if not within_share(self._places.waiting(host), self._room + 1, times=SHARE):
            raise _full()
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                await self._places.take(host)
        except TimeoutError:
            raise _full() from None


# Visit and _Place are classes, because every turn enters both: +1.9 % per turn with generator-based context
# managers, by callgrind.


class Visit:
    """A request in progress, and the bytes reserved for it."""

    __slots__ = ("_admission", "inside", "size")

    def __init__(self, admission: Admission, size: int) -> None:
        self._admission = admission
        self.inside = False
        self.size = size

    def __enter__(self) -> "Visit":
        self._admission._enter(self)
        return self

    def resize(self, size: int) -> None:
        """Change the reservation to *size* bytes in total; raise `Problem` 503 when too few are left."""
        self._admission._take(0, size - self.size)
        self.size = size

    def __exit__(self, *_raised: object) -> None:
        self._admission._leave(self)


class _OneAtATime:
    """A lock whose holders each start in a separate iteration of the event loop."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> None:
        await self._lock.acquire()
        try:
            await asyncio.sleep(0)
        except BaseException:
            self._lock.release()
            raise

    async def __aexit__(self, *_raised: object) -> None:
        self._lock.release()


class _Place:
    """The place of one turn, counted against its conversation's share."""

    __slots__ = ("_admission", "_host", "_lane")

    def __init__(self, admission: Admission, lane: LaneKey, host: str) -> None:
        self._admission = admission
        self._lane = lane
        self._host = host

    async def __aenter__(self) -> None:
        admission = self._admission
        admission._take_share(self._lane)
        try:
            if not admission._places.try_take(self._host):  # Most turns get a place at once, without a timer.
                await admission._wait_for_place(self._host)
        except BaseException:
            admission._give_back_share(self._lane)
            raise

    async def __aexit__(self, *_raised: object) -> None:
        self._admission._places.give_back(self._host)
        self._admission._give_back_share(self._lane)


def _full(*, hang_up: bool = False) -> Problem:
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The bot is at capacity.",
        retry_after=_RETRY_AFTER,
        hang_up=hang_up,
    )
