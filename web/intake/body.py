"""Read a request's body within limits of size and time; require that it is declared as JSON."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import timedelta
from functools import lru_cache
from http import HTTPStatus

from aiohttp import StreamReader, web

from web.intake.inflating import encoding_of, inflate
from web.server.problems import Problem

#: Also for a compressed body once inflated. Direct Line takes 256 KB from a client and adds to it.
MAX_BODY_BYTES = 512 * 1024

#: `type/subtype; name=value; name="value"`: RFC 9110, section 8.3.1.
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105
_MEDIA_TYPE = re.compile(rf"[ \t]*({_TOKEN}/{_TOKEN})[ \t]*((?:;[^;]*)*)")
_PARAMETER = re.compile(rf'[ \t]*({_TOKEN})=("?)({_TOKEN})\2[ \t]*')


async def read_body(
    request: web.Request,
    *,
    limit: int = MAX_BODY_BYTES,
    deadline: timedelta,
    inflating: AbstractAsyncContextManager[None] | None = None,
) -> bytes:
    """
    Return the body; a compressed one is inflated inside the context *inflating*, not by the server.

    Raise `Problem`: 415 for an unsupported encoding, 413 above *limit* bytes, 400 when the body is malformed
    or does not arrive within *deadline*. Reading stops as soon as a body is too large or too slow: inflating
    the rest of a decompression bomb would take a second, and a slow client could hold the connection.
    """
    packed = "Content-Encoding" in request.headers
    encoding = encoding_of(request.headers.getall("Content-Encoding")) if packed else ""
    if request.content_length is not None and request.content_length > limit:
        raise _too_large(limit)
    body = await _bytes_of(request.content, limit, deadline)
    if encoding:
        async with inflating or nullcontext():
            body = _inflated(body, encoding, limit)
    if len(body) > limit:
        raise _too_large(limit)
    return body


async def _bytes_of(content: StreamReader, limit: int, deadline: timedelta) -> bytes:
    try:
        if content.is_eof():
            return content.read_nowait()  # It came with the headers: no timer is needed.
        return await _body_to_come(content, limit, deadline)
    except TimeoutError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "The body did not arrive in time.", hang_up=True) from error
    except (web.RequestPayloadError, ConnectionError) as error:  # ConnectionError: the client disconnected.
        raise _broken() from error


def _inflated(packed: bytes, encoding: str, limit: int) -> bytes:
    try:
        return inflate(packed, encoding, limit)
    except ValueError as error:
        raise _broken() from error


async def _body_to_come(content: StreamReader, limit: int, deadline: timedelta) -> bytes:
    body = bytearray()
    async with asyncio.timeout(deadline.total_seconds()):
        async for chunk in content.iter_any():
            body += chunk
            if len(body) > limit:
                raise _too_large(limit, hang_up=True)
    return bytes(body)


def _too_large(limit: int, *, hang_up: bool = False) -> Problem:
    detail = f"The body may have at most {limit} bytes."
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, hang_up=hang_up)


def _broken() -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, "The body is not what its headers say.")


def largest_body(request: web.Request) -> int:
    """Return the most bytes that `read_body` may return: Content-Length, or the limit if that is unknown."""
    if request.content_length is None or "Content-Encoding" in request.headers:
        return MAX_BODY_BYTES
    return min(request.content_length, MAX_BODY_BYTES)


def require_json(content_types: Sequence[str]) -> None:
    """Raise `Problem` 415 unless there is exactly one Content-Type: JSON, in UTF-8 if it names a charset."""
    if len(content_types) != 1 or not _says_json(content_types[0]):
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Content-Type must be application/json in UTF-8.")


@lru_cache(64)  # Clients send the same header each time.
def _says_json(content_type: str) -> bool:
    match = _MEDIA_TYPE.fullmatch(content_type)
    if match is None or match[1].lower() != "application/json":
        return False
    for text in match[2].split(";"):
        parameter = _PARAMETER.fullmatch(text)
        if parameter is None and text.strip():
            return False
        if parameter and parameter[1].lower() == "charset" and parameter[3].lower() not in ("utf-8", "utf8"):
            return False
    return True
