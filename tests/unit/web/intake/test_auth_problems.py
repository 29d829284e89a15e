"""The responses to callers that fail authentication."""

from datetime import timedelta
from http import HTTPStatus

import pytest

from identity.errors import AuthError, Forbidden, IdentityUnavailable, Unauthorized
from web.intake.auth_problems import auth_problem


@pytest.mark.parametrize(
    "error, status",
    [
        (AuthError, HTTPStatus.UNAUTHORIZED),
        (Unauthorized, HTTPStatus.UNAUTHORIZED),
        (Forbidden, HTTPStatus.FORBIDDEN),
        (IdentityUnavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    ],
)
def test_each_refusal_has_its_status(error, status):
    assert auth_problem(error("x")).status is status


@pytest.mark.parametrize("error", [Unauthorized, Forbidden, IdentityUnavailable])
def test_a_refusal_does_not_say_why(error):
    assert "xyzzy" not in auth_problem(error("xyzzy")).detail


def test_only_a_passing_trouble_is_worth_another_attempt():
    assert auth_problem(IdentityUnavailable("x")).retry_after
    assert auth_problem(IdentityUnavailable("x", timedelta(seconds=14))).retry_after == timedelta(seconds=14)
    assert not auth_problem(Forbidden("x")).retry_after
