"""`GET /board/live`: what changes on an open board, as server-sent events."""

import asyncio
from contextlib import aclosing, suppress
from datetime import timedelta
from http import HTTPStatus

from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response

from jobs.job import JOB_ID_LIMIT, JobId, parse_job_id
from web.board.access import PATH
from web.board.feed import BoardFeed
from web.board.pages import HEADERS
from web.board.serving import PARTS, SIZE
from web.server.problems import Problem

routes = web.RouteTableDef()

#: Boards that are kept up to date at once; others are pages all the same.
_MOST = 200

_RETRY_AFTER = timedelta(seconds=30)
_RECONNECT = 3_000  # Milliseconds until a browser that is cut off comes again.


@routes.get(PATH + "/live")
async def live(request: web.Request) -> web.StreamResponse:
    """Send `counts` and `rows` when they change: `show` names a first page, `rows` are numbers of jobs."""
    parts = request.app[PARTS]
    if parts.access.find(request) is None:
        raise Problem(HTTPStatus.UNAUTHORIZED, "Sign in first.", challenge="Cookie")
    if len(parts.feed) >= _MOST:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "Too many boards are open.", retry_after=_RETRY_AFTER)
    shows = request.query.get("show", "")
    async with sse_response(request, headers=HEADERS) as response:
        sending = asyncio.create_task(
            _send(response, parts.feed, shows, _numbers(request)), name="keep a board up to date"
        )
        gone = asyncio.create_task(response.wait(), name="watch a board")
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, gone):
                task.cancel()
            await asyncio.gather(sending, gone, return_exceptions=True)
    return response


def _numbers(request: web.Request) -> list[JobId]:
    numbers = map(parse_job_id, request.query.get("rows", "").split(",")[:SIZE])
    return [number for number in numbers if number is not None and number < JOB_ID_LIMIT]


async def _send(response: EventSourceResponse, feed: BoardFeed, shows: str, follows: list[JobId]) -> None:
    with suppress(ConnectionResetError, TimeoutError):
        await response.write(f"retry: {_RECONNECT}\r\n\r\n".encode())
        async with aclosing(feed.news(shows, follows)) as news:
            async for event, said in news:
                await response.send(said, event=event)
