"""`GET /metrics`: how the bot is doing, for Prometheus."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from web.api.callers import TokenHolders
from web.server.problems import Problem

PATH = "/metrics"

#: Of Prometheus' text format, version 0.0.4.
_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricsParts:
    """The parts that answer a scrape."""

    callers: TokenHolders
    text: Callable[[], Awaitable[bytes]] | None  #: None where nobody may read the metrics.


PARTS = web.AppKey("metrics parts", MetricsParts)

routes = web.RouteTableDef()


@routes.get(PATH)
async def scrape(request: web.Request) -> web.Response:
    """Answer with the metrics; 404 where they are off."""
    parts = request.app[PARTS]
    if parts.text is None:
        raise Problem(HTTPStatus.NOT_FOUND, "Metrics are off: set METRICS_TOKENS.")
    parts.callers.require(request)
    headers = {"Content-Type": _CONTENT_TYPE, "Cache-Control": "no-store"}
    answer = web.Response(body=await parts.text(), headers=headers)
    answer.enable_compression()  # If the client accepts that: the text shrinks to a tenth.
    return answer
