"""One HTTP request to a connector; every request to a channel goes through here."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import aiohttp

from channel.answer import ConnectorAnswer, read_answer
from channel.connections import UnreadableAnswer
from delivery.errors import CircuitOpen
from delivery.hosts.service_host import ServiceHost

#: Told of each request: the channel's id, the status of the answer, None without one, and seconds until then.
Sent = Callable[[str, int | None, float], None]


def unmeasured(_channel: str, _status: int | None, _seconds: float) -> None:
    """Count no request."""


async def ask_measured(
    sent: Sent,
    channel: str,
    session: aiohttp.ClientSession,
    host: ServiceHost,
    method: str,
    url: Any,
    **request: Any,
) -> ConnectorAnswer:
    """Like `ask`, and tell *sent* of the request to *channel*; one that an open circuit stops is none."""
    began = perf_counter()
    try:
        answer = await ask(session, host, method, url, **request)
    except CircuitOpen:
        raise
    except BaseException:  # Also when a deadline cancels it.
        sent(channel, None, perf_counter() - began)
        raise
    sent(channel, answer.status_code, perf_counter() - began)
    return answer


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
