"""The server's address in DATABASE_URL."""

import re
from dataclasses import dataclass

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

#: SQLAlchemy's name for it in its own URLs.
_CACHE_SIZE = "prepared_statement_cache_size"
_PORT = 5432
_UNCLEAR = "the address in DATABASE_URL"
_HOST = re.compile(r"[A-Za-z0-9._:,/-]+")


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """The address of a server."""

    dsn: str  #: For the driver.
    server: str  #: Host and port for logs, without user and password.
    pooled: bool  #: Whether there is a pooler in between that assigns a connection per transaction.


def address_of(url: str) -> ServerAddress:
    """
    Parse *url*; ``?prepared_statement_cache_size=0`` means that there is a pooler.

    All other parameters go to the driver. Raises `ValueError` for another cache size.
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
    """Return the server in *url*; parameters take precedence over the host part."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return _UNCLEAR
    host, port = parsed.query.get("host", parsed.host), parsed.query.get("port", parsed.port)
    if not host:  # The driver then uses PGHOST or a socket.
        return "its default address"
    # Part of a password with an unencoded @ could be in the host.
    if not isinstance(host, str) or not _HOST.fullmatch(host):
        return _UNCLEAR
    if "," in host or "/" in host:  # Several hosts, or the folder of a socket.
        return host
    return f"[{host}]:{port or _PORT}" if ":" in host else f"{host}:{port or _PORT}"
