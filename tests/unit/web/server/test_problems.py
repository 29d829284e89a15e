"""Error responses to refused requests."""

from datetime import timedelta
from http import HTTPStatus

import orjson

from web.server.problems import Problem, problem_response


def test_a_problem_is_told_as_rfc_9457_has_it():
    answer = problem_response(Problem(HTTPStatus.BAD_REQUEST, "type must be a text."))
    assert answer.status == 400
    assert answer.content_type == "application/problem+json"
    assert orjson.loads(answer.body) == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "type must be a text.",
    }
    assert "Retry-After" not in answer.headers


def test_retry_after_is_whole_seconds_and_never_zero():
    def retry_after(wait: timedelta) -> str:
        problem = Problem(HTTPStatus.SERVICE_UNAVAILABLE, "Busy.", retry_after=wait)
        return problem_response(problem).headers["Retry-After"]

    assert retry_after(timedelta(seconds=2.1)) == "3"
    assert retry_after(timedelta(0)) == "1"


def test_a_401_names_the_scheme():
    answer = problem_response(Problem(HTTPStatus.UNAUTHORIZED, "A valid token is needed."))
    assert answer.headers["WWW-Authenticate"] == "Bearer"
