"""Accept only requests that a program on this machine sent to this machine."""

import logging
import re
from functools import lru_cache
from http import HTTPStatus

from aiohttp import web

from network_names import is_loopback
from web.intake.forwarding import was_forwarded
from web.server.problems import Problem

_HOST = re.compile(r"(\[[^\]]*\]|[^:]*)(?::[0-9]*)?")

_WHAT_TO_SET = (
    "Without authentication the bot serves its own machine only:"
    " set MicrosoftAppId and MicrosoftAppPassword, or ALLOW_ANONYMOUS=true to serve everyone who reaches it."
)
_NOT_HERE = f"This request does not come from this machine. {_WHAT_TO_SET}"
_FORWARDED = f"A proxy or a tunnel forwarded this request. {_WHAT_TO_SET}"
_OTHER_SITE = f"A web page of another origin sent this request. {_WHAT_TO_SET}"

_log = logging.getLogger(__name__)


def require_this_machine(request: web.Request) -> None:
    """
    Raise `Problem` 403 unless *request* was sent on this machine, to this machine, by a program.

    * Both ends of the connection are loopback addresses. gunicorn does not read `HOST`, and a packet filter
      can redirect remote traffic to 127.0.0.1.
    * Its `Host` is a loopback host. A web page can send requests to its own domain name, which may resolve to
      127.0.0.1 (DNS rebinding).
    * No proxy or tunnel forwarded it: remote clients may be behind one that rewrites `Host`.
    * No page of another origin sent it. Programs such as the Emulator send no origin, or one on loopback.
    """
    if not (_is_local(request) and _names_this_machine(request)):
        refusal = _NOT_HERE
    elif was_forwarded(request):
        refusal = _FORWARDED
    elif _is_from_another_site(request):
        refusal = _OTHER_SITE
    else:
        return
    _log.warning("Refused a request: %s", refusal)
    raise Problem(HTTPStatus.FORBIDDEN, refusal)


def _is_local(request: web.Request) -> bool:
    """Return whether both ends of the connection are loopback; a Unix socket, as a proxy uses, is not."""
    here = request.get_extra_info("sockname")
    return isinstance(here, tuple) and _is_of_loopback(here[0]) and _is_of_loopback(request.remote or "")


def _names_this_machine(request: web.Request) -> bool:
    """
    Return whether there is exactly one `Host`, a loopback name, and a target in absolute form is one as well.

    `request.host` alone is not enough: for HTTP/1.0 without `Host` it is the address of the socket, and for a
    target in absolute form it is the target's host.
    """
    hosts = request.headers.getall("Host", [])
    return len(hosts) == 1 and _names_loopback(hosts[0]) and _names_loopback(request.host)


def _is_from_another_site(request: web.Request) -> bool:
    """
    Return whether a browser sent *request* for a page that is not the bot's own.

    Browsers send `Sec-Fetch-Site` to loopback servers; for a page on another port it is "same-site".
    """
    headers = request.headers
    if "Sec-Fetch-Site" in headers and headers["Sec-Fetch-Site"].lower() not in ("none", "same-origin"):
        return True
    return "Origin" in headers and not all(map(_is_origin_of_loopback, headers.getall("Origin")))


@lru_cache(maxsize=64)
def _is_of_loopback(address: str) -> bool:
    return is_loopback(address.removeprefix("::ffff:"))


@lru_cache(maxsize=64)
def _names_loopback(host: str) -> bool:
    match = _HOST.fullmatch(host)
    return match is not None and is_loopback(match[1].strip("[]").lower())


@lru_cache(maxsize=64)
def _is_origin_of_loopback(origin: str) -> bool:
    scheme, separator, host = origin.partition("://")
    return bool(separator) and scheme in ("http", "https") and _names_loopback(host)
