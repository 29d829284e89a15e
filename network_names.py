"""What names and addresses mean on the network, without asking it."""

import ipaddress
from functools import lru_cache


def is_loopback(host: str) -> bool:
    """127.0.0.0/8, ::1 and `localhost`; an IPv4 address dressed as IPv6 (`::ffff:127.0.0.1`) is not."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback and getattr(address, "ipv4_mapped", None) is None


@lru_cache(1024)  # Each send asks for the one it goes to.
def host_of(url: str) -> str:
    """Return ``host[:port]`` of a URL in plain form, in lower case: what shares it shares a server."""
    return url.partition("://")[2].partition("/")[0].lower()
