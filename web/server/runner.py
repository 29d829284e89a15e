"""
A server that speaks of itself to nobody, and in one voice: also where no application is asked.

aiohttp answers by itself what it cannot read as a request: in plain text, quoting what came, with the trace
in the log. And every answer names the versions it runs on.
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

HANG_UP_GRACE = 1.0  #: Seconds that a client has to read the answer before its connection is closed.

_NAME = "proactive-bot"  # In place of the versions of Python and aiohttp.

#: How aiohttp's server hands a request on.
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_log = logging.getLogger(__name__)


class ProblemRunner(web.AppRunner):
    """Runs an application, and answers as problem+json what fails in it and what is no HTTP request."""

    def __init__(
        self, app: web.Application, *, head_deadline: timedelta = HEAD_DEADLINE, **options: Any
    ) -> None:
        """Run *app* with aiohttp's *options*; a connection closes when a head takes past *head_deadline*."""
        # Bodies are inflated by `read_body`: aiohttp would do it as the bytes arrive, to any size.
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
        """Answer what could not be read (400), or what failed past every handler (500)."""
        if request.writer.output_size > 0:
            raise ConnectionError("part of an answer is sent already")
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            problem = Problem(HTTPStatus.BAD_REQUEST, "This is no HTTP request.")
        else:
            problem = _unforeseen(exc)
        answer = problem_response(problem)
        answer.headers[hdrs.SERVER] = _NAME
        answer.force_close()
        return answer


async def _answer(handle: Handler, request: web.BaseRequest) -> web.StreamResponse:
    """
    Return what *handle* answers; of a failure, ours, aiohttp's own (404, 405, …) or unforeseen, a problem.

    No middleware: those cost every turn twice as much.
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
    """Log *error*; return what a stranger may know of it."""
    _log.error("A request failed unforeseen", exc_info=error)
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The bot failed to answer.")


async def _hang_up_after(answer: web.Response, request: web.BaseRequest) -> None:
    """
    Send *answer*, read nothing more, close.

    aiohttp on its own would go on reading, and inflating, for the server's `lingering_time`. Closing in the
    same breath would reset the connection, and a client that is still writing would never see the answer.
    """
    answer.headers[hdrs.SERVER] = _NAME
    answer.force_close()  # Says so in the headers: the client must not use this connection again.
    await answer.prepare(request)
    await answer.write_eof()
    await asyncio.sleep(HANG_UP_GRACE)
    request.protocol.force_close()


async def expect_anything(request: web.Request) -> None:
    """
    Tell a client that waits for it to send the body; let other expectations be.

    aiohttp's own handler answers them with 417, quoting the header, before any middleware is asked.
    """
    if request.version == (1, 1) and request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # It is no part of the answer.
