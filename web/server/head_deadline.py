"""A connection that closes when the head of a request does not arrive within a deadline."""

import asyncio
from datetime import timedelta
from typing import Any

from aiohttp import web

#: Clients are servers, which send a head in one packet, or programs on this machine.
HEAD_DEADLINE = timedelta(seconds=10)


class DeadlineConnection(web.RequestHandler):
    """
    aiohttp's connection with a deadline for each request head; aiohttp itself waits for an hour.

    The timer starts with the connection, and for later requests with the first byte of the head: between
    requests a connection may be idle as long as aiohttp's keep-alive allows. Only the end of the head stops
    the timer. The connection is closed without a response, since there is no request yet.
    """

    __slots__ = ("_head_deadline", "_head_timer")

    def __init__(self, manager: web.Server, *, head_deadline: timedelta, **options: Any) -> None:
        super().__init__(manager, **options)
        self._head_deadline = head_deadline.total_seconds()
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._start_timer()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head_timer is not None:
            if self._messages:  # The head is complete, or malformed and aiohttp answers 400.
                self._stop_timer()
        elif self._waiter is not None and not self._waiter.done():  # It was idle; a new head has begun.
            self._start_timer()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def _start_timer(self) -> None:
        self._head_timer = self._loop.call_later(self._head_deadline, self.force_close)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
