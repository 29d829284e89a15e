"""One HTTP request to a connector; every request to a channel goes through here."""

from typing import Any

import aiohttp

from channel.answer import ConnectorAnswer, read_answer
from delivery.hosts.service_host import ServiceHost


async def ask(
    session: aiohttp.ClientSession, host: ServiceHost, method: str, url: Any, **request: Any
) -> ConnectorAnswer:
    """
    Send a request to *host* and return the response; redirects are not followed.

    Raises `CircuitOpen` without sending while the circuit is open, and aiohttp's errors or TimeoutError when
    there is no response.
    """
    with host.request() as exchange:
        async with session.request(method, url, allow_redirects=False, **request) as response:
            exchange.status = response.status
            return await read_answer(response)
