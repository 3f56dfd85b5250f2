"""The demo's ASGI application: pages and sockets."""

import warnings

from django.core.asgi import get_asgi_application

from flowengine.live.application import application as with_sockets

application = with_sockets(get_asgi_application())

# WhiteNoise's answers are read whole under ASGI. The files are small, and people watch the console.
warnings.filterwarnings(
    "ignore", message="StreamingHttpResponse must consume synchronous iterators"
)
