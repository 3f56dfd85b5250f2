"""The test project as an ASGI application: pages and flowengine's socket."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
_pages = get_asgi_application()

# After Django is set up: the socket's modules need the models.
from flowengine.routing import application as with_socket  # noqa: E402

application = with_socket(_pages)
