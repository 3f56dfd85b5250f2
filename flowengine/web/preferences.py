"""How a user wants to hear of what he has not seen: a form, and the link by which e-mails end."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings as django_settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import get_supported_language_variant
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from flowengine.access import user_key
from flowengine.conf import settings
from flowengine.orchestration.letters import unsubscribed
from flowengine.orchestration.pushes import public_key
from flowengine.store import preferences
from flowengine.store.preferences import Preference
from flowengine.web.asking import page

DIGESTS = {
    "immediate": _("each by itself"),
    "hourly": _("together, once an hour"),
    "daily": _("together, once a day"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@csrf_protect
@page
def preferences_page(request: HttpRequest) -> HttpResponse:
    """The form; what does not fit is said beside it."""
    key = user_key(request.user)
    wanted, problems = preferences.of([key])[key], dict[str, str]()
    if request.method == "POST":
        wanted, problems = _given(request.POST, wanted)
        if not problems:
            preferences.save(key, wanted)
            return redirect(f"{request.path}?saved=1")
    context = {
        "wanted": wanted,
        "problems": problems,
        "is_saved": "saved" in request.GET,
        "has_mail": settings().INBOX_MAIL_AFTER_S is not None,
        "push_key": public_key(),
        "digests": [
            {"name": name, "title": title, "is_chosen": name == wanted.digest}
            for name, title in DIGESTS.items()
        ],
        "quiet_from": _written(wanted.quiet_from),
        "quiet_to": _written(wanted.quiet_to),
        "zone": wanted.timezone or timezone.get_default_timezone_name(),
        "zones": sorted(available_timezones()),
        "languages": django_settings.LANGUAGES,
        "spoken": wanted.language or _language(),
    }
    return render(request, "flowengine/preferences.html", context, status=422 if problems else 200)


# Whoever has the signed link may end the e-mails: mail programs post to it without cookies (RFC 8058).
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """A page that asks; its form, or a mail program, ends the e-mails. A GET changes nothing."""
    key = unsubscribed(token)
    if key is None:
        raise Http404
    is_done = request.method == "POST"
    if is_done:
        before = preferences.of([key])[key]
        preferences.save(key, replace(before, email=False))
    return render(request, "flowengine/unsubscribe.html", {"is_done": is_done})


def _given(form: Any, before: Preference) -> tuple[Preference, dict[str, str]]:
    """What the form says, and what is wrong with it: by field, ``quiet`` for the two of the hours."""
    digest, zone = form.get("digest", ""), form.get("timezone", "")
    language = form.get("language", "")
    hours = [form.get(name, "") for name in ("quiet_from", "quiet_to")]
    begin, end = (_time(each) for each in hours)
    wanted = Preference(
        email=form.get("email") == "on",
        push=form.get("push") == "on",
        digest=digest if digest in DIGESTS else before.digest,
        quiet_from=begin,
        quiet_to=end,
        timezone=zone if zone in available_timezones() else before.timezone,
        language=language if language in dict(django_settings.LANGUAGES) else before.language,
    )
    problems = {}
    if digest not in DIGESTS:
        problems["digest"] = str(_("Please choose how often."))
    if zone not in available_timezones():
        problems["timezone"] = str(_("Please choose a time zone."))
    if any(hours) and (begin is None or end is None):
        problems["quiet"] = str(_("Quiet hours need a begin and an end."))
    elif any(hours) and begin == end:
        problems["quiet"] = str(_("Quiet hours cannot end when they begin."))
    return wanted, problems


def _language() -> str:
    """The language of the page, as the list has it; empty where it has none like it."""
    try:
        return get_supported_language_variant(translation.get_language() or "")
    except LookupError:
        return ""


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None


def _written(value: time | None) -> str:
    return "" if value is None else value.isoformat("minutes")
