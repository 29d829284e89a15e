"""A job system on loopback that gets events, and verifies them by Standard Webhooks' specification alone."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.fakes.signing import KEY, signature


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One event as it arrived."""

    id: str
    type: str
    data: dict[str, Any]
    answered: int
    trace: str | None  #: The `traceparent` that came with it.


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What the job system answers one event with."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    after: asyncio.Event | None = None


class FakeJobSystem:
    """``async with FakeJobSystem() as system``, then set ``JOB_WEBHOOK_URL`` to ``system.url``."""

    def __init__(
        self, *, keys: tuple[bytes, ...] = (KEY,), patience: float = 10.0, port: int | None = None
    ) -> None:
        """
        Take events that are signed with each of *keys*; wait for one for *patience* seconds.

        Without a *port* it is any free one.
        """
        self._keys = keys
        self._patience = patience
        self.arrived: list[Event] = []
        self.script: deque[Reply] = deque()  #: Answers, each used once; then `usual`.
        self.usual = Reply()
        self._news = asyncio.Condition()
        app = web.Application()
        app.router.add_post("/events", self._take)
        self._server = TestServer(app, port=port)

    @property
    def url(self) -> str:
        return str(self._server.make_url("/events"))

    @property
    def taken(self) -> list[Event]:
        """Those that were answered with 2xx."""
        return [event for event in self.arrived if 200 <= event.answered < 300]

    async def __aenter__(self) -> Self:
        await self._server.start_server()
        return self

    async def __aexit__(self, *_raised: object) -> None:
        await self._server.close()

    async def event(self, type_: str, count: int = 1) -> Event:
        """Wait for *count* events of *type_* that were taken; return the last of them."""
        async with asyncio.timeout(self._patience), self._news:
            await self._news.wait_for(lambda: len(self._of(type_)) >= count)
        return self._of(type_)[count - 1]

    async def requests(self, count: int) -> None:
        """Wait for so many requests, taken or not."""
        async with asyncio.timeout(self._patience), self._news:
            await self._news.wait_for(lambda: len(self.arrived) >= count)

    def _of(self, type_: str) -> list[Event]:
        return [event for event in self.taken if event.type == type_]

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        webhook_id, timestamp = request.headers["webhook-id"], request.headers["webhook-timestamp"]
        expected = " ".join(signature(webhook_id, timestamp, body, key=key) for key in self._keys)
        assert request.headers["webhook-signature"] == expected
        assert abs(time.time() - int(timestamp)) < 300
        reply = self.script.popleft() if self.script else self.usual
        if reply.after is not None:
            await reply.after.wait()
        said = json.loads(body)
        event = Event(
            id=webhook_id,
            type=said["type"],
            data=said["data"],
            answered=reply.status,
            trace=request.headers.get("traceparent"),
        )
        async with self._news:
            self.arrived.append(event)
            self._news.notify_all()
        return web.Response(status=reply.status, headers=dict(reply.headers))
