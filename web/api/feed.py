"""
Changes of jobs, as they come, for any number of readers in this process.

One look a second at the job log serves all readers, and sees what other processes changed, too. Nothing is
asked while nobody reads.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import NamedTuple

from delivery.rounds import logged_failures
from jobs.job import JOB_ID_LIMIT, JobId, JobReport, JobStatus
from jobs.listing import JobsAsked
from jobs.service import JobService
from web.api.documents import as_json, is_over, job_document

_UNFINISHED = frozenset(status for status in JobStatus if not status.is_final)

#: Jobs that one question asks for, those that are watched at most, and changes that can be read again.
_PAGE, _WATCHED, _KEPT = 200, 2_000, 2_000

#: Changes that wait for one reader; one that falls further behind is let go, and begins anew.
_BEHIND = 1_000


class Change(NamedTuple):
    """A job as it is now. The id is that of a reader's `Last-Event-ID`."""

    id: str
    document: str  #: JSON of a `JobDocument`.


class FellBehind(Exception):
    """A reader is too slow."""


class JobFeed:
    """Finds changes, and hands them to readers."""

    def __init__(self, jobs: JobService, *, every: timedelta = timedelta(seconds=1)) -> None:
        """Look at *jobs* *every* so often."""
        self._jobs = jobs
        self._every = every.total_seconds()
        self._begun = secrets.token_hex(4)  # Numbers that another process gave out mean nothing here.
        self._count = 0
        self._kept: deque[Change] = deque(maxlen=_KEPT)
        self._seen: dict[JobId, str] = {}  # Documents of those that are watched.
        self._newest: JobId | None = None  # None before the first look.
        self._closed = False
        self._readers: set[asyncio.Queue[Change | None]] = set()
        self._looking: asyncio.Task[None] | None = None

    async def changes(self, last: str | None) -> AsyncGenerator[Change, None]:
        """
        Yield changes after the one with the id *last*, then those to come, until the feed is closed.

        If *last* is not known any more, the jobs that have not ended come first. Raises `FellBehind`.
        """
        with self._reading() as queue:
            if self._closed:
                return
            missed = self._after(last)
            if missed is None:
                await self._look()
                if self._closed:
                    return
                while not queue.empty():  # What came meanwhile is in the list that follows.
                    queue.get_nowait()
                missed = [Change(self._id(), document) for document in list(self._seen.values())]
            for change in missed:
                yield change
            while (change := await queue.get()) is not None:  # type: ignore[assignment]
                yield change
            if queue not in self._readers:
                raise FellBehind

    async def close(self) -> None:
        """Let all readers go, also those that come now."""
        self._closed = True
        for queue in self._readers:
            queue.put_nowait(None)
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking

    @contextmanager
    def _reading(self) -> Iterator[asyncio.Queue[Change | None]]:
        queue: asyncio.Queue[Change | None] = asyncio.Queue()
        self._readers.add(queue)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_on(), name="look for changed jobs")
        try:
            yield queue
        finally:
            self._readers.discard(queue)

    def _id(self) -> str:
        return f"{self._begun}-{self._count}"

    def _after(self, last: str | None) -> list[Change] | None:
        """Return the changes after *last*; None if some of them are not known any more."""
        for place, change in enumerate(self._kept):
            if change.id == last:
                return list(self._kept)[place + 1 :]
        return [] if last == self._id() and self._looking is not None else None

    async def _look_on(self) -> None:
        while self._readers:
            await asyncio.sleep(self._every)
            with logged_failures("look for changed jobs"):
                await self._look()
        self._seen.clear()  # Who comes next begins anew.
        self._kept.clear()
        self._newest = None

    async def _look(self) -> None:
        """Find what has changed since the last look."""
        if self._newest is None:
            newest = (await self._jobs.list(JobsAsked(size=1))).jobs
            self._newest = newest[0].id if newest else JobId(0)
        found = {each.job.id: each for each in await self._unfinished()}
        found |= {each.job.id: each for each in await self._newer_than(self._newest)}
        for job_id in [job_id for job_id in self._seen if job_id not in found]:
            report = await self._jobs.find(job_id)
            if report is not None:
                found[job_id] = report
        self._newest = max(self._newest, *found) if found else self._newest
        for job_id in sorted(found):
            self._note(found[job_id])

    def _note(self, report: JobReport) -> None:
        job_id, document = report.job.id, as_json(job_document(report))
        if self._seen.get(job_id) != document:
            self._seen[job_id] = document
            self._count += 1
            self._tell(Change(self._id(), document))
        if is_over(report):
            self._seen.pop(job_id, None)

    def _tell(self, change: Change) -> None:
        self._kept.append(change)
        for queue in list(self._readers):
            if queue.qsize() < _BEHIND:
                queue.put_nowait(change)
            else:
                self._readers.discard(queue)
                queue.put_nowait(None)

    async def _unfinished(self) -> list[JobReport]:
        return await self._listed(_UNFINISHED, lambda _job_id: False)

    async def _newer_than(self, newest: JobId) -> list[JobReport]:
        """Return the jobs that are newer than *newest*, also those that have ended already."""
        return await self._listed(frozenset(), lambda job_id: job_id <= newest)

    async def _listed(
        self, statuses: frozenset[JobStatus], is_known: Callable[[JobId], bool]
    ) -> list[JobReport]:
        found: list[JobReport] = []
        before: JobId | None = JobId(JOB_ID_LIMIT)
        while before is not None and len(found) < _WATCHED:
            page = await self._jobs.list(JobsAsked(size=_PAGE, before=before, statuses=statuses))
            for job in page.jobs:
                if is_known(job.id):
                    return found
                notice = (await self._jobs.find(job.id)) if job.status.is_final else None
                found.append(notice or JobReport(job=job, notice=None))
            before = page.before
        return found
