"""The web process of the latency measurement."""

from django.core.asgi import get_asgi_application

pages = get_asgi_application()  # first: what follows needs Django's apps

from flowengine.live.application import application as with_sockets  # noqa: E402

application = with_sockets(pages)
