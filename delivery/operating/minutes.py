"""Keeps, each minute, what this process delivered in it."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

from delivery.counters import DeliveryCounters
from delivery.rounds import beside, logged_failures
from jobs.overview import Minute
from state.store.operators.minutes import Minutes

_MINUTE = timedelta(minutes=1)


class MinuteRounds:
    """Takes the differences of counters. A minute in which nothing was delivered is not kept."""

    def __init__(
        self, minutes: Minutes, counters: DeliveryCounters, process: str, clock: Callable[[], datetime]
    ) -> None:
        """Keep them in *minutes* under the name *process*, by *clock*."""
        self._minutes = minutes
        self._counters = counters
        self._process = process
        self._clock = clock
        self._before = self._now()

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
        counts = self._now()
        done = [new - old for new, old in zip(counts, self._before, strict=True)]
        self._before = counts
        if any(done):
            sent, failed, parked, dead, *waits = done
            await self._minutes.keep(self._process, Minute(at, sent, failed, parked, dead, tuple(waits)))

    def _now(self) -> list[int]:
        counters = self._counters
        failed = counters.failed + counters.unknown
        return [counters.sent, failed, counters.parked, counters.dead, *counters.waits]
