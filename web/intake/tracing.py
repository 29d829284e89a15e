"""
Spans of requests, from when it is known who calls: strangers cannot make the bot record anything.

A report goes on with its job system's trace. A turn begins one, whatever the channel says of its own: that
decides about nothing here.
"""

from collections.abc import Awaitable
from typing import Protocol, TypeVar

from aiohttp import web
from opentelemetry.trace import SpanKind, Tracer, get_current_span

from jobs.lane import LaneKey, in_logs
from jobs.tracing import Within, below, context_in, note_status, operation
from web.server.problems import Problem

T = TypeVar("T")


class RequestTraces(Protocol):
    """Makes spans of requests."""

    def serve(
        self, request: web.Request, work: Awaitable[T], *, job_system: bool, event: bool
    ) -> Awaitable[T]:
        """
        Return *work* for *request*, in a span.

        *work* returns what has a status, or None for 200, or raises `Problem`. The trace of a *job_system*
        goes on. With *event* it says something about a job.
        """

    def turn(self, activity_type: str, conversation: LaneKey, outcome: str) -> None:
        """Record which turn it was that has just run in a conversation."""


class Untraced:
    """Implements `RequestTraces` where nobody traces."""

    def serve(
        self,
        _request: web.Request,
        work: Awaitable[T],
        *,
        job_system: bool,
        event: bool,
    ) -> Awaitable[T]:
        return work

    def turn(self, activity_type: str, conversation: LaneKey, outcome: str) -> None:
        pass


TRACES = web.AppKey("traces", RequestTraces)


def traced(request: web.Request, work: Awaitable[T], *, event: bool = False) -> Awaitable[T]:
    """Return *work* on what an authenticated job system asks, or with *event* says, in its trace."""
    return request.app[TRACES].serve(request, work, job_system=True, event=event)


class TracedRequests:
    """Implements `RequestTraces`."""

    def __init__(self, tracer: Tracer) -> None:
        """Make spans with *tracer*."""
        self._tracer = tracer

    async def serve(self, request: web.Request, work: Awaitable[T], *, job_system: bool, event: bool) -> T:
        """Implement `RequestTraces.serve`."""
        route = request.match_info.route.resource
        path = "" if route is None else route.canonical
        attributes = {
            "http.request.method": request.method,
            "http.route": path,
            "url.scheme": request.scheme,
        }
        parent = context_in({"traceparent": request.headers.get("traceparent", "")}) if job_system else None
        name = f"{request.method} {path}"
        with Within(self._tracer, name, SpanKind.SERVER, attributes, context=below(parent)) as current:
            caught = _caught(work)
            answer = await (self._process(caught) if event else caught)
            note_status(current, int(getattr(answer, "status", 200)), fails_from=500)
        if isinstance(answer, Problem):
            raise answer
        return answer

    async def _process(self, work: Awaitable[T]) -> T:
        attributes = operation("process", "job_event")
        with Within(self._tracer, "process job_event", SpanKind.CONSUMER, attributes):
            return await work

    def turn(self, activity_type: str, conversation: LaneKey, outcome: str) -> None:
        """Implement `RequestTraces.turn`."""
        attributes = {
            "proactive_bot.activity.type": activity_type,
            "proactive_bot.conversation": in_logs(conversation),
            "proactive_bot.outcome": outcome,
        }
        get_current_span().set_attributes(attributes)


async def _caught(work: Awaitable[T]) -> T | Problem:
    """Return what *work* raises as a `Problem`: it is an answer, and no failure of a span."""
    try:
        return await work
    except Problem as problem:
        return problem
