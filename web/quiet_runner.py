"""
A server that speaks of itself to nobody, and in one voice: also where no application is asked.

aiohttp answers by itself what it cannot read as a request: in plain text, quoting what came, with the trace
in the log. And every answer names the versions it runs on.
"""

import asyncio
import logging
from http import HTTPStatus

from aiohttp import hdrs, web
from aiohttp.http_exceptions import ContentEncodingError

from web.problems import Problem, problem_response

_NAME = "proactive-bot"  # In place of the versions of Python and aiohttp.

_log = logging.getLogger(__name__)


class QuietRunner(web.AppRunner):
    """Runs an application, and answers as problem+json what is no request."""

    async def _make_server(self) -> web.Server:
        usual = await super()._make_server()  # This starts the application.
        return _Server(
            usual.request_handler,
            request_factory=usual.request_factory,
            loop=asyncio.get_running_loop(),
            **self._kwargs,
        )


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


class _Connection(web.RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what could not be read (400, or 415 for an encoding), or what failed past every handler."""
        if request.writer.output_size > 0:
            raise ConnectionError("part of an answer is sent already")
        if isinstance(exc, ContentEncodingError):
            problem = Problem(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Content-Encoding must be gzip, deflate or identity."
            )
        elif status < HTTPStatus.INTERNAL_SERVER_ERROR:
            problem = Problem(HTTPStatus.BAD_REQUEST, "This is no HTTP request.")
        else:
            _log.error("A request failed unforeseen", exc_info=exc)
            problem = Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The bot failed to answer.")
        answer = problem_response(problem)
        answer.headers[hdrs.SERVER] = _NAME
        answer.force_close()
        return answer


async def name_no_versions(_: web.Request, answer: web.StreamResponse) -> None:
    """Say who answers, not with what; for an application's `on_response_prepare`."""
    answer.headers[hdrs.SERVER] = _NAME


async def expect_anything(request: web.Request) -> None:
    """
    Tell a client that waits for it to send the body; let other expectations be.

    aiohttp's own handler answers them with 417, quoting the header, before any middleware is asked.
    """
    if request.version == (1, 1) and request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # It is no part of the answer.
