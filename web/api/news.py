"""
Waiting for news of a job: `Prefer: wait=<s>`, and entity tags.

Sources: https://www.rfc-editor.org/rfc/rfc7240 and https://www.rfc-editor.org/rfc/rfc9110#name-etag
"""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta

from aiohttp import web

from jobs.job import JobReport
from web.api.documents import as_json, is_over, job_document

#: The longest wait, and how often a job is looked at meanwhile.
LONGEST_WAIT, _LOOK_EVERY = timedelta(seconds=60), timedelta(milliseconds=500)

#: Requests that wait at once; one more is answered as if it had not asked to wait.
_WAITING = 256

_WAIT = re.compile(r"(?:^|[,;\s])wait=(\d{1,5})(?:$|[,;\s])", re.ASCII)


class News:
    """Lets requests wait until a job has changed, or until it is over."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(_WAITING)

    async def wait(
        self, report: JobReport, seen: set[str], seconds: float, find: Callable[[], Awaitable[JobReport]]
    ) -> JobReport:
        """
        Return the job when there is news, or after *seconds*; *find* looks at it, and may raise.

        News is a tag that is not in *seen*; if that is empty, that the job is over.
        """
        if not seconds or _is_news(report, seen) or self._places.locked():
            return report
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        async with self._places:
            while not _is_news(report, seen) and loop.time() < until:
                await asyncio.sleep(min(_LOOK_EVERY.total_seconds(), max(0.0, until - loop.time())))
                report = await find()
        return report


def _is_news(report: JobReport, seen: set[str]) -> bool:
    return tag_of(as_json(job_document(report))) not in seen if seen else is_over(report)


def tag_of(text: str) -> str:
    """Return the entity tag of a representation."""
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def seen_tags(values: Iterable[str]) -> set[str]:
    """Return the tags in `If-None-Match`, which compares weakly."""
    return {each.strip().removeprefix("W/") for value in values for each in value.split(",")}


def preferred_wait(request: web.Request) -> float:
    """Return the seconds that the client prefers to wait, at most `LONGEST_WAIT`."""
    match = _WAIT.search(", ".join(request.headers.getall("Prefer", [])))
    return min(float(match[1]), LONGEST_WAIT.total_seconds()) if match else 0.0
