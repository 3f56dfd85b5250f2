"""Where Channels and ASGI servers find flowengine.

``application(get_asgi_application())`` is all that most projects need; import this module after
``get_asgi_application()`` was called. One that routes its sockets
itself takes ``websocket_urlpatterns`` into its own ``URLRouter``; what its own middleware says of the user
goes before the session cookie.
"""

from __future__ import annotations

from typing import Any

from django.urls import path

from flowengine.live.application import application
from flowengine.live.consumer import socket
from flowengine.live.handshakes import limited
from flowengine.live.origin import same_origin

_socket: Any = same_origin(limited(socket))  # django-stubs knows routes of HTTP views only
websocket_urlpatterns = [path("flow/ws/", _socket)]

__all__ = ["application", "websocket_urlpatterns"]
