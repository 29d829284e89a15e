"""Keeps, each minute, what this process delivered in it."""

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

from delivery.meter import DeliveryMeter
from delivery.retry import Park
from delivery.rounds import beside, logged_failures
from jobs.overview import WAIT_BOUNDS, Minute
from state.store.operators.minutes import Minutes

_MINUTE = timedelta(minutes=1)


class MinuteCounts(DeliveryMeter):
    """Counts what becomes of notices since the process started, and tells another meter."""

    def __init__(self, meter: DeliveryMeter) -> None:
        """Tell *meter*, too."""
        self._meter = meter
        self._sent = self._failed = self._parked = self._dead = 0
        self._waits = [0] * (len(WAIT_BOUNDS) + 1)

    @property
    def all(self) -> list[int]:
        """The counts, in the order of the fields of a `Minute`; the classes of waits come last."""
        return [self._sent, self._failed, self._parked, self._dead, *self._waits]

    def told(self, destination: str, notices: int, ends: Sequence[timedelta], *, fresh: bool) -> None:
        self._sent += notices
        for waited in ends:
            self._waits[bisect_left(WAIT_BOUNDS, waited.total_seconds())] += 1
        self._meter.told(destination, notices, ends, fresh=fresh)

    def attempt_failed(self, destination: str, reason: str, decision: str) -> None:
        self._failed += 1
        self._parked += decision == Park.name
        self._meter.attempt_failed(destination, reason, decision)

    def dropped(self, destination: str, notices: int, outcome: str) -> None:
        if outcome == "dead":
            self._dead += notices
        self._meter.dropped(destination, notices, outcome)

    def put_off(self, limit: str) -> None:
        self._meter.put_off(limit)


class MinuteRounds:
    """Takes the differences of counts. A minute in which nothing was delivered is not kept."""

    def __init__(
        self, minutes: Minutes, counts: MinuteCounts, process: str, clock: Callable[[], datetime]
    ) -> None:
        """Keep them in *minutes* under the name *process*, by *clock*."""
        self._minutes = minutes
        self._counts = counts
        self._process = process
        self._clock = clock
        self._before = counts.all

    def running(self) -> AbstractAsyncContextManager[None]:
        """Do that while the body runs."""
        return beside(self._rounds(), "keep minutes")

    async def _rounds(self) -> None:
        while True:
            now = self._clock()
            begun = now.replace(second=0, microsecond=0)
            await asyncio.sleep((begun + _MINUTE - now).total_seconds())
            with logged_failures("keep what was delivered in a minute"):
                await self.keep(begun)

    async def keep(self, at: datetime) -> None:
        """Keep what was delivered since the last time as that of the minute *at*."""
        counts = self._counts.all
        done = [new - old for new, old in zip(counts, self._before, strict=True)]
        self._before = counts
        if any(done):
            sent, failed, parked, dead, *waits = done
            await self._minutes.keep(self._process, Minute(at, sent, failed, parked, dead, tuple(waits)))
