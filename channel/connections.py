"""Connections to channels: a limit on interim responses (1xx), and the status of an unreadable response."""

import asyncio
import re
from functools import partial
from typing import Any, cast

import aiohttp
from aiohttp.client_proto import ResponseHandler

#: Interim responses (1xx) allowed before a final one. They are ignored; a proxy may send one or two.
MAX_INTERIM = 8

#: Bytes parsed between two checks of that limit: one read returns up to 256 KiB.
_SLICE = 4096


class EndlessAnswer(aiohttp.ClientPayloadError):
    """The peer sends too many interim responses, or a response without a request."""


class UnreadableAnswer(aiohttp.ClientError):
    """The status line arrived, and then nothing that can be read: the rest is malformed or was cut off."""

    def __init__(self, status: int, reason: BaseException) -> None:
        """Say which *status* it was, and what failed after that."""
        super().__init__(f"the response {status} cannot be read: {reason or type(reason).__name__}")
        self.status = status


_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([2-5]\d\d)[ \r]")
_LONGEST_START = 16  # Bytes of a response that are kept for it.


class BoundedConnector(aiohttp.TCPConnector):
    """
    A connection pool that limits interim responses.

    aiohttp reads them in an unbounded loop that yields only when no data is available: a peer that sends an
    endless series of `100 Continue` blocks the event loop for seconds.
    """

    def __init__(self, **settings: Any) -> None:
        """Accept the *settings* of a `TCPConnector`."""
        super().__init__(**settings)
        made = partial(_Connection, loop=asyncio.get_running_loop())
        self._factory = cast("partial[ResponseHandler]", made)


class _Connection(ResponseHandler):
    """
    Drops interim responses as they are parsed.

    Closes the connection after more than `MAX_INTERIM` of them, or after a response without a request. Any
    failure after the status line is `UnreadableAnswer`.
    """

    _interim = 0
    _start = b""  #: The first bytes of the response whose head is being read.

    def data_received(self, data: bytes) -> None:
        place = 0
        while place < len(data) and self.is_connected():
            # Only data that may contain heads is parsed in slices; a body in progress is passed on whole.
            if self._payload is None or self._payload.is_eof():
                end = place + _SLICE
                if len(self._start) < _LONGEST_START:
                    self._start += data[place : place + _LONGEST_START]
            else:
                end = len(data)
            super().data_received(data[place:end])
            place = end

    def set_exception(self, exc: BaseException, *cause: BaseException) -> None:
        if status := _STATUS_LINE.match(self._start):
            exc = UnreadableAnswer(int(status[1]), exc)
        super().set_exception(exc, *cause)

    def feed_data(self, data: Any, size: int = 0) -> None:
        self._start = b""
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
