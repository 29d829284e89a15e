"""Spans of the bot's own requests, and the `traceparent` that job systems get."""

from types import SimpleNamespace
from typing import Any

import aiohttp
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, get_current_span, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_TRACE_CONTEXT = TraceContextTextMapPropagator()


def request_spans(tracer: Tracer, *, tells_context: bool = False) -> aiohttp.TraceConfig:
    """
    Return what gives a session a span for each request within a trace.

    With *tells_context* the receiver gets the context in `traceparent`: for job systems, who go on with it.
    Of the URL only host and port are recorded: its path names conversations.
    """

    async def begin(
        _session: aiohttp.ClientSession, request: SimpleNamespace, params: aiohttp.TraceRequestStartParams
    ) -> None:
        parent = get_current_span()
        if not parent.is_recording():  # Of no trace: such as an answer to a question of the bot's own.
            return
        attributes: dict[str, Any] = {
            "http.request.method": params.method,
            "server.address": params.url.host or "",
            "server.port": params.url.port or 0,
        }
        request.span = tracer.start_span(params.method, kind=SpanKind.CLIENT, attributes=attributes)
        if tells_context:
            _TRACE_CONTEXT.inject(params.headers, set_span_in_context(request.span))

    async def end(
        _session: aiohttp.ClientSession, request: SimpleNamespace, params: aiohttp.TraceRequestEndParams
    ) -> None:
        if (span := _begun(request)) is not None:
            status = params.response.status
            span.set_attribute("http.response.status_code", status)
            if status >= 400:
                span.set_attribute("error.type", str(status))
                span.set_status(StatusCode.ERROR)
            span.end()

    async def fail(
        _session: aiohttp.ClientSession, request: SimpleNamespace, params: aiohttp.TraceRequestExceptionParams
    ) -> None:
        if (span := _begun(request)) is not None:
            span.set_attribute("error.type", type(params.exception).__qualname__)
            span.set_status(StatusCode.ERROR)
            span.end()

    config = aiohttp.TraceConfig()
    config.on_request_start.append(begin)
    config.on_request_end.append(end)
    config.on_request_exception.append(fail)
    return config


def _begun(request: SimpleNamespace) -> Span | None:
    return getattr(request, "span", None)
