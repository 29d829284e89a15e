"""What DATABASE_URL says of the way to the server."""

from dataclasses import dataclass

#: As SQLAlchemy calls it in its own URLs.
_CACHE_SIZE = "prepared_statement_cache_size"


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is."""

    dsn: str  #: For the driver.
    pooled: bool  #: Whether a pooler stands between that gives a connection for a transaction at a time.


def address_of(url: str) -> Address:
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
    return Address(f"{place}?{others}" if others else place, pooled=bool(sizes))
