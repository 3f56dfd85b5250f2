"""From an ``amqp(s)`` URL to pika's connection parameters."""

from __future__ import annotations

import difflib
import socket
import ssl
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import pika

from flowengine.errors import SettingsError

HEARTBEAT_S = 15
"""A silent broker is noticed after this and pika's 5 s of grace."""
SOCKET_TIMEOUT_S = 5.0
HANDSHAKE_TIMEOUT_S = 10.0
"""From the first packet to an open AMQP connection, with TLS."""
TCP_OPTIONS = {
    "TCP_USER_TIMEOUT": 20_000,  # ms that sent bytes may stay unacknowledged: a black hole
    "TCP_KEEPIDLE": 10,
    "TCP_KEEPINTVL": 5,
    "TCP_KEEPCNT": 3,
}
_FILES = ("cafile", "certfile", "keyfile")
_QUERY = (*_FILES, "verify", "heartbeat")
_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def parameters(url: str, *, name: str) -> pika.ConnectionParameters:
    """What pika needs to connect to *url*; *name* is shown in RabbitMQ's own tools.

    Raises:
        SettingsError: the URL is malformed, or names a file that is not there.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as problem:
        raise SettingsError(f"BROKER_URL is malformed: {problem}") from problem
    query = _query(parts)
    ssl_options = _ssl_options(parts, query)
    return pika.ConnectionParameters(
        host=parts.hostname or "localhost",
        port=port or (5671 if ssl_options else 5672),
        virtual_host=unquote(parts.path[1:]) or "/",
        credentials=pika.PlainCredentials(
            unquote(parts.username or "guest"), unquote(parts.password or "guest")
        ),
        heartbeat=_heartbeat(query),
        socket_timeout=SOCKET_TIMEOUT_S,
        stack_timeout=HANDSHAKE_TIMEOUT_S,
        # No blocked_connection_timeout: a blocked connection is shown and refuses at once, so
        # nobody hangs on it, and a new one would be blocked again at its first message.
        client_properties={"connection_name": name, "product": "flowengine"},
        ssl_options=ssl_options,
        tcp_options={key: value for key, value in TCP_OPTIONS.items() if hasattr(socket, key)},
    )


def _query(parts: SplitResult) -> dict[str, str]:
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    for key in query:
        if key not in _QUERY:
            near = difflib.get_close_matches(key, _QUERY, n=1)
            way = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(_QUERY)}"
            raise SettingsError(f"BROKER_URL has an unknown option {key!r}; {way}")
        if parts.scheme == "amqp" and key != "heartbeat":
            raise SettingsError(f"BROKER_URL has the TLS option {key!r}; it needs amqps://")
    return query


def _heartbeat(query: dict[str, str]) -> int:
    text = query.get("heartbeat", str(HEARTBEAT_S))
    if not text.isdecimal() or int(text) < 1:
        raise SettingsError(f"BROKER_URL has heartbeat={text!r}; it must be whole seconds, above 0")
    return int(text)


def _ssl_options(parts: SplitResult, query: dict[str, str]) -> pika.SSLOptions | None:
    if parts.scheme != "amqps":
        return None
    for key in _FILES:
        if key in query and not Path(query[key]).is_file():
            raise SettingsError(f"BROKER_URL names {key}={query[key]!r}, which is no file")
    is_verified = _YES_NO.get(query.get("verify", "yes").lower())
    if is_verified is None:
        raise SettingsError(f"BROKER_URL has verify={query['verify']!r}; it must be yes or no")
    try:
        context = ssl.create_default_context(cafile=query.get("cafile"))
        if "certfile" in query:
            context.load_cert_chain(query["certfile"], query.get("keyfile"))
    except (ssl.SSLError, OSError) as problem:
        raise SettingsError(f"BROKER_URL names TLS files that do not load: {problem}") from problem
    if not is_verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return pika.SSLOptions(context, server_hostname=parts.hostname)
