"""`GET /healthz`: the process is alive. `GET /readyz`: it can serve requests."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus

import orjson
from aiohttp import web

from version import VERSION

_log = logging.getLogger(__name__)

routes = web.RouteTableDef()


class Readiness:
    """Whether the bot can serve. Concurrent and frequent probes share one check (single flight)."""

    def __init__(
        self,
        check: Callable[[], Awaitable[None]],
        *,
        deadline: timedelta = timedelta(seconds=2),
        fresh: timedelta = timedelta(seconds=1),
    ) -> None:
        """Call *check*, which raises when the bot cannot serve, and reuse its result during *fresh*."""
        self._check = check
        self._deadline = deadline.total_seconds()
        self._fresh = fresh.total_seconds()
        self._asked: asyncio.Task[bool] | None = None
        self._asked_at = 0.0

    async def ready(self) -> bool:
        """Return whether the check succeeded within the deadline, now or recently enough."""
        now = asyncio.get_running_loop().time()
        if self._asked is None or now > self._asked_at + self._fresh:
            self._asked, self._asked_at = asyncio.create_task(self._ask(), name="check the store"), now
        # A probe that disconnects must not cancel the check for the others.
        return await asyncio.shield(self._asked)

    async def _ask(self) -> bool:
        try:
            async with asyncio.timeout(self._deadline):
                await self._check()
        except Exception as error:  # Any failure means "not ready"; the probe only needs that answer.
            _log.warning("Not ready: %s", error or type(error).__name__)
            return False
        return True


READINESS = web.AppKey("readiness", Readiness)


@routes.get("/healthz")
async def alive(request: web.Request) -> web.Response:
    """Answer 200. For a liveness probe, which restarts the process."""
    return _answer(HTTPStatus.OK, {"status": "ok"})


@routes.get("/readyz")
async def ready(request: web.Request) -> web.Response:
    """Answer 200 when turns can be served, otherwise 503. For a readiness probe, which routes requests."""
    if await request.app[READINESS].ready():
        return _answer(HTTPStatus.OK, {"status": "ok", "store": "ok", "version": VERSION})
    return _answer(
        HTTPStatus.SERVICE_UNAVAILABLE,
        {"status": "unavailable", "store": "unavailable", "version": VERSION},
    )


def _answer(status: HTTPStatus, body: dict[str, str]) -> web.Response:
    return web.Response(
        status=status,
        body=orjson.dumps(body),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
