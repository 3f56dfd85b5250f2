"""The HTTP API under ``api/v1/``: what the command line and the dashboard stand on.

``gate`` lets in, and every operation is registered there with what it needs; ``problems`` is how
anything is refused; ``paging`` how lists go on; ``app`` puts the operations together; each other module
is one kind of things. The library behind it is imported with the first request: a process that only
emits, or renders a page, does without.
"""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt


@login_not_required  # The gate tells who is signed out, as a problem: no redirect to a form.
@csrf_exempt  # The same: the gate asks for the token of every request that may change something.
@never_cache
def entry(request: HttpRequest, place: str) -> HttpResponse:
    """Whatever is below ``api/v1/``."""
    from flowengine.web.api.app import answer  # noqa: PLC0415 - half a second, once

    return answer(request, place)
