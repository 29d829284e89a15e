"""How a refused request is answered: with what to do, never with why."""

from http import HTTPStatus

from identity.errors import AuthError, Forbidden, IdentityUnavailable
from web.server.problems import Problem


def auth_problem(error: AuthError) -> Problem:
    """Return the answer to a request that is not let in. The reason stays with us."""
    if isinstance(error, IdentityUnavailable):
        detail = "The token cannot be checked at the moment."
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after=error.retry_after)
    if isinstance(error, Forbidden):
        return Problem(HTTPStatus.FORBIDDEN, "The token does not cover this request.")
    return Problem(HTTPStatus.UNAUTHORIZED, "A valid bearer token is needed.")
