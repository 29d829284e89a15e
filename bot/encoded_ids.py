"""Ids from outside, made safe for a URL's path and for a header's value."""

from urllib.parse import quote


class UnsafeId(ValueError):
    """No encoding makes this id safe: clients and proxies take it for a step in the path, or for nothing."""


def encode_id(text: str) -> str:
    """
    Return *text* percent-encoded as UTF-8: ASCII letters, digits, `-._~` and `%` only.

    Distinct ids stay distinct, whatever characters they are of: half a surrogate pair, which has no UTF-8,
    is encoded as if it had. Raise `UnsafeId` for an empty id, `.` and `..`: dots cannot be encoded, since
    clients decode `%2E` before they resolve it (https://url.spec.whatwg.org/#double-dot-path-segment).
    """
    if text in ("", ".", ".."):
        raise UnsafeId(repr(text))
    return quote(text, safe="", errors="surrogatepass")
