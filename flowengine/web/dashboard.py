"""The operators' dashboard: one page for all of its screens, which a script draws from the API.

The page says where things are and what this user may do, and nothing of what runs: all of that comes
through the API and the socket, which ask for permission themselves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.apps import apps
from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.templatetags.static import static
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from flowengine import access
from flowengine.conf import settings
from flowengine.web import api
from flowengine.web.asking import page
from flowengine.web.assets import reader

PLACES: Mapping[str, str] = {
    "": "dashboard",
    "runs": "dashboard-runs",
    "runs/<uuid:run_id>": "dashboard-run",
    "events": "dashboard-events",
    "events/<uuid:event_id>": "dashboard-event",
    "event-types": "dashboard-event-types",
    "event-types/<str:type>": "dashboard-event-type",
    "dead": "dashboard-dead",
    "dead/<uuid:group_id>": "dashboard-group",
    "dead/letters/<uuid:letter_id>": "dashboard-letter",
    "replays": "dashboard-replays",
    "replays/new": "dashboard-replay-new",
    "replays/<uuid:replay_id>": "dashboard-replay",
    "definitions": "dashboard-definitions",
    "definitions/<str:name>": "dashboard-definition",
    "sandbox": "dashboard-sandbox",
    "stations": "dashboard-stations",
    "workers": "dashboard-workers",
    "approvals": "dashboard-approvals",
    "audit": "dashboard-audit",
    "notifications": "dashboard-notifications",
    "schedules": "dashboard-schedules",
}
"""Where the screens are, and the names of their URLs."""
LOOKING = (
    *("view_run", "view_eventrecord", "view_dead_letter"),
    *("view_workflowrecord", "view_workerrecord", "view_auditrecord"),
)
"""Who has one of these has something to see here."""
CHOICES: Mapping[str, frozenset[str]] = {
    "theme": frozenset({"light", "dark"}),
    "contrast": frozenset({"more"}),
}
"""What a reader may have set for this browser, by the cookies ``flow_theme`` and ``flow_contrast``."""
BUNDLE = Path(__file__).parents[1] / "static" / "flowengine" / "dashboard.json"
"""What the front end was built into, by source."""


@require_safe
@never_cache
@page
def dashboard(request: HttpRequest, **_place: Any) -> HttpResponse:
    """The page of every screen; 403 for who has no permission to see anything of flowengine."""
    user: Any = request.user
    ours = (name for name in user.get_all_permissions() if name.startswith("flowengine."))
    permissions = sorted(name.removeprefix("flowengine.") for name in ours)
    if not set(permissions) & set(LOOKING):
        needs = [f"flowengine.{name}" for name in LOOKING]
        return render(request, "flowengine/forbidden.html", {"needs": needs}, status=403)
    api.import_ahead()
    base = reverse("flowengine:dashboard")
    ahead = _ahead(request)
    said = {
        "base": base,
        "api": f"{base}api/v1",
        "socket": reverse("flowengine:socket"),
        "login": resolve_url(django_settings.LOGIN_URL),
        "user": {
            "key": access.user_key(user),
            "name": user.get_username(),
            "permissions": permissions,
        },
        "build": ahead[0] if ahead else "",
        "demo": apps.is_installed("flowengine.demo"),
        "zone": django_settings.TIME_ZONE,
        "mails": settings().INBOX_MAIL_AFTER_S is not None,
    }
    told = {"said": said, "reader": reader(request), "ahead": ahead, "chosen": _chosen(request)}
    response = render(request, "flowengine/dashboard.html", told)
    response["Content-Security-Policy"] = _policy()
    return response


def patterns() -> list[URLPattern]:
    """The URLs of the screens, each a link that can be shared."""
    return [path(place, dashboard, name=name) for place, name in PLACES.items()]


def _policy() -> str:
    """Nothing inline, nothing from elsewhere; the project's static files may be on another host."""
    place = urlsplit(static("flowengine/dashboard.js"))
    files = f"'self' {place.scheme or 'https'}://{place.netloc}" if place.netloc else "'self'"
    return "; ".join(
        [
            *("default-src 'none'", f"script-src {files}", f"style-src {files}"),
            *("connect-src 'self'", "img-src 'self' data:", "base-uri 'none'"),
            *("form-action 'self'", "frame-ancestors 'self'"),
        ]
    )


def _chosen(request: HttpRequest) -> dict[str, str]:
    """What the reader has set, for the first paint: the script would set it a moment later."""
    given = {name: request.COOKIES.get(f"flow_{name}", "") for name in CHOICES}
    return {name: value if value in CHOICES[name] else "system" for name, value in given.items()}


def _ahead(request: HttpRequest) -> list[str]:
    """The modules that the screen needs at once, as the browser will ask for them.

    The module of a screen is called like its URL: ``dashboard-runs`` is ``pages/runs.tsx``.
    """
    match = request.resolver_match
    name = (match.url_name if match else None) or ""
    screen = name.removeprefix("dashboard").removeprefix("-") or "floor"
    built = _built()
    chunks = [*built.get("src/dashboard/main.tsx", {}).get("imports", ())]
    chunks += [key for key in [f"src/dashboard/pages/{screen}.tsx"] if key in built]
    # Beside the script, without the hash of Django's storage: so does the script import them.
    script = static("flowengine/dashboard.js")
    return [urljoin(script, built[key]["file"]) for key in chunks]


@cache
def _built() -> dict[str, Any]:
    """The bundle's manifest; empty where nothing was built."""
    if not BUNDLE.exists():
        return {}
    built: dict[str, Any] = json.loads(BUNDLE.read_text(encoding="utf-8"))
    return built
