"""Signing in and out, and the files that pages need."""

import logging
import re
from http import HTTPStatus

from aiohttp import web

from web.board.access import PATH
from web.board.pages import HEADERS
from web.board.serving import PARTS, BoardParts
from web.server.problems import Problem
from web.server.runner import expect_anything

routes = web.RouteTableDef()

_log = logging.getLogger(__name__)

#: Where a sign-in may lead: to a page of the board. Anything else could be another site.
_NEXT = re.compile(r"/board(/[A-Za-z0-9/-]*)?(\?[^\\\s]*)?", re.ASCII)


@routes.get(PATH + "/sign-in")
async def ask(request: web.Request) -> web.Response:
    """Answer with the form, where there are secrets."""
    parts = _parts_with_secrets(request)
    return _form(parts, request.query.get("next", ""))


@routes.post(PATH + "/sign-in", expect_handler=expect_anything)
async def sign_in(request: web.Request) -> web.Response:
    """Let the browser keep a session, if the secret is right."""
    parts = _parts_with_secrets(request)
    access, address = parts.access, request.remote or ""
    form = await access.form(request)
    following = form.get("next", "")
    if wait := access.limit.wait(address):
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "Too many attempts with wrong secrets.", retry_after=wait)
    session = access.secrets.open_session(form.get("secret", ""), form.get("name", ""))
    if session is None:
        access.limit.failed(address)
        _log.warning("Refused a sign-in to the board from %s", address)
        return _form(parts, following, "This is none of the secrets.")
    operator = access.secrets.session(session)
    _log.info("%s signed in to the board from %s", operator and operator.name, address)
    response = web.Response(status=HTTPStatus.SEE_OTHER, headers={**HEADERS, "Location": _safe(following)})
    access.remember(response, session)
    return response


@routes.post(PATH + "/sign-out", expect_handler=expect_anything)
async def sign_out(request: web.Request) -> web.Response:
    """Let the browser forget its session."""
    access = request.app[PARTS].access
    access.require(request)
    await access.form(request)
    response = web.Response(status=HTTPStatus.SEE_OTHER, headers={**HEADERS, "Location": PATH})
    access.remember(response, "")
    return response


@routes.get(PATH + "/static/{name}")
async def static(request: web.Request) -> web.Response:
    """Answer with a style or a script; they are the same for all, and say nothing."""
    parts = request.app[PARTS]
    parts.access.require_on()
    found = parts.pages.static(request.match_info["name"])
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "There is no such file.")
    return found


def _parts_with_secrets(request: web.Request) -> BoardParts:
    parts = request.app[PARTS]
    parts.access.require_on()
    if not parts.access.secrets:
        raise Problem(HTTPStatus.NOT_FOUND, "The request cannot be served.")
    return parts


def _form(parts: BoardParts, following: str, fault: str = "") -> web.Response:
    text = parts.pages.render("sign_in.html", following=_safe(following), fault=fault)
    status = HTTPStatus.FORBIDDEN if fault else HTTPStatus.OK
    return web.Response(text=text, status=status, content_type="text/html", headers=HEADERS)


def _safe(following: str) -> str:
    return following if _NEXT.fullmatch(following) else PATH
