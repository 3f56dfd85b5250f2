"""The demo's ASGI application: pages and sockets."""

import warnings

from django.core.asgi import get_asgi_application

pages = get_asgi_application()  # first: what follows needs Django's apps

from flowengine.live.application import application as with_sockets  # noqa: E402

application = with_sockets(pages)

# WhiteNoise's answers are read whole under ASGI. The files are small, and people watch the console.
warnings.filterwarnings(
    "ignore", message="StreamingHttpResponse must consume synchronous iterators"
)
