"""What a connector answered."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

import aiohttp

#: Bytes of an answer that are read; a receipt takes 50.
ANSWER_LIMIT = 64 * 1024

#: Seconds that the rest of an answer may take; it follows its head at once, or hardly ever.
_BODY_TIMEOUT = 1.0


class ConnectorAnswer(NamedTuple):
    """What the connector answered, in the SDK's names where it has any."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes  #: As much of it as was read.
    reason: str | None = None


async def read_answer(response: aiohttp.ClientResponse) -> ConnectorAnswer:
    """Return the answer with as much of its body as comes: the status has said what matters."""
    return ConnectorAnswer(
        status_code=response.status,
        headers=response.headers,
        body=await _body(response),
        reason=response.reason,
    )


async def _body(response: aiohttp.ClientResponse) -> bytes:
    """
    Return at most `ANSWER_LIMIT` bytes of the body, or less if it breaks off or is slow to come.

    No body makes an answer of it that never came. A longer one costs the connection, not memory.
    """
    content = response.content
    body = b""
    with suppress(aiohttp.ClientError, TimeoutError):
        if content.is_eof():  # It came with the head, as a receipt does: no clock has to run.
            return content.read_nowait(ANSWER_LIMIT)
        async with asyncio.timeout(_BODY_TIMEOUT):
            while len(body) < ANSWER_LIMIT and not content.at_eof():
                body += await content.read(ANSWER_LIMIT - len(body))
    return body
