"""Whether a request comes from this machine, and means to."""

import re
from functools import lru_cache
from http import HTTPStatus

from aiohttp import web

from network_names import is_loopback
from web.server.problems import Problem

_HOST = re.compile(r"(\[[^\]]*\]|[^:]*)(?::[0-9]*)?")


def require_this_machine(request: web.Request) -> None:
    """
    Raise `Problem` 403 unless *request* came to a loopback address and names one as its host.

    The address: whoever starts the server, and where, may be another than `HOST` says (gunicorn does not
    read it). The name: a page in a browser on this machine can send here, too, by a name of its own that it
    points to 127.0.0.1.
    """
    address = request.get_extra_info("sockname")
    # A Unix socket has no such address: behind it may be anybody.
    came_here = isinstance(address, tuple) and _is_of_loopback(str(address[0]))
    if not (came_here and _names_loopback(request.host)):
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "Without authentication the bot serves its own machine only, unless ALLOW_ANONYMOUS is set.",
        )


@lru_cache(maxsize=64)
def _is_of_loopback(address: str) -> bool:
    return is_loopback(address.removeprefix("::ffff:"))


@lru_cache(maxsize=64)
def _names_loopback(host: str) -> bool:
    match = _HOST.fullmatch(host)
    return match is not None and is_loopback(match[1].strip("[]").lower())
