"""What records spans and sends them: OpenTelemetry's SDK, by its standard variables."""

import atexit
import logging
from collections.abc import Sequence
from importlib.metadata import entry_points
from threading import Thread

from opentelemetry.context import Context
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState, get_current_span
from opentelemetry.util.types import Attributes

#: Seconds that the process waits at its end until the last spans are sent; the SDK alone would wait for 30.
PATIENCE = 3.0

_CONSOLE = "console"


class CannotExport(Exception):
    """An exporter cannot be had; the message says what to do."""


def provider(exporters: Sequence[str], *, name: str, version: str) -> TracerProvider:
    """
    Return a provider whose spans go to *exporters*; *name* and *version* are those of the service.

    Other names and attributes of the service, sampling, limits and batches are as the standard variables say,
    which the SDK reads. Raises `CannotExport`.
    """
    usual = {"service.name": name, "service.version": version}
    told = OTELResourceDetector().detect().attributes
    resource = Resource.create({key: value for key, value in usual.items() if key not in told})
    made = TracerProvider(resource=resource, shutdown_on_exit=False)
    made.sampler = FollowsLinks(made.sampler)
    for each in exporters:
        exporter = _exporter(each)
        # What a developer watches must appear at once.
        processor = SimpleSpanProcessor if each == _CONSOLE else BatchSpanProcessor
        made.add_span_processor(processor(exporter))
    atexit.register(_shut_down, made)
    return made


def _exporter(name: str) -> SpanExporter:
    found = entry_points(group="opentelemetry_traces_exporter", name=name)
    if not found:
        raise CannotExport(f"there is no exporter {name!r}: install its package, or see OTEL_TRACES_EXPORTER")
    try:
        exporter: SpanExporter = next(iter(found)).load()()
    except Exception as error:  # Whatever a plug-in raises, such as for an address that is none.
        raise CannotExport(f"the exporter {name!r} cannot be used: {error}") from error
    return exporter


class FollowsLinks(Sampler):
    """
    Samples what is linked to a sampled trace, and for the rest asks another sampler.

    A notice is sent in a trace of its own: one in ten turns, and one in ten of their notices, would show the
    whole way of one job in a hundred.
    """

    def __init__(self, others: Sampler) -> None:
        """Ask *others* about a span that has a parent, or no link to a sampled trace."""
        self._others = others

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Implement `Sampler.should_sample`."""
        linked = links and any(link.context.trace_flags.sampled for link in links)
        if linked and not get_current_span(parent_context).get_span_context().is_valid:
            return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes, trace_state)
        return self._others.should_sample(
            parent_context, trace_id, name, kind, attributes, links, trace_state
        )

    def get_description(self) -> str:
        """Implement `Sampler.get_description`."""
        return f"FollowsLinks{{{self._others.get_description()}}}"


def _shut_down(made: TracerProvider) -> None:
    """Send the last spans, but do not wait for a collector that does not answer."""
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # What is lost now helps nobody.
    thread = Thread(target=made.shutdown, name="send the last spans", daemon=True)
    thread.start()
    thread.join(PATIENCE)
