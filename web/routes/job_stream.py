"""`GET /api/jobs/stream`: changes of jobs as server-sent events."""

import asyncio
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response

from web.api.callers import ApiCallers
from web.api.feed import FellBehind, JobFeed
from web.server.problems import Problem

PATH = "/api/jobs/stream"

_MOST_READERS = 100
_RETRY_AFTER = timedelta(seconds=10)
_RECONNECT = 3_000  # Milliseconds until a reader that is cut off comes again.


@dataclass(kw_only=True, slots=True)
class StreamParts:
    """The parts that serve streams."""

    feed: JobFeed
    callers: ApiCallers
    readers: int = 0


PARTS = web.AppKey("stream parts", StreamParts)

routes = web.RouteTableDef()


@routes.get(PATH)
async def stream(request: web.Request) -> web.StreamResponse:
    """
    Send each job when it changes, as an event `job` whose data is the job.

    With `Last-Event-ID` a reader goes on where it was; if that is too long ago, the jobs that have not ended
    come first.
    """
    parts = request.app[PARTS]
    parts.callers.require(request)
    if parts.readers >= _MOST_READERS:
        detail = "Too many streams are read."
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after=_RETRY_AFTER)
    parts.readers += 1
    try:
        async with sse_response(request) as response:
            await _send(response, parts.feed, request.headers.get("Last-Event-ID"))
    finally:
        parts.readers -= 1
    return response


async def _send(response: EventSourceResponse, feed: JobFeed, last: str | None) -> None:
    """Send changes until the reader is gone, has fallen behind, or the bot stops."""
    sending = asyncio.create_task(_send_all(response, feed, last), name="stream jobs")
    gone = asyncio.create_task(response.wait(), name="watch a reader")
    try:
        await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, gone):
            task.cancel()
        await asyncio.gather(sending, gone, return_exceptions=True)


async def _send_all(response: EventSourceResponse, feed: JobFeed, last: str | None) -> None:
    with suppress(FellBehind, ConnectionResetError, TimeoutError):
        await response.write(f"retry: {_RECONNECT}\r\n\r\n".encode())
        async with aclosing(feed.changes(last)) as changes:
            async for change in changes:
                await response.send(change.document, id=change.id, event="job")
