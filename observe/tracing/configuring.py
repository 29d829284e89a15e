"""Turn tracing on, if the environment asks for it."""

import logging
from collections.abc import Sequence

from opentelemetry.trace import (
    ProxyTracerProvider,
    Tracer,
    get_current_span,
    get_tracer_provider,
    set_tracer_provider,
)

_NAME = "proactive-bot"

_log = logging.getLogger(__name__)


def configure_tracing(exporters: Sequence[str], version: str) -> None:
    """
    Record traces in this process, and send them by *exporters*, the names in `OTEL_TRACES_EXPORTER`.

    Without any, nothing is recorded. A provider that the process has already, such as that of
    `opentelemetry-instrument`, is used as it is. What is missing is logged: a bot without traces serves.
    """
    if not exporters or not isinstance(get_tracer_provider(), ProxyTracerProvider):
        return
    try:
        from observe.tracing.exporting import CannotExport, provider
    except ImportError as error:
        _log.warning(
            "Traces are asked for, but %s is not installed: pip install -r requirements-tracing.txt",
            error.name,
        )
        return
    try:
        set_tracer_provider(provider(exporters, name=_NAME, version=version))
    except CannotExport as error:
        _log.warning("Nothing is traced: %s", error)
    else:
        _log.info("Traces are recorded, and sent by %s", ", ".join(exporters))


def tracer(version: str) -> Tracer | None:
    """Return the tracer of this process; None where nothing is recorded."""
    provider = get_tracer_provider()
    return None if isinstance(provider, ProxyTracerProvider) else provider.get_tracer(_NAME, version)


def current_ids() -> tuple[str, str] | None:
    """Return the ids of the trace and the span that run, in hexadecimal digits; None outside of a trace."""
    context = get_current_span().get_span_context()
    return (f"{context.trace_id:032x}", f"{context.span_id:016x}") if context.is_valid else None
