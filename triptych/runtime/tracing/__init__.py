"""Tracing by OpenTelemetry. Nothing of it is imported unless a room is told of a collector; see docs/tracing.md."""
