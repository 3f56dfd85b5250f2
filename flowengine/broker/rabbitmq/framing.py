"""A message as the bytes that go to the socket, where it has no headers and fits into one frame.

So are all hints. pika builds and takes apart five objects for each message, and a new copy of what is the
same in all of them; here that is made once, by pika. A test holds the two to the same bytes.
"""

from __future__ import annotations

from functools import lru_cache
from struct import Struct

from pika import frame, spec

from flowengine.broker.envelope import SHORT_MAX_BYTES, Envelope

PERSISTENT = 2
_FRAME = Struct(">BHI").pack
_END = bytes([spec.FRAME_END])
_HEADER = Struct(">HxxQ").pack
_FLAGS = Struct(">H").pack
_PROPERTIES = spec.BasicProperties
_ALWAYS = (
    _PROPERTIES.FLAG_CONTENT_TYPE | _PROPERTIES.FLAG_DELIVERY_MODE | _PROPERTIES.FLAG_MESSAGE_ID
)


def properties_of(envelope: Envelope) -> spec.BasicProperties:
    """What goes with the body of *envelope*."""
    return _PROPERTIES(
        content_type=envelope.content_type,
        headers=envelope.headers or None,
        delivery_mode=PERSISTENT,
        priority=envelope.priority or None,
        message_id=envelope.id,
    )


def framed(channel: int, envelope: Envelope, *, body_max_bytes: int) -> bytes | None:
    """A mandatory publish of *envelope*; None where that is pika's to say.

    Args:
        channel: the number of the channel.
        envelope: what is sendable.
        body_max_bytes: the largest body of one frame.
    """
    body, name = envelope.body, envelope.id.encode()
    if envelope.headers or not 0 < len(body) <= body_max_bytes or len(name) > SHORT_MAX_BYTES:
        return None
    before = _before_name(envelope.content_type, envelope.priority)
    header = b"".join((_HEADER(_PROPERTIES.INDEX, len(body)), before, bytes((len(name),)), name))
    return b"".join(
        (
            _method(channel, envelope.exchange, envelope.routing_key),
            _FRAME(spec.FRAME_HEADER, channel, len(header)),
            header,
            _END,
            _FRAME(spec.FRAME_BODY, channel, len(body)),
            body,
            _END,
        )
    )


@lru_cache(maxsize=1024)
def _method(channel: int, exchange: str, routing_key: str) -> bytes:
    publish = spec.Basic.Publish(exchange=exchange, routing_key=routing_key, mandatory=True)
    marshalled: bytes = frame.Method(channel, publish).marshal()
    return marshalled


@lru_cache(maxsize=1024)
def _before_name(content_type: str, priority: int) -> bytes:
    """The flags, and the properties ahead of the message's name."""
    kind = content_type.encode()
    flags = _ALWAYS | (_PROPERTIES.FLAG_PRIORITY if priority else 0)
    rank = bytes((priority,)) if priority else b""
    return b"".join((_FLAGS(flags), bytes((len(kind),)), kind, bytes((PERSISTENT,)), rank))
