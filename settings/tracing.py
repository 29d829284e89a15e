"""
Whether to trace, by the standard variables of OpenTelemetry.

Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from collections.abc import Mapping

_PREFIX = "OTEL_"

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


def exporters_in(environment: Mapping[str, str]) -> tuple[str, ...]:
    """
    Return the names under which exporters of traces are installed; none if nothing is to be traced.

    Unlike OpenTelemetry's own default, nothing is traced without `OTEL_TRACES_EXPORTER` or an endpoint: most
    machines have no collector.
    """
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return ()
    asked = environment.get("OTEL_TRACES_EXPORTER", "").strip()
    if not asked and any(environment.get(each) for each in _ENDPOINTS):
        asked = "otlp"
    names = (name.strip() for name in asked.split(","))
    return tuple(_installed(name, environment) for name in names if name not in ("", "none"))


def not_in(environment: Mapping[str, str], file: Mapping[str, str | None]) -> dict[str, str]:
    """Return the variables of OpenTelemetry in *file* that *environment* has not."""
    return {
        name: value
        for name, value in file.items()
        if value and name.startswith(_PREFIX) and name not in environment
    }


def _installed(name: str, environment: Mapping[str, str]) -> str:
    """Return what the exporter *name* is installed as: that of OTLP has a variant for each protocol."""
    if name != "otlp":
        return name
    protocol = next((given for each in _PROTOCOLS if (given := environment.get(each))), "http/protobuf")
    return "otlp_proto_grpc" if protocol == "grpc" else "otlp_proto_http"
