"""The proxies that the environment names: HTTP_PROXY and HTTPS_PROXY, as the stock SDK honours them."""

from urllib.parse import urlsplit
from urllib.request import getproxies_environment

_DEFAULT_PORTS = {"http": 80, "https": 443}


def proxy_endpoints() -> frozenset[tuple[str, int]]:
    """Return host and port of each proxy for HTTP and HTTPS; none if no proxy is named."""
    named = getproxies_environment()
    urls = (urlsplit(url) for scheme, url in named.items() if scheme in _DEFAULT_PORTS)
    return frozenset(
        (url.hostname, url.port or _DEFAULT_PORTS.get(url.scheme, 80)) for url in urls if url.hostname
    )
