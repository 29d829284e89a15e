"""A minimal HTTP client, so that the load generator takes little CPU time from the measured server."""

from __future__ import annotations

import asyncio
from typing import cast

END_OF_HEAD = b"\r\n\r\n"
CONTENT_LENGTH = b"content-length:"


class UnexpectedResponse(Exception):
    """The server closed, or answered something else than success."""


class Connection(asyncio.Protocol):
    """One keep-alive connection; carries one request at a time."""

    def __init__(self) -> None:
        self.received = b""
        self.answered: asyncio.Future[None] | None = None

    @classmethod
    async def open(cls, port: int) -> Connection:
        _, connection = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return connection

    async def exchange(self, request: bytes) -> None:
        """Send *request* and wait for the whole answer; raise `UnexpectedResponse` unless it is a 2xx."""
        self.answered = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        await self.answered

    def close(self) -> None:
        self.transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.answered and not self.answered.done():
            self.answered.set_exception(UnexpectedResponse(f"connection closed: {exc}"))

    def data_received(self, data: bytes) -> None:
        self.received += data
        end = self.received.find(END_OF_HEAD)
        if end < 0:
            return
        head = self.received[:end].lower()
        at = head.find(CONTENT_LENGTH)
        length = int(head[at + len(CONTENT_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self.received) < end + len(END_OF_HEAD) + length:
            return
        answer, self.received = self.received, b""
        if self.answered and not self.answered.done():
            if head.startswith(b"http/1.1 2"):
                self.answered.set_result(None)
            else:
                self.answered.set_exception(UnexpectedResponse(answer.decode(errors="replace")))
