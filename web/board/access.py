"""
Who may see the board, and who may act on it.

| settings | who gets in |
| --- | --- |
| none, authentication is off, the server listens on loopback | who uses this machine, as operator |
| OPERATOR_SECRETS, VIEWER_SECRETS | who signs in with a secret; a cookie remembers it |
| EASY_AUTH_OPERATORS, EASY_AUTH_VIEWERS | whom the platform in front names |
| none, otherwise | nobody: all its addresses answer 404 |
"""

import hashlib
import hmac
import logging
import secrets as random
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, quote

from aiohttp import web

from identity.easy_auth import ID_HEADER, NAME_HEADER, EasyAuth
from identity.operators import SESSION, OperatorSecrets, SignInLimit
from jobs.operators import Operator, Role
from web.api.requests import read_bytes
from web.intake.admission import Admission
from web.intake.own_origin import is_from_own_page
from web.intake.this_machine import require_this_machine
from web.server.problems import Problem

PATH = "/board"

#: The prefix binds a cookie to this host, to https and to all its paths: a neighbour cannot set one like it.
#: On loopback without TLS browsers would not keep that.
_COOKIE, _COOKIE_ON_LOOPBACK = "__Host-board", "board"

_FORM = b"proactive-bot board form"

#: Bytes of a form, and fields in it.
_LARGEST_FORM, _MOST_FIELDS = 16 * 1024, 32

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who may see the board."""

    operator: Operator
    cookie: str  #: What the browser keeps: a session, or a random text where no session is needed.
    is_new: bool  #: Whether the browser is to be given that cookie.

    @property
    def may_act(self) -> bool:
        """Whether the person may change anything."""
        return self.operator.role is Role.OPERATOR

    @property
    def form_token(self) -> str:
        """
        What each form of this browser carries.

        It is made from the cookie, which other sites cannot read, so they cannot make it.
        """
        return hmac.new(self.cookie.encode(), _FORM, hashlib.sha256).hexdigest()


class Access:
    """Lets people in."""

    def __init__(
        self,
        secrets: OperatorSecrets,
        easy_auth: EasyAuth,
        limit: SignInLimit,
        admission: Admission,
        *,
        open_on_this_machine: bool,
        public_origin: str | None = None,
    ) -> None:
        """
        Without secrets and *easy_auth*, let in who uses this machine if it is *open_on_this_machine*.

        *public_origin* is the address by which browsers know this server, if that is set.
        """
        self.secrets = secrets
        self._easy_auth = easy_auth
        self.limit = limit
        self._admission = admission
        self._open = open_on_this_machine and not secrets and not easy_auth
        self._public_origin = public_origin

    @property
    def is_open(self) -> bool:
        """Whether no sign-in is needed."""
        return self._open

    @property
    def is_on(self) -> bool:
        """Whether there is a way in."""
        return bool(self._open or self.secrets or self._easy_auth)

    def require_on(self) -> None:
        """Raise `Problem` 404 unless there is a way in."""
        if not self.is_on:
            raise Problem(HTTPStatus.NOT_FOUND, "The request cannot be served.")

    def find(self, request: web.Request) -> Visit | None:
        """Return who asks; None if that is not known. Raises `Problem`."""
        self.require_on()
        kept = request.cookies.get(self.cookie_name, "")
        if self._open:
            require_this_machine(request)
            return _visit(Operator("this machine", Role.OPERATOR, "this machine"), kept)
        if self.secrets and (operator := self.secrets.session(kept)):
            return Visit(operator, kept, is_new=False)
        headers = request.headers
        if self._easy_auth and (
            operator := self._easy_auth.operator(
                headers.getall(NAME_HEADER, []), headers.getall(ID_HEADER, [])
            )
        ):
            return _visit(operator, kept)
        return None

    def require(self, request: web.Request) -> Visit:
        """Return who asks. Raises `Problem`, or sends a browser to the page for signing in."""
        visit = self.find(request)
        if visit is not None:
            return visit
        if not self.secrets:
            raise Problem(
                HTTPStatus.FORBIDDEN,
                "The platform in front names nobody who may see this: see EASY_AUTH_VIEWERS.",
            )
        wanted = quote(request.path_qs if request.method == "GET" else PATH, safe="")
        raise web.HTTPSeeOther(f"{PATH}/sign-in?next={wanted}")

    async def require_act(self, request: web.Request) -> tuple[Visit, dict[str, str]]:
        """
        Return who acts, and the form that was sent. Raises `Problem`.

        The form must come from a page of ours: by what the browser says of it, and by its token.
        """
        visit = self.require(request)
        if not visit.may_act:
            raise Problem(HTTPStatus.FORBIDDEN, "Viewers may not act: sign in as an operator.")
        form = await self.form(request)
        if not hmac.compare_digest(form.pop("token", "").encode(), visit.form_token.encode()):
            _log.warning("Refused a form from %s: it has not the token of its browser", request.remote)
            raise Problem(
                HTTPStatus.FORBIDDEN, "The form is not from this browser's page: load the page again."
            )
        return visit, form

    async def form(self, request: web.Request) -> dict[str, str]:
        """Return the fields of a form that a page of ours sent. Raises `Problem`."""
        if not is_from_own_page(request, self._public_origin):
            _log.warning("Refused a form from %s: a page of another site sent it", request.remote)
            raise Problem(HTTPStatus.FORBIDDEN, "A page of another site sent this form.")
        if request.content_type != "application/x-www-form-urlencoded":
            raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "A form is needed.")
        body = await read_bytes(request, self._admission, largest=_LARGEST_FORM)
        try:
            return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
        except ValueError as error:
            raise Problem(HTTPStatus.BAD_REQUEST, "The form cannot be read.") from error

    @property
    def cookie_name(self) -> str:
        """The name of the cookie."""
        return _COOKIE_ON_LOOPBACK if self._open else _COOKIE

    def remember(self, answer: web.StreamResponse, cookie: str) -> None:
        """Let the browser keep *cookie*; an empty one is forgotten."""
        seconds = int(SESSION.total_seconds()) if cookie else 0
        answer.set_cookie(
            self.cookie_name,
            cookie,
            max_age=seconds,
            path="/",
            secure=not self._open,
            httponly=True,
            samesite="Strict",
        )


def _visit(operator: Operator, kept: str) -> Visit:
    if len(kept) >= 32:
        return Visit(operator, kept, is_new=False)
    return Visit(operator, random.token_urlsafe(32), is_new=True)
