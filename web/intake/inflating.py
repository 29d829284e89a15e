"""Inflate compressed bodies up to a size limit."""

import zlib
from collections.abc import Sequence
from http import HTTPStatus

from web.server.problems import Problem

_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_DEFLATE = 8  # The method in the first byte of a zlib header; some clients send deflate without one.


def encoding_of(content_encodings: Sequence[str]) -> str:
    """Return "gzip", "deflate" or "" for these headers; raise `Problem` 415 for any other encoding."""
    encoding = ",".join(content_encodings).strip().lower()
    if encoding in ("", "identity"):
        return ""
    if encoding not in ("gzip", "deflate"):
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Content-Encoding must be gzip, deflate or identity."
        )
    return encoding


def inflate(packed: bytes, encoding: str, limit: int) -> bytes:
    """
    Return *packed* inflated, at most *limit* + 1 bytes: a longer result tells the caller to refuse it.

    Raise `ValueError` if the data is not complete and valid in *encoding*, or has trailing bytes.
    """
    window = zlib.MAX_WBITS if packed[:1] and packed[0] & 0x0F == _DEFLATE else -zlib.MAX_WBITS
    inflater = zlib.decompressobj(_GZIP_WINDOW if encoding == "gzip" else window)
    try:
        body = inflater.decompress(packed, limit + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if len(body) <= limit and (not inflater.eof or inflater.unused_data):
        raise ValueError("it ends too early, or too late")
    return body
