"""How many requests are inside, how many turns run, and how many of them one conversation may have."""

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

#: Of all bodies inside together. What is made of them takes several times that.
MAX_BYTES = 64 * 1024 * 1024

#: Whoever waits longer for a place has gone: channels give up after 15 s, and send again.
PATIENCE = timedelta(seconds=10)

_RETRY_AFTER = timedelta(seconds=1)


class Admission:
    """
    Bounds what this process takes on, so that memory is bounded and a flood waits outside.

    A conversation that sends more than its share is turned away while all others go on: whoever floods
    takes at most *per_conversation* of the places. A service host that answers slowly gets a share of the
    places too, and of the room to wait for one. Whoever sends a body slowly makes way when others come.
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
        """Let *running* turns run at once and *waiting* requests wait for that, or for their bodies."""
        self._places = TurnPlaces(running)
        self._room = running + waiting
        self._bytes = max_bytes
        self._per_conversation = per_conversation
        self._patience = patience
        self._readers: dict[_Visit, asyncio.Timeout] = {}  # The oldest first.
        self._by_lane: dict[LaneKey, int] = {}

    def request(self, size: int) -> "_Visit":
        """
        Be let into the building, before a body of at most *size* bytes is read.

        Entering raises `Problem` 503 when it is full, and nobody inside is still reading who could make way.
        """
        return _Visit(self, size)

    async def read(self, visit: "_Visit", body: Awaitable[T]) -> T:
        """Return what *body* comes to. Raises `Problem` 503 when others need the room meanwhile."""
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
        Wait for a place to run a turn of *lane*, which is answered at *host*.

        Entering raises `Problem`: 429 when the conversation has its share already, 503 when no place becomes
        free, or when too many of the host wait for one.
        """
        return _Place(self, lane, host)

    def _enter(self, visit: "_Visit") -> None:
        if not self._has_room(visit.size):
            self._make_room(visit.size)
        visit.inside = True
        self._room -= 1
        self._bytes -= visit.size

    def _make_room(self, size: int) -> None:
        while self._readers and not self._has_room(size):
            oldest = next(iter(self._readers))
            self._readers.pop(oldest).reschedule(asyncio.get_running_loop().time())
            self._leave(oldest)
        if not self._has_room(size):
            raise _full()

    def _leave(self, visit: "_Visit") -> None:
        if visit.inside:
            visit.inside = False
            self._room += 1
            self._bytes += visit.size

    def _has_room(self, size: int) -> bool:
        return self._room > 0 and self._bytes >= size

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


# Classes rather than generators: every turn passes both, and a generator's context manager costs four times
# as much.


class _Visit:
    """A request inside, and the bytes that are set aside for it."""

    __slots__ = ("_admission", "inside", "size")

    def __init__(self, admission: Admission, size: int) -> None:
        self._admission = admission
        self.inside = False
        self.size = size

    def __enter__(self) -> "_Visit":
        self._admission._enter(self)
        return self

    def __exit__(self, *_raised: object) -> None:
        self._admission._leave(self)


class _Place:
    """One turn's place, and its part of what its conversation may have."""

    __slots__ = ("_admission", "_host", "_lane")

    def __init__(self, admission: Admission, lane: LaneKey, host: str) -> None:
        self._admission = admission
        self._lane = lane
        self._host = host

    async def __aenter__(self) -> None:
        admission = self._admission
        admission._take_share(self._lane)
        try:
            if not admission._places.try_take(self._host):  # The usual turn needs no timer.
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
        "The bot has its hands full.",
        retry_after=_RETRY_AFTER,
        hang_up=hang_up,
    )
