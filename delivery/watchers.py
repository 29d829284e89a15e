"""Tells those who watch jobs, every second, which of them have ended."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Protocol

from delivery.meter import Completed, unmeasured
from delivery.rounds import beside, logged_failures
from jobs.changes import OweReply
from jobs.job import Job, JobId, JobStatus
from jobs.notice import NoticeKind
from jobs.watching import Watch
from state.owed_replies import dump_reply
from state.store.watching import TOLD_TOGETHER, EndWatched

_log = logging.getLogger(__name__)

#: Returns what to tell a watcher of the end of a job, in Markdown.
Render = Callable[[Watch, Job], str]


class WatchedJobs(Protocol):
    """The methods of a store that are used here; see `state.store.port.Outbox`."""

    async def ended_watched(self) -> list[EndWatched]: ...
    async def tell_watchers(self, job_id: JobId, replies: Sequence[OweReply]) -> bool: ...


class WatcherRounds:
    """Owes what watchers are to be told. Any number of processes may do that for one database."""

    def __init__(
        self,
        store: WatchedJobs,
        render: Render,
        *,
        look: Callable[[], None],
        every: timedelta = timedelta(seconds=1),
        completed: Completed = unmeasured,
    ) -> None:
        """
        Look in *store* *every* so often; what is owed then is what *render* says.

        *completed* is told of each round.
        """
        self._store = store
        self._completed = completed
        self._render = render
        self._look = look
        self._every = every.total_seconds()

    def running(self) -> AbstractAsyncContextManager[None]:
        """Tell watchers while the body runs."""
        return beside(self._tell_on(), "tell watchers")

    async def _tell_on(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            with logged_failures("look for ended jobs that are watched", self._completed):
                await self._tell()

    async def _tell(self) -> None:
        while ended := await self._store.ended_watched():
            await self._tell_of(ended)
            if len(ended) < TOLD_TOGETHER:
                return

    async def _tell_of(self, ended: Sequence[EndWatched]) -> None:
        for each in ended:
            replies = [self._reply(watch, each.job) for watch in each.watches]
            if await self._store.tell_watchers(each.job.id, replies) and replies:
                _log.info(
                    "Job %d has ended: %d conversations that watch it are told",
                    each.job.id,
                    len(replies),
                    extra={"job": each.job.id},
                )
                self._look()

    def _reply(self, watch: Watch, job: Job) -> OweReply:
        body = dump_reply(self._render(watch, job), watch.reference)
        kind = NoticeKind.WATCHED_FAILURE if job.status is JobStatus.FAILED else NoticeKind.WATCHED
        return OweReply(job.id, watch.lane, watch.service_url, body, None, kind=kind)
