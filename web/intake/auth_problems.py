"""Error responses to refused requests: they say what to do, never why the request was refused."""

from http import HTTPStatus

from identity.errors import AuthError, Forbidden, IdentityUnavailable
from web.server.problems import Problem


def auth_problem(error: AuthError) -> Problem:
    """Return the response to a request that failed authentication, without `AuthError.reason`."""
    if isinstance(error, IdentityUnavailable):
        detail = "The token cannot be checked at the moment."
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after=error.retry_after)
    if isinstance(error, Forbidden):
        return Problem(HTTPStatus.FORBIDDEN, "The token does not cover this request.")
    return Problem(HTTPStatus.UNAUTHORIZED, "A valid bearer token is needed.")
