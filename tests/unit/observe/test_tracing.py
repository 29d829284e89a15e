"""Which traces are recorded."""

import pytest
from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Decision
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from observe.tracing.exporting import FollowsLinks
from settings.tracing import exporters_in, not_in


def context(*, sampled: bool) -> SpanContext:
    return SpanContext(1, 2, is_remote=True, trace_flags=TraceFlags(int(sampled)))


@pytest.mark.parametrize(
    ("parent", "linked", "sampled"),
    [(None, True, True), (None, False, False), (None, None, False), (context(sampled=False), True, False)],
)
def test_what_is_linked_to_a_sampled_trace_is_sampled(parent, linked, sampled):
    within = Context() if parent is None else set_span_in_context(NonRecordingSpan(parent), Context())
    links = None if linked is None else [Link(context(sampled=linked))]
    result = FollowsLinks(ALWAYS_OFF).should_sample(within, 3, "send notice", links=links)
    assert result.decision is (Decision.RECORD_AND_SAMPLE if sampled else Decision.DROP)


@pytest.mark.parametrize(
    ("environment", "exporters"),
    [
        ({}, ()),
        ({"OTEL_SERVICE_NAME": "bot"}, ()),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, ("otlp_proto_http",)),
        ({"OTEL_TRACES_EXPORTER": "console, otlp"}, ("console", "otlp_proto_http")),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, ()),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, ("otlp_proto_http",)),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector/x"}, ("otlp_proto_http",)),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, ("otlp_proto_grpc",)),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "TRUE"}, ()),
    ],
)
def test_the_standard_variables_say_whether_and_where_to(environment, exporters):
    assert exporters_in(environment) == exporters


def test_variables_in_the_file_count_where_the_environment_says_nothing():
    file = {"OTEL_SERVICE_NAME": "file", "OTEL_TRACES_EXPORTER": "otlp", "OTEL_X": None, "PORT": "1"}
    assert not_in({"OTEL_SERVICE_NAME": "environment"}, file) == {"OTEL_TRACES_EXPORTER": "otlp"}
