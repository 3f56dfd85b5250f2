"""PURE: the frames of the live socket, their limits and close codes.

What is authoritative: the database. A position is an epoch and a number; a frame says which numbers
it covers. What may be lost: any frame, and the socket itself; a heartbeat names the head of every
watched topic, so that a lost last frame is noticed. What may come twice: anything; a client drops what
it has.

===========  ==========================================================================================
to server
===========  ==========================================================================================
``sub``      ``{"t": "sub", "c": "run:<uuid>", "p": {"e": "…", "o": 17} | null, "g": grant}``: watch,
             from there; ``g`` may be missing
``subs``     ``{"t": "subs", "m": {topic: {"e": "…", "o": 17} | null, …}, "g": [grant, …]}``: many at
             once
``unsub``    ``{"t": "unsub", "c": …}``: stop watching
``unsubs``   ``{"t": "unsubs", "m": [topic, …]}``: many at once
``ping``     ``{"t": "ping"}``: answer with a heartbeat, now
===========  ==========================================================================================

===========  ==========================================================================================
to client
===========  ==========================================================================================
``hello``    ``v`` the protocol's version, ``hb`` milliseconds between heartbeats
``snap``     ``c``, ``e``, ``o``, ``s``: the whole view, as of number ``o``
``pub``      ``c``, ``e``, ``f``, ``o``, ``d``: what came with the numbers ``f`` to ``o``; numbers may
             be missing in ``d``. ``f`` above ``o``: nothing came. ``at``, where it is there:
             milliseconds since 1970, when the newest of it was decided
``hb``       ``ts`` milliseconds since 1970, ``h`` the head of each watched topic: ``[e, o]``, or null
             for one that is pending; ``h`` null: the database could not be asked
``pending``  ``c``: nothing is known of this id, or nothing may be said; it stays watched
``end``      ``c``, ``outcome``, ``message``: no run of this id will come; it is no longer watched
``err``      ``c`` or null, ``code``: a frame or a topic is refused; it is not, or no longer, watched
``grant``    ``c``, ``g``: a newer grant for this topic, in place of the one that is soon over
===========  ==========================================================================================
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Any

import msgspec

VERSION = 1
FRAME_MAX_BYTES = 64 * 1024
SUBSCRIPTIONS_MAX = 200
"""Topics that one socket may watch."""
MESSAGES_PER_S = 20.0
MESSAGES_BURST = 40.0
SUBPROTOCOL = "flowengine"
"""What a page offers beside a grant when it opens a socket, and what the server then selects."""


class Close(IntEnum):
    """Why the server ends a socket; what the browser does then is in the client's ``codes.ts``."""

    TOO_LARGE = 1009
    BROKEN = 1011
    RESTART = 1012
    SLOW = 4008
    UNREADABLE = 4400
    SIGNED_OUT = 4401
    FORBIDDEN = 4403
    TOO_MANY = 4429


class Position(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a client stands in a topic."""

    e: str
    o: Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class Subscribe(msgspec.Struct, frozen=True, tag_field="t", tag="sub"):
    """Watch a topic, from a position; None = from nothing."""

    c: str
    p: Position | None = None
    g: str | None = None
    """A grant; None = by one's own rights."""


class SubscribeAll(msgspec.Struct, frozen=True, tag_field="t", tag="subs"):
    """Watch many topics: what a page sends when it opens, as one message."""

    m: dict[str, Position | None]
    g: list[str] = []
    """Grants, each of which names its topics."""


class Unsubscribe(msgspec.Struct, frozen=True, tag_field="t", tag="unsub"):
    """Stop watching a topic."""

    c: str


class UnsubscribeAll(msgspec.Struct, frozen=True, tag_field="t", tag="unsubs"):
    """Stop watching many topics."""

    m: list[str]


class Ping(msgspec.Struct, frozen=True, tag_field="t", tag="ping"):
    """Ask for a heartbeat now."""


ClientFrame = Subscribe | SubscribeAll | Unsubscribe | UnsubscribeAll | Ping


class FrameRefused(ValueError):
    """What came is no frame. *close* = the peer does not speak this protocol at all."""

    def __init__(self, code: str, *, close: Close | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.close = close


def parse(text: str | bytes | None) -> ClientFrame:
    """The frame that *text* is.

    Raises:
        FrameRefused: binary, too large or no JSON: the socket is to be closed; JSON, but no frame of
            this version: it is to be told.
    """
    if not isinstance(text, str):
        raise FrameRefused("not_text", close=Close.UNREADABLE)
    # A character is at least one byte: the cheap test comes before encoding.
    if len(text) > FRAME_MAX_BYTES:
        raise FrameRefused("too_large", close=Close.TOO_LARGE)
    try:
        body = text.encode()
        if len(body) > FRAME_MAX_BYTES:
            raise FrameRefused("too_large", close=Close.TOO_LARGE)
        frame: ClientFrame = _decode(body)
    except msgspec.ValidationError as error:
        raise FrameRefused("bad_frame") from error
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise FrameRefused("not_json", close=Close.UNREADABLE) from error
    return frame


def hello(heartbeat_s: float) -> dict[str, Any]:
    """The first frame of a socket."""
    return {"t": "hello", "v": VERSION, "hb": int(heartbeat_s * 1000)}


def refusal(topic: str | None, code: str) -> dict[str, Any]:
    """A frame or a topic is refused."""
    return {"t": "err", "c": topic, "code": code}


def granted(topic: str, token: str) -> dict[str, Any]:
    """A newer grant for a topic."""
    return {"t": "grant", "c": topic, "g": token}


def encode(frame: dict[str, Any]) -> str:
    """The frame's text on the wire."""
    return _encode(frame).decode()


def encode_value(value: Any) -> str:
    """A part of a frame as it stands there."""
    return _encode(value).decode()


def heartbeat_text(ts: int, members: str | None, held_ms: int | None = None) -> str:
    """Alive, and the head of each watched topic.

    Args:
        ts: now, in ms since 1970.
        members: the heads as the members of a JSON object, encoded already: each once, for all its
            watchers; None = they could not be read.
        held_ms: from the ping that is answered until *ts*, so that a browser knows what of its waiting was
            the way, and how far the clocks are apart; None = nobody asked.
    """
    held = "" if held_ms is None else f',"q":{held_ms}'
    return f'{{"t":"hb","ts":{ts},"h":{"null" if members is None else f"{{{members}}}"}{held}}}'


_decode = msgspec.json.Decoder(ClientFrame).decode
_encode = msgspec.json.encode
