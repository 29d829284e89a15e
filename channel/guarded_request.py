"""One HTTP request to a connector; every request to a channel goes through here."""

from typing import Any

import aiohttp

from channel.answer import ConnectorAnswer, read_answer
from channel.connections import UnreadableAnswer
from delivery.hosts.service_host import ServiceHost


async def ask(
    session: aiohttp.ClientSession, host: ServiceHost, method: str, url: Any, **request: Any
) -> ConnectorAnswer:
    """
    Send a request to *host* and return the response; redirects are not followed.

    A response of which only the status line can be read has neither headers nor a body.

    Raises `CircuitOpen` without sending while the circuit is open, and aiohttp's errors or TimeoutError when
    there is no response.
    """
    with host.request() as exchange:
        try:
            async with session.request(method, url, allow_redirects=False, **request) as response:
                exchange.status = response.status
                return await read_answer(response)
        except UnreadableAnswer as answer:  # Its status alone decides the outcome.
            exchange.status = answer.status
            return ConnectorAnswer(answer.status, {}, b"")
