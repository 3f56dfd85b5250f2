"""The URLs of flowengine, to be included once: ``path("flow/", include("flowengine.urls"))``."""

from __future__ import annotations

from django.urls import path

from flowengine.live import endpoints
from flowengine.web import (
    api,
    approvals,
    dashboard,
    health,
    inbox,
    preferences,
    push,
    runs,
    start,
    webhooks,
)

app_name = "flowengine"

urlpatterns = [
    *dashboard.patterns(),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("my/runs/<uuid:run_id>/", runs.run_page, name="run"),
    path("my/runs/<uuid:run_id>.json", runs.run_json, name="run-json"),
    path(
        "my/runs/<uuid:run_id>/approvals.json", approvals.run_approvals_json, name="run-approvals"
    ),
    path("my/approvals/", approvals.approval_list, name="approvals"),
    path("my/approvals.json", approvals.approvals_json, name="approvals-json"),
    path("my/approvals/<uuid:run_id>/<str:step>/", approvals.approval_page, name="approval"),
    path(
        "my/approvals/<uuid:run_id>/<str:step>.json", approvals.approval_json, name="approval-json"
    ),
    path(
        "my/approvals/<uuid:run_id>/<str:step>/<str:item>/",
        approvals.approval_page,
        name="approval",
    ),
    path(
        "my/approvals/<uuid:run_id>/<str:step>/<str:item>.json",
        approvals.approval_json,
        name="approval-json",
    ),
    path("start/", start.workflow_list, name="workflows"),
    path("start/<str:workflow>/", start.start_page, name="start"),
    path("start/<str:workflow>.json", start.start_json, name="start-json"),
    path("start/<str:workflow>", start.start_now, name="start-now"),
    path("api/v1/<path:place>", api.entry, name="api"),
    path("inbox/", inbox.inbox_page, name="inbox"),
    path("inbox/preferences/", preferences.preferences_page, name="inbox-preferences"),
    path("inbox/unsubscribe/<str:token>/", preferences.unsubscribe, name="inbox-unsubscribe"),
    path("inbox/push/", push.subscription, name="push"),
    path("inbox/push.js", push.service_worker, name="push-worker"),
    path("inbox/<str:name>", inbox.act, name="inbox-act"),
    path("webhooks/<str:name>/", webhooks.receive, name="webhook"),
    path("live/", endpoints.poll, name="live"),
    path("live/events", endpoints.stream, name="live-events"),
    path("ws/", runs.socket_needs_asgi, name="socket"),
]
