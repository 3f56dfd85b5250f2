"""pika's connection, for a world in which not every message can be decoded."""

from __future__ import annotations

import logging
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pika import frame, spec
from pika.adapters.asyncio_connection import AsyncioConnection

from flowengine.broker.envelope import UNDECODABLE, Envelope
from flowengine.broker.rabbitmq.framing import framed, properties_of

logger = logging.getLogger("flowengine.broker")

_FRAME = struct.Struct(">BHL")
_HEADER = struct.Struct(">HHQ")


class Connection(AsyncioConnection):  # type: ignore[misc] # pika ships no py.typed
    """A message whose headers cannot be decoded arrives without them.

    pika would take that for a lost connection: a timestamp in milliseconds, or tables nested a few
    hundred deep, and the broker delivers the same message to the next connection, and to the next,
    with all that waits behind it, until its delivery limit is reached.

    What is written :meth:`in_one_piece` goes to the socket at once. pika hands over each frame by itself:
    three system calls, and three packets, for each message.
    """

    _pieces: list[bytes] | None = None
    """What is being written, frame by frame; None = each goes out by itself."""

    @contextmanager
    def in_one_piece(self) -> Iterator[None]:
        """Keep back what is written here until the end of it; nothing may be awaited meanwhile."""
        pieces: list[bytes] = []
        self._pieces = pieces
        try:
            yield
        finally:
            self._pieces = None
            if pieces:
                self._adapter_emit_data(b"".join(pieces))

    def publish(self, channel: Any, envelope: Envelope) -> None:
        """Send *envelope* on that open channel of pika's, as one that must find a queue.

        Raises:
            AMQPError, UnicodeError, TypeError, ValueError: nothing was sent.
        """
        limit: int = self._body_max_length
        framed_already = framed(channel.channel_number, envelope, body_max_bytes=limit)
        if framed_already is not None:
            self._output_marshaled_frames([framed_already])
            return
        channel.basic_publish(
            envelope.exchange,
            envelope.routing_key,
            envelope.body,
            properties_of(envelope),
            mandatory=True,
        )

    def _adapter_emit_data(self, data: bytes) -> None:
        if self._pieces is None:
            super()._adapter_emit_data(data)
        else:
            self._pieces.append(data)

    def _read_frame(self) -> Any:
        try:
            return super()._read_frame()
        except Exception as problem:
            found = _without_headers(self._frame_buffer, problem)
            if found is None:
                raise
            return found


def _without_headers(buffer: bytes, problem: Exception) -> tuple[int, frame.Header] | None:
    """Length and value of the content header at the start of *buffer*; None where it is no such."""
    kind, channel, size = _FRAME.unpack_from(buffer)
    if kind != spec.FRAME_HEADER:
        return None
    payload = buffer[_FRAME.size : _FRAME.size + size]
    _class, _weight, body_size = _HEADER.unpack_from(payload)
    properties = spec.BasicProperties()
    try:
        properties.decode(payload[_HEADER.size :])
    except Exception:  # noqa: BLE001 - the same as before: what comes ahead of it is decoded now
        logger.warning("a message has headers that cannot be decoded: %s", problem)
    properties.headers = {UNDECODABLE: f"{type(problem).__name__}: {problem}"}
    return _FRAME.size + size + spec.FRAME_END_SIZE, frame.Header(channel, body_size, properties)
