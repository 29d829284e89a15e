"""A collector of traces on loopback: what OpenTelemetry's exporter posts to it, decoded."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A span as it arrived; ids are hexadecimal digits."""

    name: str
    kind: int
    trace: str
    id: str
    parent: str  #: Empty without one.
    links: tuple[tuple[str, str], ...]  #: Ids of trace and span.
    attributes: dict[str, Any]
    failed: bool
    service: dict[str, Any]  #: Attributes of the process.

    def __str__(self) -> str:
        return f"{self.name} {self.trace[:6]}/{self.id[:6]} under {self.parent[:6]} {self.attributes}"


class FakeCollector:
    """``async with FakeCollector() as collector``, then start the bot with ``**collector.settings``."""

    def __init__(self, *, patience: float = 20.0) -> None:
        """Wait for a span for *patience* seconds."""
        self.spans: list[Span] = []
        self._patience = patience
        self._news = asyncio.Condition()
        app = web.Application(client_max_size=2**26)
        app.router.add_post("/v1/traces", self._take)
        self._server = TestServer(app)

    async def __aenter__(self) -> Self:
        await self._server.start_server()
        return self

    async def __aexit__(self, *_raised: object) -> None:
        await self._server.close()

    @property
    def settings(self) -> dict[str, str]:
        """The standard variables by which a process finds it; spans come soon."""
        url = str(self._server.make_url("")).rstrip("/")
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_BSP_SCHEDULE_DELAY": "20"}

    async def span(self, name: str, such: Callable[[Span], bool] = lambda _span: True) -> Span:
        """Wait for a span with this name that is *such*; return the first."""

        def found() -> list[Span]:
            return [span for span in self.spans if span.name == name and such(span)]

        try:
            async with asyncio.timeout(self._patience), self._news:
                await self._news.wait_for(found)
        except TimeoutError:
            raise AssertionError(f"no {name!r} among:\n" + "\n".join(map(str, self.spans))) from None
        return found()[0]

    async def _take(self, request: web.Request) -> web.Response:
        told = ExportTraceServiceRequest.FromString(await request.read())
        async with self._news:
            for resource in told.resource_spans:
                service = _attributes(resource.resource.attributes)
                for scope in resource.scope_spans:
                    self.spans += [_span(each, service) for each in scope.spans]
            self._news.notify_all()
        return web.Response(body=b"", content_type="application/x-protobuf")


def _span(told: Any, service: dict[str, Any]) -> Span:
    return Span(
        name=told.name,
        kind=told.kind,
        trace=told.trace_id.hex(),
        id=told.span_id.hex(),
        parent=told.parent_span_id.hex(),
        links=tuple((each.trace_id.hex(), each.span_id.hex()) for each in told.links),
        attributes=_attributes(told.attributes),
        failed=told.status.code == told.status.STATUS_CODE_ERROR,
        service=service,
    )


def _attributes(told: Any) -> dict[str, Any]:
    return {each.key: _value(each.value) for each in told}


def _value(told: Any) -> Any:
    kind = told.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in told.array_value.values]
    return getattr(told, kind) if kind else None
