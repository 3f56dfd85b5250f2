"""Webhooks: what another service posts becomes the event ``webhook.<name>``, if it is signed.

The signature is an HMAC-SHA256 in hex, by one of the sender's secrets. The header has one of two forms:

=========================== ======================================================================
``<hex>``, ``sha256=<hex>`` of the body, as GitHub does it
``t=<seconds>,v1=<hex>``    of the time, a dot and the body, as Stripe does it; ``v1`` as often as one
                            likes. A time further than five minutes from now is no signature
=========================== ======================================================================

The header itself says which. That is safe: the body is a JSON object and a time is digits, so what is
signed in one form is never a body in the other.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from flowengine.api import emit
from flowengine.conf import Webhook, settings
from flowengine.errors import EventRefused
from flowengine.store.clock import DatabaseClock
from flowengine.web.asking import BadBody, Json, object_of, refused

AGE_MAX_S = 300.0
"""How far the time of a signature may be from the present, either way."""

_clock = DatabaseClock()


@login_not_required
@csrf_exempt
@require_POST
def receive(request: HttpRequest, name: str) -> HttpResponse:
    """202 with the event's id; the same delivery again is the same event.

    404: nobody of that name. 413: more than ``EVENT_DATA_MAX_BYTES``. 403: not signed by one of the
    secrets. 400: no JSON object, no id where one is due, or an event that ``emit()`` refuses.
    """
    sender = settings().WEBHOOKS.get(name)
    if sender is None:
        return refused("not_found", status=404)
    size_max_bytes = settings().EVENT_DATA_MAX_BYTES
    # Not request.body: nobody has signed yet, so no more than this is held for them.
    raw = request.read(size_max_bytes + 1)
    if len(raw) > size_max_bytes:
        return refused("too_large", f"the limit is {size_max_bytes} bytes", status=413)
    if not _is_signed(raw, request.headers.get(sender.SIGNATURE_HEADER, ""), sender.SECRETS):
        return refused("bad_signature", status=403)
    try:
        body = object_of(raw)
        emitted = emit(
            f"webhook.{name}",
            body,
            key=_key(sender, request, body),
            subject=request.headers.get(sender.SUBJECT_HEADER or "") or None,
        )
    except BadBody as error:
        return refused("bad_body", str(error), status=400)
    except EventRefused as error:
        return refused("bad_event", error.message, status=400)
    return JsonResponse({"event": str(emitted.event_id)}, status=202)


def _is_signed(body: bytes, header: str, secrets: Iterable[str]) -> bool:
    """One of the signatures in *header* is by one of *secrets*, and recent where it has a time."""
    parts = [part.strip().partition("=") for part in header.split(",")]
    time = next((value for name, _, value in parts if name == "t"), None)
    if time is None:
        signatures, signed = [header.strip().removeprefix("sha256=")], body
    elif _is_recent(time):
        signatures = [value for name, _, value in parts if name == "v1"]
        signed = time.encode() + b"." + body
    else:
        return False
    given = [each.lower().encode(errors="replace") for each in signatures]
    expected = [hmac.digest(each.encode(), signed, "sha256").hex().encode() for each in secrets]
    return any(hmac.compare_digest(mine, theirs) for mine in expected for theirs in given)


def _is_recent(time: str) -> bool:
    """*time* is whole seconds since 1970, and near the present."""
    if not (time.isascii() and time.isdigit() and len(time) <= 12):
        return False
    return abs(_clock.now().timestamp() - int(time)) <= AGE_MAX_S


def _key(sender: Webhook, request: HttpRequest, body: Json) -> str | None:
    """The id of the delivery; None where the sender has none.

    Raises:
        BadBody: it is not there. Without it, the same delivery twice would be two events.
    """
    key: Any
    if sender.KEY_HEADER:
        place, key = f"the header {sender.KEY_HEADER}", request.headers.get(sender.KEY_HEADER)
    elif sender.KEY_FIELD:
        place, key = f"the field {sender.KEY_FIELD}", body.get(sender.KEY_FIELD)
    else:
        return None
    if isinstance(key, bool) or not isinstance(key, str | int):
        raise BadBody(f"{place} should be the delivery's id, a text or a number")
    return str(key)
