"""The HTTP API under ``api/v1/``: what the command line and the dashboard stand on.

``gate`` lets in, and every operation is registered there with what it needs; ``problems`` is how
anything is refused; ``paging`` how lists go on; ``app`` puts the operations together; each other module
is one kind of things. The library behind it is imported with the first request, or when somebody opens the
dashboard, which will ask: a process that only emits, or renders other pages, does without.
"""

from __future__ import annotations

import sys
from importlib import import_module
from threading import Thread

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

_APP = f"{__name__}.app"


@login_not_required  # The gate tells who is signed out, as a problem: no redirect to a form.
@csrf_exempt  # The same: the gate asks for the token of every request that may change something.
@never_cache
def entry(request: HttpRequest, place: str) -> HttpResponse:
    """Whatever is below ``api/v1/``."""
    from flowengine.web.api.app import answer  # noqa: PLC0415 - most of a second, once

    return answer(request, place)


def import_ahead() -> None:
    """Begin to import the library, in a thread: a browser asks only once it has the page's script."""
    if _APP not in sys.modules:
        Thread(target=import_module, args=[_APP], name=_APP, daemon=True).start()
