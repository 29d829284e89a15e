"""
Who may use the API and read metrics: whoever has a token for that, or is on this machine.

Operators have secrets of their own. Where there are none, the API's tokens do for their acts, too.
"""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import unquote

from aiohttp import web

from identity.operators import NAME_LENGTH, OperatorSecrets, SignInLimit
from identity.report_tokens import ReportTokens
from identity.secret_texts import is_one_of
from jobs.operators import Operator, Role
from text import one_line
from web.intake.this_machine import require_this_machine
from web.server.problems import Problem

_log = logging.getLogger(__name__)

_SCHEME = "bearer "

#: The name under which an act is recorded, percent-encoded; it is the caller's word.
NAME_HEADER = "Operator-Name"


class TokenHolders:
    """
    Checks that callers have a token.

    Without authentication, programs on this machine need none, as in chats.
    """

    def __init__(self, tokens: Sequence[str], *, setting: str, open_on_this_machine: bool) -> None:
        """Let in whoever has one of *tokens*, those of the *setting* with that name."""
        self._tokens = [token.encode() for token in tokens]
        self._setting = setting
        self._open = open_on_this_machine

    def require(self, request: web.Request) -> None:
        """Raise `Problem` unless the caller is let in."""
        token = _bearer(request)
        if token is None and self._open:
            require_this_machine(request)
        elif token is None or not is_one_of(token, self._tokens):
            raise _refused(request, f"A token of {self._setting} is needed.")


class ApiCallers(TokenHolders):
    """Checks callers of the API."""

    def __init__(
        self,
        tokens: Sequence[str],
        reports: ReportTokens,
        operators: OperatorSecrets,
        limit: SignInLimit,
        *,
        open_on_this_machine: bool,
    ) -> None:
        """
        Let in whoever has one of *tokens*; for one job, whoever has its token of *reports*.

        For acts of operators, whoever has a secret of *operators*; *limit* is of those who have not.
        """
        super().__init__(tokens, setting="JOB_API_TOKENS", open_on_this_machine=open_on_this_machine)
        self._operators = operators
        self._limit = limit
        self._reports = reports

    def require_operator(self, request: web.Request, needed: Role = Role.OPERATOR) -> Operator:
        """Return the operator who calls. Raises `Problem`."""
        token, name = _bearer(request), unquote(request.headers.get(NAME_HEADER, ""))
        if not self._operators:
            self.require(request)
            way = "this machine" if token is None else "JOB_API_TOKENS"
            return Operator(one_line(name, NAME_LENGTH) or way, Role.OPERATOR, way)
        address = request.remote or ""
        if wait := self._limit.wait(address):
            detail = "Too many attempts with wrong secrets."
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, retry_after=wait)
        operator = None if token is None else self._operators.operator(token, name)
        if operator is None:
            self._limit.failed(address)
            raise _refused(request, "A secret of OPERATOR_SECRETS is needed.")
        if not operator.role.includes(needed):
            raise Problem(HTTPStatus.FORBIDDEN, "Viewers may not act.")
        return operator

    def require_for_job(self, request: web.Request, job_id: int) -> None:
        """Raise `Problem` unless the caller may ask about and report on this job."""
        token = _bearer(request)
        if token is None and self._open:
            require_this_machine(request)
        elif token is None or not (self._reports.is_valid(token, job_id) or is_one_of(token, self._tokens)):
            raise _refused(request, "The token of this job, or one of JOB_API_TOKENS, is needed.")


def _bearer(request: web.Request) -> str | None:
    values = request.headers.getall("Authorization", [])
    if not values:
        return None
    if len(values) > 1 or not values[0].lower().startswith(_SCHEME):
        raise _refused(request, "Authorization must be there once, and be a bearer token.")
    return values[0][len(_SCHEME) :].strip()


def _refused(request: web.Request, detail: str) -> Problem:
    _log.warning("Refused a request of the API from %s: %s", request.remote, detail)
    return Problem(HTTPStatus.UNAUTHORIZED, detail)
