"""One HTTP request to a connector; all that the bot sends to channels goes through here."""

from typing import Any

import aiohttp

from channel.answer import ConnectorAnswer, read_answer
from delivery.hosts.service_host import ServiceHost


async def ask(
    session: aiohttp.ClientSession, host: ServiceHost, method: str, url: Any, **request: Any
) -> ConnectorAnswer:
    """
    Return what *host* answers; its redirects are not followed.

    Raises `CircuitOpen` without asking, while the host is left alone, and aiohttp's errors or TimeoutError
    when no answer comes.
    """
    with host.request() as exchange:
        async with session.request(method, url, allow_redirects=False, **request) as response:
            exchange.status = response.status
            return await read_answer(response)
