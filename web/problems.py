"""
Answers other than success, as `application/problem+json`.

Source: https://www.rfc-editor.org/rfc/rfc9457
"""

import asyncio
import logging
import math
from datetime import timedelta
from http import HTTPStatus

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

HANG_UP_GRACE = 1.0  #: Seconds that a client has to read the answer before its connection is closed.

_log = logging.getLogger(__name__)


class Problem(Exception):
    """
    Ends a request with *status*. Strangers read *detail*: it may name a rule, never our insides.

    *retry_after* is for 429 and 503. *hang_up* is for a client whose body is not worth reading to its end.
    """

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        retry_after: timedelta | None = None,
        hang_up: bool = False,
    ) -> None:
        super().__init__(f"{status.value} {detail}")
        self.status = status
        self.detail = detail
        self.retry_after = retry_after
        self.hang_up = hang_up


def problem_response(problem: Problem) -> web.Response:
    """
    Return *problem* as an answer. `Retry-After` is in whole seconds, rounded up, at least 1.

    The type `about:blank` says that the status tells all; its title is then the status' own phrase.
    """
    body = {
        "type": "about:blank",
        "title": problem.status.phrase,
        "status": problem.status.value,
        "detail": problem.detail,
    }
    answer = web.Response(
        status=problem.status.value,
        body=orjson.dumps(body),
        content_type="application/problem+json",
    )
    if problem.retry_after is not None:
        answer.headers["Retry-After"] = str(max(1, math.ceil(problem.retry_after.total_seconds())))
    if problem.status is HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"  # A 401 must carry one: RFC 9110, section 15.5.2.
    return answer


@web.middleware
async def answer_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every failure into problem+json: ours, aiohttp's own (404, 405, …) and, logged, the unforeseen."""
    try:
        return await handler(request)
    except Problem as problem:
        answer = problem_response(problem)
        if problem.hang_up:
            await _hang_up_after(answer, request)
        return answer
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        answer = problem_response(Problem(HTTPStatus(error.status), "The request cannot be served."))
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
        return answer
    except Exception:
        _log.exception("A request failed unforeseen")
        return problem_response(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The bot failed to answer."))


async def _hang_up_after(answer: web.Response, request: web.Request) -> None:
    """
    Send *answer*, read nothing more, close.

    aiohttp on its own would go on reading, and inflating, for the server's `lingering_time`. Closing in the
    same breath would reset the connection, and a client that is still writing would never see the answer.
    """
    answer.force_close()  # Says so in the headers: the client must not use this connection again.
    await answer.prepare(request)
    await answer.write_eof()
    await asyncio.sleep(HANG_UP_GRACE)
    request.protocol.force_close()
