"""
A server that answers every failure with problem+json and hides its software versions.

aiohttp itself answers malformed HTTP in plain text, quotes the input and logs a traceback. It also sends the
versions of Python and aiohttp in every response.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Any

from aiohttp import hdrs, web

from web.server.head_deadline import HEAD_DEADLINE, DeadlineConnection
from web.server.problems import Problem, problem_response

HANG_UP_GRACE = 1.0  #: Seconds that a client has to read the response before its connection is closed.

_NAME = "proactive-bot"  # The `Server` header, instead of the versions of Python and aiohttp.

#: The request handler of aiohttp's server.
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_log = logging.getLogger(__name__)


class ProblemRunner(web.AppRunner):
    """Runs an application; answers its failures and malformed HTTP with problem+json."""

    def __init__(
        self, app: web.Application, *, head_deadline: timedelta = HEAD_DEADLINE, **options: Any
    ) -> None:
        """Run *app* with aiohttp's *options*; close a connection whose head takes over *head_deadline*."""
        # `read_body` inflates bodies: aiohttp would inflate them on arrival, without a size limit.
        super().__init__(app, head_deadline=head_deadline, auto_decompress=False, **options)

    async def _make_server(self) -> web.Server:
        usual = await super()._make_server()  # This starts the application.
        return _Server(
            partial(_answer, usual.request_handler),
            request_factory=usual.request_factory,
            loop=asyncio.get_running_loop(),
            **self._kwargs,
        )


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


class _Connection(DeadlineConnection):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer malformed HTTP (400), or an error outside of all handlers (500)."""
        if request.writer.output_size > 0:
            raise ConnectionError("part of an answer is sent already")
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            problem = Problem(HTTPStatus.BAD_REQUEST, "The request is malformed HTTP.")
        else:
            problem = _unforeseen(exc)
        answer = problem_response(problem)
        answer.headers[hdrs.SERVER] = _NAME
        answer.force_close()
        return answer


async def _answer(handle: Handler, request: web.BaseRequest) -> web.StreamResponse:
    """
    Return the response of *handle*; convert a `Problem`, aiohttp's errors (404, 405, …) and any other
    exception.

    This is not an aiohttp middleware, which would cost each turn twice as much.
    """
    try:
        answer = await handle(request)
    except Problem as problem:
        answer = problem_response(problem)
        if problem.hang_up or not request.content.is_eof():
            await _hang_up_after(answer, request)
            return answer
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        answer = problem_response(Problem(HTTPStatus(error.status), "The request cannot be served."))
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
    except Exception as error:
        answer = problem_response(_unforeseen(error))
    answer.headers[hdrs.SERVER] = _NAME
    return answer


def _unforeseen(error: BaseException | None) -> Problem:
    """Log *error*; return a problem without internal details."""
    _log.error("A request failed with an unexpected error", exc_info=error)
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The bot failed to answer.")


async def _hang_up_after(answer: web.Response, request: web.BaseRequest) -> None:
    """
    Send *answer*, read nothing more, and close the connection after `HANG_UP_GRACE`.

    aiohttp itself would continue to read, and inflate, for the server's `lingering_time`. Closing at once
    would reset the connection, and a client that is still writing would never see the response.
    """
    answer.headers[hdrs.SERVER] = _NAME
    answer.force_close()  # Sends `Connection: close`.
    await answer.prepare(request)
    await answer.write_eof()
    await asyncio.sleep(HANG_UP_GRACE)
    request.protocol.force_close()


async def expect_anything(request: web.Request) -> None:
    """
    Answer `Expect: 100-continue` with 100 Continue, and ignore other expectations.

    aiohttp's own handler answers others with 417 and quotes the header, before any middleware runs.
    """
    if request.version == (1, 1) and request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # These bytes are not part of the response.
