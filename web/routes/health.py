"""`GET /healthz`: the process is alive. `GET /readyz`: it can serve requests."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from http import HTTPStatus

import orjson
from aiohttp import web

from version import VERSION

_log = logging.getLogger(__name__)

routes = web.RouteTableDef()


class Readiness:
    """Whether the bot can serve. Concurrent and frequent probes share one answer (single flight)."""

    def __init__(
        self,
        checks: Mapping[str, Callable[[], Awaitable[None]]],
        *,
        deadline: timedelta = timedelta(seconds=2),
        fresh: timedelta = timedelta(seconds=1),
    ) -> None:
        """Call *checks*, each of which raises when its part cannot serve; reuse the result during *fresh*."""
        self._checks = checks
        self._deadline = deadline.total_seconds()
        self._fresh = fresh.total_seconds()
        self._asked: asyncio.Task[dict[str, bool]] | None = None
        self._asked_at = 0.0

    async def parts(self) -> Mapping[str, bool]:
        """Return which checks succeeded within the deadline, now or recently enough."""
        now = asyncio.get_running_loop().time()
        if self._asked is None or now > self._asked_at + self._fresh:
            self._asked, self._asked_at = asyncio.create_task(self._ask(), name="check readiness"), now
        # A probe that disconnects must not cancel the check for the others.
        return await asyncio.shield(self._asked)

    async def _ask(self) -> dict[str, bool]:
        ready = dict.fromkeys(self._checks, False)
        try:
            async with asyncio.timeout(self._deadline):
                for name, check in self._checks.items():
                    try:
                        await check()
                        ready[name] = True
                    except Exception as error:  # Any failure means "not ready": the probe needs no more.
                        _log.warning("Not ready (%s): %s", name, error or type(error).__name__)
        except TimeoutError:
            _log.warning("Not ready: no answer within %g s", self._deadline)
        return ready


READINESS = web.AppKey("readiness", Readiness)


@routes.get("/healthz")
async def alive(request: web.Request) -> web.Response:
    """Answer 200. For a liveness probe, which restarts the process."""
    return _answer(HTTPStatus.OK, {"status": "ok"})


@routes.get("/readyz")
async def ready(request: web.Request) -> web.Response:
    """Answer 200 when turns can be served, otherwise 503. For a readiness probe, which routes requests."""
    parts = await request.app[READINESS].parts()
    said = {name: "ok" if well else "unavailable" for name, well in parts.items()}
    if all(parts.values()):
        return _answer(HTTPStatus.OK, {"status": "ok", **said, "version": VERSION})
    return _answer(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "unavailable", **said, "version": VERSION})


def _answer(status: HTTPStatus, body: dict[str, str]) -> web.Response:
    return web.Response(
        status=status,
        body=orjson.dumps(body),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
