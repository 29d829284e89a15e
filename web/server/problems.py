"""
Error responses as `application/problem+json`.

Source: https://www.rfc-editor.org/rfc/rfc9457
"""

import math
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus

import orjson
from aiohttp import web


class Problem(Exception):
    """
    Ends a request with *status*. *detail* is public: it may name a rule, never internal state.

    *retry_after* is for 429 and 503. *hang_up* closes the connection without reading the rest of the body.
    *errors* say by JSON Pointer what is wrong in the body. *challenge* says how to authenticate, for 401.
    """

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        retry_after: timedelta | None = None,
        hang_up: bool = False,
        errors: Mapping[str, str] | None = None,
        challenge: str = "Bearer",
    ) -> None:
        super().__init__(f"{status.value} {detail}")
        self.status = status
        self.detail = detail
        self.retry_after = retry_after
        self.hang_up = hang_up
        self.errors = errors
        self.challenge = challenge


def problem_document(status: HTTPStatus, detail: str) -> dict[str, object]:
    """Return the members that every problem has."""
    return {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}


def problem_response(problem: Problem) -> web.Response:
    """
    Return *problem* as a response. `Retry-After` is in whole seconds, rounded up, at least 1.

    The type `about:blank` means that the problem has no semantics beyond the status code; the title is then
    the status phrase.
    """
    body = problem_document(problem.status, problem.detail)
    if problem.errors:
        body["errors"] = [{"pointer": each, "detail": said} for each, said in problem.errors.items()]
    answer = web.Response(
        status=problem.status.value,
        body=orjson.dumps(body),
        content_type="application/problem+json",
    )
    if problem.retry_after is not None:
        answer.headers["Retry-After"] = str(max(1, math.ceil(problem.retry_after.total_seconds())))
    if problem.status is HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = (
            problem.challenge
        )  # A 401 must carry one: RFC 9110, section 15.5.2.
    return answer
