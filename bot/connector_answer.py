"""What a connector answered."""

from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

#: Bytes of an answer that are read; a receipt takes 50.
ANSWER_LIMIT = 64 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectorAnswer:
    """What the connector answered, in the SDK's names where it has any."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes  #: As much of it as was read.
    reason: str | None = None


async def read_answer(response: aiohttp.ClientResponse) -> ConnectorAnswer:
    """Return the answer with as much of its body as `read_bounded` reads."""
    return ConnectorAnswer(
        status_code=response.status,
        headers=response.headers,
        body=await read_bounded(response),
        reason=response.reason,
    )


async def read_bounded(response: aiohttp.ClientResponse) -> bytes:
    """Return at most `ANSWER_LIMIT` bytes of the body; a longer one costs the connection, not memory."""
    body = b""
    while len(body) < ANSWER_LIMIT and not response.content.at_eof():
        body += await response.content.read(ANSWER_LIMIT - len(body))
    return body
