"""
Spans of sends and of their settling.

What was owed a while ago is sent in a trace of its own, with links to what made it owed and to what started
the job: the wait is nobody's work, and one message may tell of many jobs. What is sent right after its commit
stays in that trace.
"""

from collections.abc import Iterator
from typing import Any, cast

from opentelemetry.context import attach
from opentelemetry.trace import (
    Link,
    Span,
    SpanContext,
    SpanKind,
    Tracer,
    get_current_span,
    set_span_in_context,
)

from delivery.digest import Digest
from delivery.errors import DeliveryError
from delivery.ports import Sender
from jobs.notice import Claim, DestinationKind
from jobs.tracing import Within, about, below, load_context, operation
from state.store.port import Outbox

#: What spans call that which is sent.
_CALLED = {DestinationKind.CONVERSATION: "notice", DestinationKind.WEBHOOK: "event"}

#: Links of one message.
_MOST_LINKS = 32

_SETTLING = {"sent": "sent", "retry": "retried", "park": "parked", "dead": "dead"}


class TracedSender:
    """Implements `delivery.ports.Sender`: each message of another one is a span."""

    def __init__(self, sender: Sender, tracer: Tracer, to: DestinationKind) -> None:
        """Send by *sender*."""
        self._sender = sender
        self._tracer = tracer
        self._name = f"send {_CALLED[to]}"
        self._operation = operation("send", _CALLED[to])

    async def send(self, digest: Digest, *, service_url: str | None) -> str | None:
        """Send *digest*, as `Sender.send` does."""
        notices = digest.notices
        attributes: dict[str, Any] = {
            **self._operation,
            "messaging.batch.message_count": len(notices),
            **about([notice.job_id for notice in notices]),
        }
        causes = list(_causes(digest))
        parent = causes[0] if causes and _is_current(causes[0]) else None
        links = [Link(each) for each in causes if each is not parent]
        where = below(parent)
        try:
            with Within(
                self._tracer, self._name, SpanKind.CLIENT, attributes, context=where, links=links
            ) as current:
                where = set_span_in_context(current)
                return await self._sending(current, digest, service_url)
        finally:
            # The task of the lane settles it next, and logs it: that belongs to the same trace.
            attach(where)

    async def _sending(self, current: Span, digest: Digest, service_url: str | None) -> str | None:
        try:
            return await self._sender.send(digest, service_url=service_url)
        except DeliveryError as error:
            if error.status is not None:
                current.set_attribute("http.response.status_code", error.status)
            raise

    def size(self, digest: Digest) -> int:
        """Return what `Sender.size` returns."""
        return self._sender.size(digest)


def traced_outbox(outbox: Outbox, tracer: Tracer) -> Outbox:
    """Return *outbox* with a span for each settling, below that of the message."""
    return cast(Outbox, _TracedOutbox(outbox, tracer))


class _TracedOutbox:
    """Everything but the settling is the outbox's own."""

    def __init__(self, outbox: Outbox, tracer: Tracer) -> None:
        self._outbox = outbox
        self._tracer = tracer

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._outbox, name)
        if name not in _SETTLING:
            return found

        async def settle(claim: Claim, *arguments: Any, **named: Any) -> Any:
            settled = _CALLED[claim.destination]
            attributes = operation("settle", settled) | {"proactive_bot.outcome": _SETTLING[name]}
            with Within(self._tracer, f"settle {settled}", SpanKind.CLIENT, attributes):
                return await found(claim, *arguments, **named)

        return settle


def _causes(digest: Digest) -> Iterator[SpanContext]:
    """Yield what the notices are owed to: first what made them owed, then what started their jobs."""
    texts = [notice.trace for notice in digest.notices] + [notice.start_trace for notice in digest.notices]
    for text in list(dict.fromkeys(texts))[:_MOST_LINKS]:
        context = load_context(text)
        if context is not None:
            yield context


def _is_current(cause: SpanContext) -> bool:
    """Return whether the running task goes on with what *cause* began."""
    return get_current_span().get_span_context().trace_id == cause.trace_id
