"""The URLs of flowengine, to be included once: ``path("flow/", include("flowengine.urls"))``."""

from __future__ import annotations

from django.urls import path

from flowengine.web import health, runs

app_name = "flowengine"

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("runs/<uuid:run_id>.json", runs.run_json, name="run-json"),
    path("ws/", runs.socket_needs_asgi, name="socket"),
]
