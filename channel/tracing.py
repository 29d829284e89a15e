"""Spans of the bot's own requests, and the `traceparent` that job systems get."""

from time import time_ns
from types import SimpleNamespace
from typing import Any

import aiohttp
from opentelemetry.trace import Span, SpanKind, Tracer, get_current_span, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from channel.guarded_request import Sent
from jobs.tracing import fail, note_status

_TRACE_CONTEXT = TraceContextTextMapPropagator()


def traced_sent(sent: Sent, tracer: Tracer) -> Sent:
    """
    Return *sent* that also records a span for each request within a trace, once it is over.

    So a turn that is not recorded pays nothing: what aiohttp tells of a request costs each 8 % of its time.
    """

    def note(channel: str, status: int | None, seconds: float) -> None:
        sent(channel, status, seconds)
        if not get_current_span().is_recording():
            return
        began = time_ns() - round(seconds * 1e9)
        attributes = {"proactive_bot.channel": channel}
        span = tracer.start_span("HTTP", kind=SpanKind.CLIENT, attributes=attributes, start_time=began)
        if status is None:
            fail(span, "no_answer")
        else:
            note_status(span, status, fails_from=400)
        span.end()

    return note


def request_spans(tracer: Tracer) -> aiohttp.TraceConfig:
    """
    Return what gives a session for job systems a span for each request within a trace.

    The receiver gets the context in `traceparent`, to go on with it. Of the URL only host and port are
    recorded: its path may be a secret.
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
        _TRACE_CONTEXT.inject(params.headers, set_span_in_context(request.span))

    async def end(
        _session: aiohttp.ClientSession, request: SimpleNamespace, params: aiohttp.TraceRequestEndParams
    ) -> None:
        if (span := _begun(request)) is not None:
            note_status(span, params.response.status, fails_from=400)
            span.end()

    async def break_off(
        _session: aiohttp.ClientSession, request: SimpleNamespace, params: aiohttp.TraceRequestExceptionParams
    ) -> None:
        if (span := _begun(request)) is not None:
            fail(span, type(params.exception).__qualname__)
            span.end()

    config = aiohttp.TraceConfig()
    config.on_request_start.append(begin)
    config.on_request_end.append(end)
    config.on_request_exception.append(break_off)
    return config


def _begun(request: SimpleNamespace) -> Span | None:
    return getattr(request, "span", None)
