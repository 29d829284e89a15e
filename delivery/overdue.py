"""Looks, every few seconds, for jobs whose deadlines have passed."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Protocol

from delivery.meter import Completed, unmeasured
from delivery.rounds import beside, logged_failures
from state.store.deadlines import TOLD_TOGETHER

_log = logging.getLogger(__name__)


class WatchedJobs(Protocol):
    """The method of a store that is used here."""

    async def tell_overdue(self) -> int:
        """As `state.store.port.Outbox.tell_overdue`."""


class OverdueWatch:
    """Owes what is to be told of overdue jobs. Any number of processes may do that for one database."""

    def __init__(
        self,
        store: WatchedJobs,
        *,
        look: Callable[[], None],
        every: timedelta = timedelta(seconds=5),
        completed: Completed = unmeasured,
    ) -> None:
        """Look in *store* *every* so often, and for what is owed then; tell *completed* of each round."""
        self._store = store
        self._completed = completed
        self._look = look
        self._every = every.total_seconds()

    def running(self) -> AbstractAsyncContextManager[None]:
        """Watch while the body runs."""
        return beside(self._watch(), "watch deadlines")

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            with logged_failures("look for overdue jobs", self._completed):
                await self._tell()

    async def _tell(self) -> None:
        told = TOLD_TOGETHER
        while told == TOLD_TOGETHER:
            told = await self._store.tell_overdue()
            if told:
                _log.info("%d jobs are overdue", told)
                self._look()
