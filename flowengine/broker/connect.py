"""From a URL to a broker. Adapters are imported only when their URL is used."""

# ruff: noqa: PLC0415 - kombu must not be needed for RabbitMQ, nor pika for the embedded broker

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from flowengine.errors import BrokerUnavailable, SettingsError

if TYPE_CHECKING:
    from flowengine.broker.base import Broker


def connect(url: str, *, name: str = "flowengine") -> Broker:
    """The broker behind *url*, not started yet.

    ``inproc://`` or ``inproc://name``: in this process; the same name is the same broker.
    ``amqp://`` or ``amqps://``: RabbitMQ; ``amqps`` takes ``cafile``, ``certfile``, ``keyfile`` and
    ``verify`` (``yes`` or ``no``) in its query. Everything else: kombu.

    Args:
        url: what ``FLOWENGINE["BROKER_URL"]`` says.
        name: what the broker's own tools show this connection as.

    Raises:
        SettingsError: the URL is malformed or of a kind nobody knows.
        BrokerUnavailable: the client package for this kind of broker is not installed.
    """
    scheme, separator, _rest = url.partition("://")
    if not separator or not scheme:
        raise SettingsError(
            f"BROKER_URL is {without_password(url)!r}; it must look like inproc://, "
            "amqp://user:password@host:5672/vhost or redis://host:6379/0"
        )
    match scheme:
        case "inproc":
            return _inproc(url, name)
        case "amqp" | "amqps":
            return _rabbitmq(url, name)
        case _:
            return _kombu(url, name)


def without_password(url: str) -> str:
    """The URL as it may be shown and logged."""
    try:
        parts = urlsplit(url)
        password = parts.password
    except ValueError:
        return url.partition("://")[0] + "://…"
    return url.replace(f":{password}@", ":***@", 1) if password else url


def _inproc(url: str, name: str) -> Broker:
    from flowengine.broker import inproc
    from flowengine.broker.kombu_bridge.adapter import KombuBroker

    space = url.partition("://")[2].strip("/")
    return KombuBroker(lambda: inproc.connection(space), name=name)


def _rabbitmq(url: str, name: str) -> Broker:
    from flowengine.broker.rabbitmq.adapter import RabbitBroker
    from flowengine.broker.rabbitmq.options import parameters

    return RabbitBroker(parameters(url, name=name), name=name)


def _kombu(url: str, name: str) -> Broker:
    from kombu.connection import Connection

    from flowengine.broker.kombu_bridge.adapter import VISIBILITY_TIMEOUT_S, KombuBroker
    from flowengine.broker.kombu_bridge.session import CONNECT_TIMEOUT_S

    base, _, query = url.partition("?")
    options: dict[str, Any] = {"visibility_timeout": VISIBILITY_TIMEOUT_S}
    options |= {key: _number(value) for key, value in parse_qsl(query)}

    def connection() -> Connection:
        return Connection(base, transport_options=options, connect_timeout=CONNECT_TIMEOUT_S)

    scheme = url.partition("://")[0]
    try:
        connection().transport  # noqa: B018 - made here, so that its client package is looked for
    except (KeyError, ValueError, ModuleNotFoundError) as problem:
        if isinstance(problem, ModuleNotFoundError) and "kombu" not in (problem.name or ""):
            raise _missing(scheme, problem) from problem
        raise SettingsError(
            f"BROKER_URL is {without_password(url)!r}; {scheme!r} is no broker that flowengine or "
            "kombu knows; use inproc://, amqp://, amqps://, redis:// or another kombu transport"
        ) from problem
    except ImportError as problem:
        raise _missing(scheme, problem) from problem
    return KombuBroker(connection, name=name)


def _missing(scheme: str, problem: ImportError) -> BrokerUnavailable:
    package = {"redis": "redis", "rediss": "redis", "sqs": "boto3"}.get(scheme, scheme)
    return BrokerUnavailable(
        f"{scheme}:// needs a client package that is not installed ({problem}); "
        f"install it: pip install {package}"
    )


def _number(value: str) -> Any:
    return int(value) if value.isdecimal() else value
