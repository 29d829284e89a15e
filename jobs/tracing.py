"""
Spans of commits, and the context of a trace as it is kept with what was changed.

Names and attributes are those of OpenTelemetry's semantic conventions for messaging, databases and CI/CD:
https://opentelemetry.io/docs/specs/semconv/
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    Tracer,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from jobs.changes import AskCancel, Change, FinishJob, Outcome, OweNotice, OweReply, StartJob
from jobs.job import Job, JobStatus
from jobs.ports import JobStore

#: The system that the spans of notices name.
SYSTEM = "proactive_bot"

JOB, JOBS = "cicd.pipeline.run.id", "proactive_bot.jobs"  #: One job; several.

_TRACE_CONTEXT = TraceContextTextMapPropagator()
_HEADER = "traceparent"

_RESULTS = {
    JobStatus.SUCCEEDED: "success",
    JobStatus.FAILED: "failure",
    JobStatus.CANCELLED: "cancellation",
}

_Traced = StartJob | AskCancel | FinishJob | OweNotice | OweReply


def dump_context(context: SpanContext) -> str | None:
    """Return *context* as a `traceparent`; None unless its trace is recorded."""
    if not (context.is_valid and context.trace_flags.sampled):
        return None
    carrier: dict[str, str] = {}
    _TRACE_CONTEXT.inject(carrier, set_span_in_context(NonRecordingSpan(context), Context()))
    return carrier.get(_HEADER)


def load_context(text: str | None) -> SpanContext | None:
    """Return the context in a `traceparent`; None for one that is not valid."""
    if text is None:
        return None
    return context_in({_HEADER: text})


def context_in(headers: Mapping[str, str]) -> SpanContext | None:
    """Return the context in *headers* with names in lower case; None if there is none that is valid."""
    found = get_current_span(_TRACE_CONTEXT.extract(headers, Context())).get_span_context()
    return found if found.is_valid else None


def below(context: SpanContext | None) -> Context:
    """Return the context for a span below *context*; of None, for one that begins a trace."""
    return Context() if context is None else set_span_in_context(NonRecordingSpan(context), Context())


def operation(name: str, destination: str) -> dict[str, str]:
    """Return the attributes of an operation on messages: create, process, send or settle."""
    return {
        "messaging.system": SYSTEM,
        "messaging.operation.name": name,
        "messaging.operation.type": name,
        "messaging.destination.name": destination,
    }


def about(jobs: Sequence[int]) -> dict[str, Any]:
    """Return the attributes that say which jobs a span is about."""
    numbers = [str(job) for job in dict.fromkeys(jobs)]
    return {JOB: numbers[0]} if len(numbers) == 1 else {JOBS: numbers} if numbers else {}


def fail(span: Span, error: str) -> None:
    """Record that what *span* is about failed, and the type of the *error*."""
    span.set_attribute("error.type", error)
    span.set_status(StatusCode.ERROR)


def note_status(span: Span, status: int, *, fails_from: int) -> None:
    """Record the *status* of an HTTP answer: for a client 4xx is a failure, for a server 5xx alone."""
    span.set_attribute("http.response.status_code", status)
    if status >= fails_from:
        fail(span, str(status))


class Within:
    """
    ``with Within(tracer, …) as span`` runs the body in a span: below the current one, or as *context* says.

    Of an exception only its type is recorded: its text may quote what people wrote. A class, as each turn
    enters some of these: the library's generators take twice as long.
    """

    __slots__ = ("_span", "_token")

    def __init__(
        self,
        tracer: Tracer,
        name: str,
        kind: SpanKind,
        attributes: Mapping[str, Any],
        *,
        context: Context | None = None,
        links: Sequence[Link] = (),
    ) -> None:
        """Begin the span."""
        self._span = tracer.start_span(name, context, kind, attributes, links)

    def __enter__(self) -> Span:
        self._token = attach(set_span_in_context(self._span))
        return self._span

    def __exit__(self, kind: type[BaseException] | None, *_raised: object) -> None:
        detach(self._token)
        if kind is not None:
            fail(self._span, kind.__qualname__)
        self._span.end()


def traced_store(store: JobStore, tracer: Tracer, database: str) -> JobStore:
    """Return *store* with a span for each commit; *database* is the name of the system behind it."""
    return cast(JobStore, _TracedStore(store, tracer, database))


class _TracedStore:
    """Everything but the commit is the store's own."""

    def __init__(self, store: JobStore, tracer: Tracer, database: str) -> None:
        self._store = store
        self._tracer = tracer
        self._database = {"db.system.name": database}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def commit(self, changes: Sequence[Change]) -> list[Outcome]:
        """Commit *changes*, which keep the context of the span."""
        owed = sum(isinstance(each, FinishJob | OweNotice | OweReply) for each in changes)
        attributes: dict[str, Any] = {**self._database, "db.operation.name": "commit", **_ends(changes)}
        name, kind = "commit", SpanKind.CLIENT
        if owed:
            name, kind = "create notice", SpanKind.PRODUCER
            attributes |= operation("create", "notice") | {"messaging.batch.message_count": owed}
        with Within(self._tracer, name, kind, attributes) as current:
            trace = dump_context(current.get_span_context())
            outcomes = await self._store.commit([_in_trace(each, trace) for each in changes])
            current.set_attributes(about(_jobs(changes, outcomes)))
            return outcomes


def _in_trace(change: Change, trace: str | None) -> Change:
    return change._replace(trace=trace) if isinstance(change, _Traced) else change


def _ends(changes: Sequence[Change]) -> dict[str, str]:
    ends = {_RESULTS[each.status] for each in changes if isinstance(each, FinishJob)}
    return {"cicd.pipeline.result": ends.pop()} if len(ends) == 1 else {}


def _jobs(changes: Sequence[Change], outcomes: Sequence[Outcome]) -> list[int]:
    named = [number for each in changes if (number := getattr(each, "job_id", None)) is not None]
    return named + [each.id for each in outcomes if isinstance(each, Job)]
