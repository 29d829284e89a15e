"""
Why a request is refused.

* AuthError                carries `reason`, for the log only: the response must not reveal it
  + Unauthorized           no token, or one that is not valid for this bot (401)
  + Forbidden              a valid token that does not cover this activity or this caller (403)
  + IdentityUnavailable    the signing keys are unavailable at the moment (503); carries `retry_after`
"""

from datetime import timedelta


class AuthError(Exception):
    """A request is refused."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unauthorized(AuthError):
    """The request has no token that is valid for this bot."""


class Forbidden(AuthError):
    """The token is valid, but not for this activity or this caller."""


class IdentityUnavailable(AuthError):
    """The token cannot be checked at the moment; *retry_after* is when another attempt may succeed."""

    def __init__(self, reason: str, retry_after: timedelta = timedelta(seconds=5)) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
