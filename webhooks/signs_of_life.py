"""A job system that reports is alive: what waits for it goes at once, not at the next attempt."""

import asyncio
import logging
from collections.abc import Callable, Collection
from typing import Protocol

from delivery.hosts.service_hosts import ServiceHosts
from lru_map import LruMap
from state.errors import StoreUnavailable
from state.store.webhooks import DRAINED_TOGETHER, webhook_address

_log = logging.getLogger(__name__)

#: Seconds between two looks for events of one job system that wait.
_PAUSE = 5.0


class EventStore(Protocol):
    """The method of a store that is used here."""

    async def drain(self, webhook: str) -> int:
        """As `state.store.port.Outbox.drain`."""


class SignsOfLife:
    """Notes reports of job systems; at most one look for each of them every few seconds."""

    def __init__(
        self,
        store: EventStore,
        hosts: ServiceHosts,
        webhooks: Collection[str],
        *,
        look: Callable[[], None],
        monotonic: Callable[[], float],
    ) -> None:
        """Make what waits for one of *webhooks* due in *store*, and *look* for it."""
        self._store = store
        self._hosts = hosts
        self._webhooks = webhooks
        self._look = look
        self._monotonic = monotonic
        self._looked_at: LruMap[str, float] = LruMap(max(1, len(webhooks)))
        self._tasks: set[asyncio.Task[None]] = set()

    def note(self, webhook: str | None) -> None:
        """
        Note that a job system reported; returns at once.

        None stands for one that does not say which it is: then it is the only one, or nobody.
        """
        if webhook is None and len(self._webhooks) == 1:
            (webhook,) = self._webhooks
        if webhook is None or webhook not in self._webhooks:
            return
        now, before = self._monotonic(), self._looked_at.get(webhook)
        if before is not None and now < before + _PAUSE:
            return
        self._looked_at.put(webhook, now)
        task = asyncio.create_task(self._drain(webhook), name=f"drain events for {webhook}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Wait for looks that are under way."""
        await asyncio.gather(*self._tasks)

    async def _drain(self, webhook: str) -> None:
        try:
            self._hosts.at(webhook_address(webhook)).is_alive()
            drained = DRAINED_TOGETHER
            while drained == DRAINED_TOGETHER:
                drained = await self._store.drain(webhook)
                if drained:
                    _log.info("%s is heard from again: %d events for it go now", webhook, drained)
                    self._look()
        except StoreUnavailable as error:  # They go at their next attempt.
            _log.warning("Cannot hasten the events for %s: %s", webhook, error)
