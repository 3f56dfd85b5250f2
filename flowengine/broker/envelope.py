"""What travels through the broker: plain values, and their bytes.

Two kinds. An *event* is a CloudEvents 1.0 event in structured JSON (binary mode is accepted on
receipt, with any of the header prefixes ``ce-``, ``cloudEvents_`` and ``cloudEvents:``). A *hint*
says that a step is ready: ids and an attempt number, never state.

Bytes from the broker are hostile until parsed: whatever they are, :func:`parse_event` and
:func:`parse_hint` give a checked value or raise ``MessageUnreadable``, and nothing else.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from flowengine.broker.topology import EVENTS_EXCHANGE, STATIONS_EXCHANGE
from flowengine.engine.event import Event
from flowengine.engine.identity import foreign_event_id
from flowengine.errors import MessageUnreadable

STRUCTURED = "application/cloudevents+json"
"""The content type of an event in structured mode."""
MESSAGE_MAX_BYTES = 8_000_000
"""The largest body any adapter sends; a larger one is REFUSED. Brokers take 16 MiB or more."""
BODY_MAX_BYTES = 1024 * 1024
"""The largest body that is parsed, unless the caller says otherwise."""
DEPTH_MAX = 100
"""How deep lists and objects of an event's data may be nested."""
ATTRIBUTE_MAX_CHARACTERS = 1024
"""The longest text attribute of an event."""
UNDECODABLE = "flowengine-undecodable"
"""The one header of a delivery whose own headers an adapter could not decode; it says why."""
ITEM_MAX_CHARACTERS = 64
"""The longest path of a loop's item: eight levels of five digits, and room."""
SHORT_MAX_BYTES = 255
"""AMQP's limit for routing keys and message ids; so the longest event type."""

_PREFIXES = ("ce-", "cloudevents_", "cloudevents:")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)
_ITEM = r"\A([0-9]{1,5}(\.[0-9]{1,5})*)?\Z"
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""What a CloudEvents String must not contain; PostgreSQL refuses some of it."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One message to publish."""

    id: str
    """Unique; also the broker's message id, by which returns are matched."""
    exchange: str
    routing_key: str
    body: bytes
    content_type: str = "application/json"
    headers: dict[str, str] = {}
    priority: int = 0
    """0-9."""

    @property
    def is_sendable(self) -> bool:
        """Whether any broker could take it: sizes and characters are within AMQP's limits."""
        try:
            shorts = [self.id.encode(), self.routing_key.encode(), self.exchange.encode()]
        except UnicodeEncodeError:
            return False
        return (
            len(self.body) <= MESSAGE_MAX_BYTES
            and max(map(len, shorts)) <= SHORT_MAX_BYTES
            and 0 <= self.priority <= 9
        )


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """A step is ready: go and look at its row. Unknown fields on the wire are ignored."""

    run_id: UUID
    step: Annotated[str, msgspec.Meta(min_length=1, max_length=SHORT_MAX_BYTES)]
    item: Annotated[str, msgspec.Meta(pattern=_ITEM, max_length=ITEM_MAX_CHARACTERS)] = ""
    """In which items of the loops around it: empty, ``3``, ``3.7``."""
    attempt: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 0
    """The attempt the row had when the hint was sent; another one there makes the hint stale."""


class _CloudEvent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The JSON format of CloudEvents 1.0, with our extension attributes; others are not kept."""

    specversion: str
    id: str
    source: str
    type: str
    time: datetime | None = None
    subject: str | None = None
    datacontenttype: str | None = None
    actor: str | None = None
    correlationid: str | None = None
    causationid: str | None = None
    hops: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    traceparent: str | None = None
    data: Any = None
    data_base64: str | None = None


_encode = msgspec.json.Encoder().encode
_decode_structured = msgspec.json.Decoder(_CloudEvent).decode
_decode_hint = msgspec.json.Decoder(Hint).decode
_decode_json = msgspec.json.Decoder().decode
_MALFORMED = (msgspec.MsgspecError, UnicodeError, RecursionError)


def event_envelope(event: Event, *, source: str) -> Envelope:
    """The event as it is published; *source* stands in for an own event's missing source."""
    origin = event.source if event.source is not None else source
    name = event.external_id if event.external_id is not None else str(event.id)
    wire = _CloudEvent(
        specversion="1.0",
        id=name,
        source=origin,
        type=event.type,
        time=event.time,
        subject=event.subject,
        datacontenttype="application/json",
        actor=event.actor,
        correlationid=event.correlation_id or None,
        causationid=event.causation_id,
        hops=event.hops,
        traceparent=event.traceparent,
        data=event.data,
    )
    headers = {"ce-id": name, "ce-type": event.type, "ce-source": origin}
    if event.traceparent:
        headers["traceparent"] = event.traceparent
    return Envelope(
        id=str(event.id),
        exchange=EVENTS_EXCHANGE,
        routing_key=event.type,
        body=_encode(wire),
        content_type=STRUCTURED,
        headers=headers,
    )


def hint_envelope(hint: Hint, station: str, priority: int = 0) -> Envelope:
    """The hint as it is published, for the workers of *station*."""
    return Envelope(
        id=f"{hint.run_id}/{hint.step}/{hint.item}/{hint.attempt}",
        exchange=STATIONS_EXCHANGE,
        routing_key=station,
        body=_encode(hint),
        priority=priority,
    )


def parse_hint(body: bytes) -> Hint:
    """The hint in these bytes.

    Raises:
        MessageUnreadable: they are none.
    """
    try:
        hint = _decode_hint(body)
    except _MALFORMED as problem:
        raise _unreadable(str(problem)) from problem
    if _FORBIDDEN.search(hint.step):
        raise _unreadable("`step` contains a control character")
    return hint


def parse_event(
    body: bytes,
    headers: Mapping[str, Any],
    content_type: str,
    *,
    received_at: datetime | None = None,
    body_max_bytes: int = BODY_MAX_BYTES,
) -> Event:
    """The event in this message, with ``source`` and ``external_id`` as on the wire.

    Its ``id`` is derived from both; for the project's own source the caller takes ``external_id``,
    which is the text of the event's UUID. Of two equal JSON keys the later one counts.

    Args:
        body: the message's body.
        headers: its headers; values of any kind.
        content_type: its content type, or empty.
        received_at: stands in for a missing ``time``, aware; without it, such an event is refused.
        body_max_bytes: a larger body is refused unread.

    Raises:
        MessageUnreadable: it is no CloudEvents 1.0 event with JSON data; the message names the
            problem.
    """
    if len(body) > body_max_bytes:
        raise _unreadable(f"it has {len(body)} bytes; the limit is {body_max_bytes}")
    media_type = content_type.partition(";")[0].strip().lower()
    attributes = _prefixed(headers)
    try:
        if media_type.startswith("application/cloudevents"):
            wire = _structured(body, media_type)
        elif "specversion" in attributes:
            wire = _binary(body, attributes, media_type)
        else:
            # Clients that cannot set a content type send the same document.
            wire = _structured(body, STRUCTURED)
    except _MALFORMED as problem:
        lost = f"; its headers were lost: {headers[UNDECODABLE]}" if UNDECODABLE in headers else ""
        raise _unreadable(f"{problem}{lost}") from problem
    return _event(wire, headers, received_at)


def nested_deeper(value: Any, depth_max: int) -> bool:
    """Whether lists and mappings in *value* are nested deeper than *depth_max*. Never recurses."""
    level = [value]
    for _ in range(depth_max):
        below: list[Any] = []
        for item in level:
            if isinstance(item, Mapping):
                below.extend(item.values())
            elif isinstance(item, list | tuple):
                below.extend(item)
        if not below:
            return False
        level = below
    return any(isinstance(item, Mapping | list | tuple) for item in level)


def _unreadable(problem: str) -> MessageUnreadable:
    return MessageUnreadable(f"the message cannot be read: {problem}")


def _prefixed(headers: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for header, value in headers.items():
        name = str(header).lower()
        for prefix in _PREFIXES:
            if name.startswith(prefix):
                found[name[len(prefix) :]] = value
    return found


def _structured(body: bytes, media_type: str) -> _CloudEvent:
    if media_type not in (STRUCTURED, "application/cloudevents"):
        raise _unreadable(f"{media_type} is not understood; send {STRUCTURED}")
    wire = _decode_structured(body)
    _check_depth(body, wire.data)
    if wire.data_base64 is not None:
        try:
            raw = b64decode(wire.data_base64, validate=True)
        except (binascii.Error, ValueError) as problem:
            raise _unreadable(f"`data_base64`: {problem}") from problem
        wire.data = _json(raw, wire.datacontenttype or "")
    return wire


def _binary(body: bytes, attributes: dict[str, Any], media_type: str) -> _CloudEvent:
    known: dict[str, Any] = {}
    for name in set(_CloudEvent.__struct_fields__) - {"data", "data_base64", "datacontenttype"}:
        value = attributes.get(name)
        if isinstance(value, int):
            value = str(value).lower()
        if value is not None:
            known[name] = value
    wire = msgspec.convert(known, _CloudEvent, strict=False)
    wire.data = _json(body, media_type)
    return wire


def _json(body: bytes, media_type: str) -> Any:
    media_type = media_type.partition(";")[0].strip().lower()
    if media_type not in ("", "application/json", "text/json") and not media_type.endswith("+json"):
        raise _unreadable(f"its data is {media_type}; only JSON is understood")
    if not body:
        return None
    data = _decode_json(body)
    _check_depth(body, data)
    return data


def _check_depth(body: bytes, data: Any) -> None:
    # Few brackets cannot nest deeply: the walk is only made for what could.
    brackets = body.count(b"[") + body.count(b"{")
    if brackets > DEPTH_MAX and nested_deeper(data, DEPTH_MAX):
        raise _unreadable(f"its data is nested more than {DEPTH_MAX} levels deep")


def _event(wire: _CloudEvent, headers: Mapping[str, Any], received_at: datetime | None) -> Event:
    if wire.specversion != "1.0":
        raise _unreadable(f"`specversion` is {wire.specversion[:20]!r}; only '1.0' is understood")
    source = _required("source", wire.source)
    external_id = _required("id", wire.id)
    event_type = _required("type", wire.type)
    if len(event_type.encode()) > SHORT_MAX_BYTES:
        raise _unreadable(f"`type` is longer than {SHORT_MAX_BYTES} bytes")
    return Event(
        id=foreign_event_id(source, external_id),
        type=event_type,
        data=wire.data,
        time=_instant(wire.time or received_at),
        source=source,
        external_id=external_id,
        subject=_optional("subject", wire.subject),
        actor=_optional("actor", wire.actor),
        correlation_id=_optional("correlationid", wire.correlationid) or "",
        causation_id=_optional("causationid", wire.causationid),
        hops=wire.hops,
        traceparent=_traceparent(wire.traceparent) or _traceparent(headers.get("traceparent")),
    )


def _required(name: str, text: str) -> str:
    if not text:
        raise _unreadable(f"`{name}` is empty")
    if len(text) > ATTRIBUTE_MAX_CHARACTERS:
        raise _unreadable(f"`{name}` is longer than {ATTRIBUTE_MAX_CHARACTERS} characters")
    if _FORBIDDEN.search(text):
        raise _unreadable(f"`{name}` contains a control character")
    return text


def _optional(name: str, text: str | None) -> str | None:
    return _required(name, text) if text else None


def _instant(time: datetime | None) -> datetime:
    if time is None:
        raise _unreadable("`time` is missing")
    if time.tzinfo is None:
        raise _unreadable("`time` has no offset; RFC 3339 asks for one, such as Z")
    try:
        return time.astimezone(UTC)
    except OverflowError as problem:
        raise _unreadable("`time` is outside the years 1 to 9999") from problem


def _traceparent(value: object) -> str | None:
    # W3C trace context: what is malformed is ignored, never an error.
    return value if isinstance(value, str) and _TRACEPARENT.fullmatch(value) else None
