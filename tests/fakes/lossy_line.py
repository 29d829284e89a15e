"""A TCP proxy to a server on loopback that can drop responses, freeze and be cut."""

import asyncio
from contextlib import suppress
from typing import Self


class LossyLine:
    """``async with LossyLine(host, port) as line``: what connects to `line.port` reaches the server."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._writers: set[asyncio.StreamWriter] = set()
        self._losing = False
        self._open = True
        self._frozen = asyncio.Event()
        self.connections = 0  #: How many were made so far.
        self.lost = asyncio.Event()  #: Set once an answer got lost.

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._listener.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._listener.close()
        self.cut()
        await self._listener.wait_closed()

    def lose_the_next_answer(self) -> None:
        """Forward the next request, drop its response, and cut its connection."""
        self._losing = True

    def freeze(self) -> None:
        """Forward nothing any more, and keep all connections open: as a peer that is gone without a word."""
        self._frozen.set()

    def cut(self) -> None:
        """Break all connections."""
        for writer in self._writers:
            writer.transport.abort()

    def close(self) -> None:
        """Break all connections and take no more until `open`."""
        self._open = False
        self.cut()

    def open(self) -> None:
        """Take connections again."""
        self._open = True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self._frozen.is_set():
            self._writers.add(writer)
            await asyncio.Event().wait()
        if not self._open:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection(*self._server)
        both = {writer, far_writer}
        self._writers |= both
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._forward(reader, far_writer, both, answers=False))
                group.create_task(self._forward(far_reader, writer, both, answers=True))
        finally:
            self._writers -= both
            for end in both:
                end.transport.abort()

    async def _forward(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        both: set[asyncio.StreamWriter],
        *,
        answers: bool,
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                if self._frozen.is_set():
                    await asyncio.Event().wait()
                if answers and self._losing:
                    self._losing = False
                    self.lost.set()
                    break
                writer.write(data)
                await writer.drain()
        for end in both:
            end.transport.abort()
