"""Tokens with which the one who works on a job reports on that job alone, by one line of shell."""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from identity.secret_texts import is_one_of

_PREFIX = "jobtoken_"
_PURPOSE = b"proactive-bot report token\0"  # So that no signature of anything else is a token.


class ReportTokens:
    """
    Makes and checks tokens. None is stored: a token is a code of the job's number under a secret.

    All *secrets* are valid, and the first one makes new tokens, so that one can replace another.
    """

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._secrets = secrets

    def __bool__(self) -> bool:
        """Whether there can be any."""
        return bool(self._secrets)

    def token(self, job_id: int) -> str:
        """Return the token for a job. Raises `IndexError` without secrets."""
        return _token(self._secrets[0], job_id)

    def is_valid(self, token: str, job_id: int) -> bool:
        """Return whether *token* is one for this job, in constant time."""
        return is_one_of(token, (_token(each, job_id).encode() for each in self._secrets))


def _token(secret: bytes, job_id: int) -> str:
    code = hmac.new(secret, _PURPOSE + str(job_id).encode(), hashlib.sha256).digest()
    return _PREFIX + base64.urlsafe_b64encode(code).decode().rstrip("=")
