"""Connections to channels, and what a peer may send on one before its answer."""

import asyncio
from functools import partial
from typing import Any, cast

import aiohttp
from aiohttp.client_proto import ResponseHandler

#: Interim responses (1xx) that may come before an answer. None has a use here; a proxy may send one or two.
MAX_INTERIM = 8

#: Bytes that are parsed before we look whether that bound is passed: a read brings up to 256 KiB.
_SLICE = 4096


class EndlessAnswer(aiohttp.ClientPayloadError):
    """The peer sends one response after the other."""


class BoundedConnector(aiohttp.TCPConnector):
    """
    A connection pool whose peers cannot keep us busy with interim responses.

    aiohttp reads them in a loop that has no end, and pauses only when none is at hand: a peer that sends
    `100 Continue` for ever stalls the event loop for seconds.
    """

    def __init__(self, **settings: Any) -> None:
        """Take the *settings* of a `TCPConnector`."""
        super().__init__(**settings)
        made = partial(_Connection, loop=asyncio.get_running_loop())
        self._factory = cast("partial[ResponseHandler]", made)


class _Connection(ResponseHandler):
    """
    Drops interim responses as they are parsed.

    Closes when more than `MAX_INTERIM` come before an answer, or a second answer that was not asked for.
    """

    _interim = 0

    def data_received(self, data: bytes) -> None:
        place = 0
        while place < len(data) and self.is_connected():
            # Only what may be heads is taken in pieces: a body that has begun is one stretch of bytes.
            end = place + _SLICE if self._payload is None or self._payload.is_eof() else len(data)
            super().data_received(data[place:end])
            place = end

    def feed_data(self, data: Any, size: int = 0) -> None:
        status = data[0].code
        if 100 <= status < 200 and status != 101:
            self._interim += 1
            if self._interim > MAX_INTERIM:
                self._refuse(EndlessAnswer(f"more than {MAX_INTERIM} interim responses"))
        elif self:
            self._refuse(EndlessAnswer("more answers than requests"))
        else:
            self._interim = 0
            super().feed_data(data, size)

    def _refuse(self, reason: EndlessAnswer) -> None:
        self.set_exception(reason)
        if self.transport is not None:
            self.transport.abort()
