"""The bytes of a request: read within a size and a time, and declared as JSON."""

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

MAX_BODY_BYTES = 256 * 1024  #: Also of a compressed body, once inflated. Channels cut at about 100 KB.

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
    Return the body, inflated if need be, within *inflating*. The server must not have inflated it.

    Raise `Problem`: 415 for an encoding that we do not read, 413 past *limit* bytes, 400 when the body is
    broken or not there within *deadline*. A body that proves too large or too slow is not read any further:
    inflating the rest of a bomb would cost a second, and a slow client could hold the connection.
    """
    packed = "Content-Encoding" in request.headers
    encoding = encoding_of(request.headers.getall("Content-Encoding")) if packed else ""
    if request.content_length is not None and request.content_length > limit:
        raise _too_large(limit)
    try:
        if request.content.is_eof():
            body = request.content.read_nowait()  # It came with the headers: no clock has to run.
        else:
            body = await _body_to_come(request.content, limit, deadline)
    except TimeoutError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "The body did not arrive in time.", hang_up=True) from error
    except (web.RequestPayloadError, ConnectionError) as error:  # The latter: the client has left.
        raise _broken() from error
    if encoding:
        async with inflating or nullcontext():
            body = _inflated(body, encoding, limit)
    if len(body) > limit:
        raise _too_large(limit)
    return body


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
    """Return how many bytes `read_body` may return: as the request declares, if that can be relied on."""
    if request.content_length is None or "Content-Encoding" in request.headers:
        return MAX_BODY_BYTES
    return min(request.content_length, MAX_BODY_BYTES)


def require_json(content_types: Sequence[str]) -> None:
    """Raise `Problem` 415 unless *content_types* is one header, and says JSON, in UTF-8 if it says more."""
    if len(content_types) != 1 or not _says_json(content_types[0]):
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Content-Type must be application/json in UTF-8.")


@lru_cache(64)  # Clients say the same each time.
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
