"""Which pages may open the live socket. Browsers let any page open a socket anywhere, with cookies.

The rule is that of Django's CSRF check: the page's origin is the host that was asked, port included,
or stands in ``CSRF_TRUSTED_ORIGINS``. ``ALLOWED_HOSTS`` alone would let every port of a host in, and
``*`` the whole world. A handshake without an Origin header comes from no page and is refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

Application = Callable[[Any, Any, Any], Awaitable[None]]

_PORTS = {"http": "80", "https": "443"}
_LOCAL = [".localhost", "127.0.0.1", "[::1]"]


def same_origin(inner: Application) -> Application:
    """The ASGI application *inner*, reached only from the project's own pages."""

    async def checked(scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers", ()))
        origin = headers.get(b"origin", b"").decode("latin-1")
        host = headers.get(b"host", b"").decode("latin-1")
        if is_own_page(origin, host):
            await inner(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 4403})

    return checked


def is_own_page(origin: str, host: str) -> bool:
    """A page of *origin* is the project's own, by its settings; both are the headers' texts."""
    return is_allowed(
        origin,
        host,
        allowed_hosts=settings.ALLOWED_HOSTS or (_LOCAL if settings.DEBUG else []),
        trusted=settings.CSRF_TRUSTED_ORIGINS,
    )


def is_allowed(
    origin: str, host: str, *, allowed_hosts: Sequence[str], trusted: Sequence[str]
) -> bool:
    """A page of *origin* (the header's text) may open a socket at *host* (the header's text)."""
    parts = _split(origin)
    if parts is None:
        return False
    scheme, domain, port = parts
    asked_domain, asked_port = split_domain_port(host)
    is_own = (
        bool(asked_domain)
        and validate_host(asked_domain, list(allowed_hosts))
        and domain == asked_domain
        and port == (asked_port or _PORTS[scheme])
    )
    return is_own or any(_is_trusted(parts, pattern) for pattern in trusted)


def _split(origin: str) -> tuple[str, str, str] | None:
    """Scheme, host and port of an origin; None for ``null`` and everything that is none."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    if parts.scheme not in _PORTS or parts.path or parts.query or parts.fragment or "@" in origin:
        return None
    domain, port = split_domain_port(parts.netloc)
    return (parts.scheme, domain, port or _PORTS[parts.scheme]) if domain else None


def _is_trusted(origin: tuple[str, str, str], pattern: str) -> bool:
    """*pattern* is an entry of ``CSRF_TRUSTED_ORIGINS``: an origin, or ``https://*.example.com``."""
    trusted = _split(pattern.replace("://*.", "://wildcard."))
    if trusted is None or trusted[0] != origin[0] or trusted[2] != origin[2]:
        return False
    if "://*." in pattern:
        return origin[1].endswith(trusted[1].removeprefix("wildcard"))
    return origin[1] == trusted[1]
