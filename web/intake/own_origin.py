"""Whether a browser sent a request for a page of this server, and not for one of another site."""

from urllib.parse import urlsplit

from aiohttp import web


def is_from_own_page(request: web.Request, public_origin: str | None = None) -> bool:
    """
    Return whether nothing says that a page of another origin sent *request*.

    Browsers send `Sec-Fetch-Site` to servers by https and to loopback, and `Origin` with each form. The
    origin is compared by its host, since a proxy with TLS changes the scheme; or it must be *public_origin*.

    Source: https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
    """
    sites = {value.lower() for value in request.headers.getall("Sec-Fetch-Site", [])}
    if not sites <= {"same-origin", "none"}:
        return False
    origins = request.headers.getall("Origin", [])
    return all(_is_own(origin, request.host, public_origin) for origin in origins)


def _is_own(origin: str, host: str, public_origin: str | None) -> bool:
    return origin == public_origin or (bool(host) and urlsplit(origin).netloc.lower() == host.lower())
