"""How an event is replayed, in the event's row."""

from __future__ import annotations

import msgspec

from flowengine.engine.event import Again

_encode = msgspec.json.encode
_decode = msgspec.json.Decoder(Again).decode


def encoded(again: Again | None) -> str | None:
    """As the row keeps it."""
    return None if again is None else _encode(again).decode()


def decoded(text: str | None) -> Again | None:
    """From the row.

    Raises:
        msgspec.DecodeError: these are no words of this version.
    """
    return None if text is None else _decode(text)
