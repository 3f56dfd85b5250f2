"""pika's connection, for a world in which not every message can be decoded."""

from __future__ import annotations

import logging
import struct
from typing import Any

from pika import frame, spec
from pika.adapters.asyncio_connection import AsyncioConnection

from flowengine.broker.envelope import UNDECODABLE

logger = logging.getLogger("flowengine.broker")

_FRAME = struct.Struct(">BHL")
_HEADER = struct.Struct(">HHQ")


class Connection(AsyncioConnection):  # type: ignore[misc] # pika ships no py.typed
    """A message whose headers cannot be decoded arrives without them.

    pika would take that for a lost connection: a timestamp in milliseconds, or tables nested a few
    hundred deep, and the broker delivers the same message to the next connection, and to the next,
    with all that waits behind it, until its delivery limit is reached.
    """

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
