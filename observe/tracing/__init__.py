"""Traces by OpenTelemetry: where they go, and which are recorded."""
