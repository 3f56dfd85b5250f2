"""Telemetry: listeners and filters; the engine works the same without them."""
