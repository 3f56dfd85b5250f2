"""The web process of the latency measurement."""

from django.core.asgi import get_asgi_application

from flowengine.live.application import application as with_sockets

application = with_sockets(get_asgi_application())
