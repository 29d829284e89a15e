"""Deletes what is old: jobs that ended long ago, and dead letters that nobody wanted back."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from delivery.meter import Completed, Retired, uncounted, unmeasured
from delivery.rounds import beside, logged_failures
from jobs.job import JobId
from jobs.notice import DeadLetter
from state.store.retention import LOOKED_AT_TOGETHER, Retention

_log = logging.getLogger(__name__)


class OldThings(Protocol):
    """What is used here of a store."""

    @property
    def retention(self) -> Retention:
        """As that of `state.store.port.Store`, like all of these."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """What tells how old something is."""

    async def dead_letters(self, *, limit: int) -> list[DeadLetter]:
        """List the oldest."""

    async def purge_letters(self, letters: Sequence[DeadLetter]) -> int:
        """Delete them."""


class Kept(NamedTuple):
    """How long things are kept; None for ever."""

    jobs: timedelta | None  #: After their ends.
    letters: timedelta | None  #: After they were given up on.


class RetentionRounds:
    """
    Sweeps the job log in small steps beside the turns. Any number of processes may do that for one database.

    A sweep that is broken off begins anew: what it has deleted is not there to be looked at again.
    """

    def __init__(
        self,
        store: OldThings,
        kept: Kept,
        *,
        every: timedelta = timedelta(minutes=10),
        pause: timedelta = timedelta(milliseconds=50),
        retired: Retired = uncounted,
        completed: Completed = unmeasured,
    ) -> None:
        """
        Sweep *store* *every* so often, with a *pause* between two steps.

        *retired* is told of what was deleted, *completed* of each sweep.
        """
        self._store = store
        self._kept = kept
        self._every = every.total_seconds()
        self._pause = pause.total_seconds()
        self._retired = retired
        self._completed = completed

    def running(self) -> AbstractAsyncContextManager[None]:
        """Sweep while the body runs."""
        return beside(self._rounds(), "delete what is old")

    async def _rounds(self) -> None:
        while True:
            with logged_failures("delete what is old", self._completed):
                await self.sweep()
            await asyncio.sleep(self._every)

    async def sweep(self) -> tuple[int, int]:
        """Delete all that is old, and tidy up; return how many jobs and dead letters were deleted."""
        await self._tidy()
        now = self._store.clock()
        letters = 0 if self._kept.letters is None else await self._letters(now - self._kept.letters)
        jobs = 0 if self._kept.jobs is None else await self._jobs(now - self._kept.jobs)
        if jobs or letters:
            _log.info("Deleted %d jobs and %d dead letters, which were old", jobs, letters)
        return jobs, letters

    async def _tidy(self) -> None:
        after = ""
        while True:
            following = await self._store.retention.tidy(after)
            if following is None:
                return
            after = following
            await asyncio.sleep(self._pause)

    async def _letters(self, before: datetime) -> int:
        total = 0
        while True:
            some = await self._store.dead_letters(limit=LOOKED_AT_TOGETHER)
            old = [letter for letter in some if letter.dead_at < before]
            if old:
                purged = await self._store.purge_letters(old)
                self._retired("dead_letter", purged)
                total += purged
            if len(old) < LOOKED_AT_TOGETHER:
                return total
            await asyncio.sleep(self._pause)

    async def _jobs(self, before: datetime) -> int:
        total, after = 0, JobId(0)
        while True:
            swept = await self._store.retention.sweep(before, after)
            self._retired("job", swept.jobs)
            total += swept.jobs
            if swept.after is None:
                return total
            after = swept.after
            await asyncio.sleep(self._pause)
