"""What DATABASE_URL says of the way to the server."""

import re
from dataclasses import dataclass

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

#: As SQLAlchemy calls it in its own URLs.
_CACHE_SIZE = "prepared_statement_cache_size"
_PORT = 5432
_UNCLEAR = "the address in DATABASE_URL"
_HOST = re.compile(r"[A-Za-z0-9._:,/-]+")


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where the server is."""

    dsn: str  #: For the driver.
    server: str  #: Host and port, for people; never the user or the password.
    pooled: bool  #: Whether a pooler stands between that gives a connection for a transaction at a time.


def address_of(url: str) -> ServerAddress:
    """
    Return what *url* says: with ``?prepared_statement_cache_size=0`` that there is a pooler.

    All other parameters are the driver's. Raises `ValueError` where it says what cannot be.
    """
    place, _, query = url.partition("?")
    parameters = [each.partition("=") for each in query.split("&") if each]
    sizes = {value for name, _, value in parameters if name == _CACHE_SIZE}
    if sizes - {"0"}:
        raise ValueError(f"{_CACHE_SIZE} can be 0, behind a pooler, or be left out")
    others = "&".join("".join(each) for each in parameters if each[0] != _CACHE_SIZE)
    dsn = f"{place}?{others}" if others else place
    return ServerAddress(dsn, server=_server(url), pooled=bool(sizes))


def _server(url: str) -> str:
    """Return which server *url* names; parameters go before what stands in front of them."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return _UNCLEAR
    host, port = parsed.query.get("host", parsed.host), parsed.query.get("port", parsed.port)
    if not host:  # The driver then looks in PGHOST, and for a socket.
        return "its default address"
    # A password with an @ in it that is not percent-encoded would show up here.
    if not isinstance(host, str) or not _HOST.fullmatch(host):
        return _UNCLEAR
    if "," in host or "/" in host:  # Several, or the folder of a socket.
        return host
    return f"[{host}]:{port or _PORT}" if ":" in host else f"{host}:{port or _PORT}"
