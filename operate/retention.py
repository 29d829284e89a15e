"""Delete what is old on the host, also while the bot is down."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from delivery.retention import Kept, RetentionRounds
from state.store.opening import Store, open_store

#: No lane is leased here.
_LEASE = timedelta(seconds=30)

#: Dead letters that are counted.
_MOST = 100_000

Counts = tuple[int, int]  #: Of jobs, and of dead letters.


def swept(url: str, kept: Kept) -> Counts:
    """Delete what is old; return how much that was."""
    return _with_store(url, lambda store: RetentionRounds(store, kept, pause=timedelta()).sweep())


def counted(url: str, kept: Kept) -> Counts:
    """Return how much is old, of dead letters among the oldest `_MOST`."""

    async def count(store: Store) -> Counts:
        jobs = letters = 0
        if kept.jobs is not None:
            jobs = await store.retention.count(store.clock() - kept.jobs)
        if kept.letters is not None:
            before = store.clock() - kept.letters
            letters = sum(each.dead_at < before for each in await store.dead_letters(limit=_MOST))
        return jobs, letters

    return _with_store(url, count)


def _with_store(url: str, work: Callable[[Store], Awaitable[Counts]]) -> Counts:
    async def run() -> Counts:
        async with open_store(url, lease=_LEASE) as store:
            return await work(store)

    return asyncio.run(run())
