"""
A connector in a process of its own, as light as a socket: `python -m benchmarks.connector` with PORT set.

* `POST /after/{milliseconds}/v3/conversations/{id}/activities[/{replyToId}]` is answered after that delay;
  the delay is part of the service URL, so one connector serves fast and slow channels alike.
* `GET /count` answers how many activities have come so far.
* `GET /arrivals` stays open: from then on every activity is told as a JSON line
  `[conversation id, CLOCK_MONOTONIC in nanoseconds, text]`. That clock is the whole machine's, so a reader in
  another process may subtract.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import cast
from urllib.parse import unquote

import orjson
import uvloop

END_OF_HEAD = b"\r\n\r\n"
CONTENT_LENGTH = b"content-length:"


def response(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


class FakeConnector:
    """State of all connections: the count, and the readers of `/arrivals`."""

    def __init__(self) -> None:
        self.count = 0
        self.subscribers: set[asyncio.Transport] = set()

    def arrive(self, path: str, body: bytes) -> None:
        self.count += 1
        if self.subscribers:
            conversation = unquote(path.split("/")[5])
            line = orjson.dumps([conversation, time.monotonic_ns(), orjson.loads(body).get("text")])
            for subscriber in self.subscribers:
                subscriber.write(line + b"\n")


class Exchange(asyncio.Protocol):
    """One keep-alive connection. It supports only what bots send: bodies with a Content-Length."""

    def __init__(self, connector: FakeConnector) -> None:
        self.connector = connector
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.connector.subscribers.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(END_OF_HEAD)) >= 0:
            head = self.received[:end].lower()
            at = head.find(CONTENT_LENGTH)
            length = int(head[at + len(CONTENT_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            body_end = end + len(END_OF_HEAD) + length
            if len(self.received) < body_end:
                return
            target = self.received[:end].split(b" ", 2)[1].decode("ascii")
            body = self.received[body_end - length : body_end]
            self.received = self.received[body_end:]
            self.answer(target, body)

    def answer(self, target: str, body: bytes) -> None:
        if target == "/count":
            self.transport.write(response(b"%d" % self.connector.count))
        elif target == "/arrivals":
            self.connector.subscribers.add(self.transport)
            self.transport.write(b"subscribed\n")
        else:
            self.connector.arrive(target, body)
            delay = int(target.split("/")[2]) / 1000  # seconds
            answer = response(b'{"id":"%d"}' % self.connector.count)
            if delay:
                asyncio.get_running_loop().call_later(delay, self.transport.write, answer)
            else:
                self.transport.write(answer)


async def serve(port: int) -> None:
    connector = FakeConnector()
    server = await asyncio.get_running_loop().create_server(lambda: Exchange(connector), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(os.environ["PORT"])))
