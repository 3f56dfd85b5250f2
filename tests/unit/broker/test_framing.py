"""The bytes of a publish are those that pika would send."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pika import frame, spec

from flowengine.broker.envelope import Envelope
from flowengine.broker.rabbitmq.framing import framed, properties_of

LIMIT = 131_064

names = st.text(max_size=60)
envelopes = st.builds(
    Envelope,
    id=names,
    exchange=names,
    routing_key=names,
    body=st.binary(min_size=1, max_size=400),
    content_type=names,
    priority=st.integers(0, 9),
)


def as_pika_sends(channel: int, envelope: Envelope) -> bytes:
    publish = spec.Basic.Publish(
        exchange=envelope.exchange, routing_key=envelope.routing_key, mandatory=True
    )
    properties = properties_of(envelope)
    frames = (
        frame.Method(channel, publish),
        frame.Header(channel, len(envelope.body), properties),
        frame.Body(channel, envelope.body),
    )
    return b"".join(each.marshal() for each in frames)


@given(channel=st.integers(1, 65_535), envelope=envelopes)
def test_a_plain_message_is_framed_as_pika_frames_it(channel: int, envelope: Envelope) -> None:
    found = framed(channel, envelope, body_max_bytes=LIMIT)

    assert found == as_pika_sends(channel, envelope)


def an_envelope(**other: object) -> Envelope:
    given: dict[str, object] = {"id": "1", "exchange": "e", "routing_key": "r", "body": b"{}"}
    return Envelope(**{**given, **other})  # type: ignore[arg-type]


def test_what_has_headers_is_left_to_pika() -> None:
    assert framed(1, an_envelope(headers={"ce-id": "1"}), body_max_bytes=LIMIT) is None


def test_what_takes_several_frames_or_none_is_left_to_pika() -> None:
    assert framed(1, an_envelope(body=b"x" * (LIMIT + 1)), body_max_bytes=LIMIT) is None
    assert framed(1, an_envelope(body=b""), body_max_bytes=LIMIT) is None
    assert framed(1, an_envelope(body=b"x" * LIMIT), body_max_bytes=LIMIT) is not None
